"""Who left after a moment was found: churners caught and missed, false alarms, and what chance alone would catch.

A customer has left within N days of a day when a month end falls into those days at which he is off the network by the
bills. A departure is a month end off the network after one on it; it is caught when a moment was found in the N days
before it. Days whose N days are not over yet have no outcome and count nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cvm.lib.months import day_number, last_day

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Presence:
    """Who was on the network at each month end: `there[month end, customer]`; the first row is before the first day."""

    there: Mask
    first_month: int

    @property
    def ends(self) -> Array:
        """Return the day number of each month end."""
        return np.array([day_number(last_day(self.first_month + back)) for back in range(len(self.there))])

    @property
    def next_off(self) -> npt.NDArray[np.int16]:
        """Return for each month end and customer the first month end from there on that finds him off the network."""
        months = len(self.there)
        found = np.full((months + 1, self.there.shape[1]), months, dtype=np.int16)
        for row in reversed(range(months)):
            found[row] = np.where(self.there[row], found[row + 1], np.int16(row))
        return found


@dataclass(frozen=True)
class Horizon:
    """The month ends (start inclusive, stop exclusive) within N days after each day, and which days have an outcome."""

    start: Array
    stop: Array
    is_known: Mask


@dataclass(frozen=True)
class Outcome:
    """What became of hits: of each whether it is known and whether the customer left, and the departures they caught.

    A departure is numbered month end * customers + customer.
    """

    is_known: Mask
    has_left: Mask
    caught: Array


def horizon(presence: Presence, days: Array, *, within: int) -> Horizon:
    """Return the month ends in (day, day + within] for each day number."""
    ends = presence.ends
    start = np.searchsorted(ends, days, side="right")
    stop = np.searchsorted(ends, days + within, side="right")
    following = day_number(last_day(presence.first_month + len(presence.there)))
    return Horizon(start, stop, days + within < following)


def outcome(presence: Presence, rows: Array, days: Array, *, within: int, next_off: Array) -> Outcome:
    """Return what became of the customers in `rows`, each found on the day beside it."""
    reach = horizon(presence, days, within=within)
    off_at = next_off[reach.start, rows]
    has_left = reach.is_known & (off_at < reach.stop)
    caught = np.unique(off_at[has_left].astype(np.int64) * presence.there.shape[1] + rows[has_left])
    return Outcome(reach.is_known, has_left, caught)


def departures(presence: Presence, *, first_day: int, within: int) -> Mask:
    """Return who left at each month end, only at those whose N days before lie in the days that were tried."""
    gone = np.zeros_like(presence.there)
    gone[1:] = presence.there[:-1] & ~presence.there[1:]
    gone[presence.ends - within < first_day] = False
    return gone


def chance(presence: Presence, days: Array, *, within: int, next_off: Array, groups: Array, size: int) -> Array:
    """Return [2, day, group]: customers on the network on each day, and those of them who left within N days.

    `groups` numbers each customer's group below `size`. Days without an outcome count nobody.
    """
    reach = horizon(presence, days, within=within)
    found = np.zeros((2, len(days), size), dtype=np.int64)
    known: dict[tuple[int, int], Array] = {}
    for number in np.flatnonzero(reach.is_known):
        start, stop = int(reach.start[number]), int(reach.stop[number])
        if (start, stop) not in known:
            there = presence.there[start - 1]
            left = there & (next_off[start] < stop)
            known[start, stop] = np.stack(
                [np.bincount(groups[there], minlength=size), np.bincount(groups[left], minlength=size)]
            )
        found[:, number] = known[start, stop]
    return found
