"""The sums of one bucket, by county: integer arrays that add up over the buckets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from cvm.backtests.days import CLASSES
from lifecycle.backtest import leaving, overlap
from lifecycle.backtest.leaving import Presence
from lifecycle.backtest.replay import Found

LEVELS = 4
SIDES = ("live", "draft")

Array = npt.NDArray[Any]
Arrays = dict[str, Array]


class Tally:
    """Counts hits of one bucket: `groups` numbers each customer's county below `size`, `days` are day numbers."""

    def __init__(self, *, groups: Array, size: int, days: Array, presence: Presence, within: int) -> None:
        self.groups, self.size, self.days = groups, size, days
        self.presence, self.within = presence, within
        self.next_off = presence.next_off
        self.gone = leaving.departures(presence, first_day=int(days[0]), within=within)

    def ground(self) -> Arrays:
        """Return what is true whatever the moment says: departures by month end, and what chance would find."""
        return {
            "departures": self._by_group(self.gone),
            "chance": leaving.chance(
                self.presence, self.days, within=self.within, next_off=self.next_off, groups=self.groups, size=self.size
            ).astype(np.int64),
        }

    def side(self, found: Found, classes: Mapping[int, Array], month_of_day: Array) -> Arrays:
        """Return hits [county, day, class, level], outcomes [known/left, county, day], departures caught, people."""
        place = found.day - int(self.days[0])
        group = self.groups[found.row]
        kind = _classes_at(found, classes, month_of_day[place])
        shape = (self.size, len(self.days), CLASSES, LEVELS)
        hits = _counted((group, place, kind, found.level.astype(np.int64)), shape)
        after = leaving.outcome(self.presence, found.row, found.day, within=self.within, next_off=self.next_off)
        known = _counted((group[after.is_known], place[after.is_known]), shape[:2])
        left = _counted((group[after.has_left], place[after.has_left]), shape[:2])
        people = np.unique(found.row)
        return {
            "hits": hits,
            "outcome": np.stack([known, left]),
            "caught": self._caught(after.caught),
            "people": np.bincount(self.groups[people], minlength=self.size),
        }

    def meeting(self, found: Found, others: list[Found]) -> Arrays:
        """Return meets [county, other kind] and alone [county]: hits near one of another kind, and near none."""
        first = int(self.days[0])
        order = np.lexsort((found.day, found.row))
        ours, group = overlap.keys(found.row, found.day, first_day=first), self.groups[found.row[order]]
        meets = np.zeros((self.size, len(others)), dtype=np.int64)
        is_alone = np.ones(len(ours), dtype=np.bool_)
        for number, other in enumerate(others):
            near = overlap.meets(ours, overlap.keys(other.row, other.day, first_day=first))
            meets[:, number] = np.bincount(group[near], minlength=self.size)
            is_alone &= ~near
        return {"meets": meets, "alone": np.bincount(group[is_alone], minlength=self.size)}

    def apart(self, live: Found, draft: Found) -> Array:
        """Return [only live, both, only draft] x county: customers found at least once."""
        old, new = np.unique(live.row), np.unique(draft.row)
        parts = (np.setdiff1d(old, new), np.intersect1d(old, new), np.setdiff1d(new, old))
        return np.stack([np.bincount(self.groups[part], minlength=self.size) for part in parts])

    def counted(self, found: Found) -> Array:
        """Return hits by county."""
        return np.bincount(self.groups[found.row], minlength=self.size)

    def _caught(self, numbers: Array) -> Array:
        """Return the departures of `outcome.caught` that count, [month end, county]."""
        caught = np.zeros(self.gone.shape, dtype=np.bool_)
        caught.reshape(-1)[numbers] = True
        return self._by_group(caught & self.gone)

    def _by_group(self, mask: Array) -> Array:
        return np.stack([np.bincount(self.groups[row], minlength=self.size) for row in mask])


def _counted(places: tuple[Array, ...], shape: tuple[int, ...]) -> Array:
    flat = np.ravel_multi_index(tuple(place.astype(np.int64) for place in places), shape)
    return np.bincount(flat, minlength=int(np.prod(shape))).reshape(shape).astype(np.int32)


def _classes_at(found: Found, classes: Mapping[int, Array], months: Array) -> Array:
    """Return the class of each hit's customer in the month whose bills counted on the day."""
    kind = np.zeros(len(found), dtype=np.int64)
    for month in np.unique(months):
        chosen = months == month
        kind[chosen] = classes[int(month)][found.row[chosen]]
    return kind
