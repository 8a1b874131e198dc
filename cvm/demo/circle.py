"""Who talks with whom: relatives most, colleagues often, neighbours of the county now and then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cvm.demo.branch import Branch

Ints = npt.NDArray[np.int64]
FRIENDS = 2  # drawn per customer within the county


@dataclass(frozen=True)
class Circle:
    """One value per line of the list: a customer, the other side, calls and minutes of the newest closed month."""

    customer: Ints
    peer: Ints
    calls: Ints
    minutes: Ints


def make_circle(branch: Branch) -> Circle:
    """Return the ties of the customers with a bill in the newest month, each once."""
    random = branch.scenario.random("circle")
    here = np.flatnonzero(branch.has_bill(branch.scenario.months - 1) & branch.is_known)
    pairs = [
        (*_neighbours(branch.people.family[here], here), 80.0),
        (*_neighbours(branch.people.group[here], here), 25.0),
        (*_friends(branch.people.county[here], here, random), 18.0),
    ]
    first, second = (np.concatenate([pair[side] for pair in pairs]) for side in (0, 1))
    warmth = np.concatenate([np.full(len(pair[0]), pair[2]) for pair in pairs])
    low, high = np.minimum(first, second), np.maximum(first, second)
    _, places = np.unique(low * len(branch.people) + high, return_index=True)
    places = places[low[places] != high[places]]
    minutes = np.ceil(random.gamma(1.5, warmth[places])).astype(np.int64)
    calls = 1 + random.poisson(minutes / 4)
    return Circle(low[places].astype(np.int64), high[places].astype(np.int64), calls.astype(np.int64), minutes)


def _neighbours(of: npt.NDArray[np.integer], here: npt.NDArray[np.integer]) -> tuple[Ints, Ints]:
    """Return each member of a family or group with the next one of the same; -1 belongs to none."""
    order = np.argsort(of, kind="stable")
    first, second = order[:-1], order[1:]
    same = (of[first] == of[second]) & (of[first] >= 0)
    return here[first[same]], here[second[same]]


def _friends(
    county: npt.NDArray[np.integer], here: npt.NDArray[np.integer], random: np.random.Generator
) -> tuple[Ints, Ints]:
    """Return everybody with a few others of the county, by shuffling those of each county."""
    first, second = [], []
    for _ in range(FRIENDS):
        shuffled = random.permutation(len(here))
        order = shuffled[np.argsort(county[shuffled], kind="stable")]
        same = county[order[:-1]] == county[order[1:]]
        first.append(here[order[:-1][same]])
        second.append(here[order[1:][same]])
    return np.concatenate(first), np.concatenate(second)
