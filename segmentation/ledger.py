"""The cohort's books, month by month and county by county: whole numbers that add up over buckets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from customers.frame import Column, Frame
from segmentation.cohort import (
    LOST_OFF_NETWORK,
    LOST_VALUE,
    OUTSIDE,
    RETAINED,
    CohortTerms,
    Mask,
    MonthEnd,
    month_ends,
)

FIELDS = (
    "base",
    "base_kept",
    "added",
    "members",
    "kept",
    "lost_off_network",
    "lost_value",
    "reached",
    "base_revenue_fen",
    "base_window_fen",
)

# What a customer can be at a month end: state (2 bits), base member, entered this month, reached.
KINDS = np.arange(32)
_STATE, _IS_BASE, _IS_NEW, _IS_REACHED = KINDS & 3, KINDS & 4 != 0, KINDS & 8 != 0, KINDS & 16 != 0
COUNTED = {
    "base": _IS_BASE,
    "base_kept": _IS_BASE & (_STATE == RETAINED),
    "added": _IS_NEW & ~_IS_BASE,
    "members": _STATE != OUTSIDE,
    "kept": _STATE == RETAINED,
    "lost_off_network": _STATE == LOST_OFF_NETWORK,
    "lost_value": _STATE == LOST_VALUE,
    "reached": _IS_REACHED,
}


class MonthNotInCohort(ValueError):
    """Somebody asked for the ledger of a month the cohort's year or the frame does not reach."""


@dataclass(frozen=True)
class Ledger:
    """Counts and fen by month and county: each of FIELDS is an int64 array [months, counties]."""

    months: tuple[int, ...]
    counties: npt.NDArray[np.int32]
    cells: dict[str, npt.NDArray[np.int64]]

    def __getitem__(self, field: str) -> npt.NDArray[np.int64]:
        return self.cells[field]


def ledger(frame: Frame, terms: CohortTerms, *, months: Sequence[int]) -> Ledger:
    """Return the books of the given months (ordinals, base month to December) for the frame's customers.

    Kept base revenue is the month's bill of the base members retained at its end; the base window is the bills of
    all base members in the three months that made them members. Raises MonthNotInCohort.
    """
    _check(frame, terms, months)
    counties, county = _places(frame["county_id"])
    cells = {field: np.zeros((len(months), len(counties)), dtype=np.int64) for field in FIELDS}
    for end in month_ends(frame, terms):
        for row in (position for position, month in enumerate(months) if month == end.month):
            for field, numbers in _booked(end, frame, terms, county, counties=len(counties)).items():
                cells[field][row] = numbers
    return Ledger(tuple(months), counties, cells)


def _check(frame: Frame, terms: CohortTerms, months: Sequence[int]) -> None:
    first, last = max(terms.base_month, frame.month - frame.months + 1), min(terms.last_month, frame.month)
    outside = [month for month in months if not first <= month <= last]
    if outside:
        raise MonthNotInCohort(f"Cohort {terms.year} has books from month {first} to {last}, not for {outside}.")


def _places(county_id: Column) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.intp]]:
    """Return the counties in order and each customer's position among them (a count: much cheaper than sorting)."""
    counties = np.flatnonzero(np.bincount(county_id))
    position = np.zeros(counties.max(initial=0) + 1, dtype=np.intp)
    position[counties] = np.arange(len(counties))
    return counties.astype(np.int32), position[county_id]


def _booked(
    end: MonthEnd, frame: Frame, terms: CohortTerms, county: npt.NDArray[np.intp], *, counties: int
) -> dict[str, npt.NDArray[np.int64]]:
    """Return one month's numbers by county. Customers are counted once, by county and kind, and the kinds added up."""
    is_base, is_kept, bills = end.entry == terms.base_month, end.state == RETAINED, frame.history["arpu_fen"]
    oldest = frame.month - terms.base_month
    kind = end.state | (is_base << 2) | ((end.entry == end.month) << 3) | (end.is_reached << 4)
    counts = np.bincount(county * len(KINDS) + kind, minlength=counties * len(KINDS)).reshape(counties, len(KINDS))
    return {
        **{field: counts[:, is_counted].sum(axis=1) for field, is_counted in COUNTED.items()},
        "base_revenue_fen": _fen(bills[frame.month - end.month][None], is_base & is_kept, county, counties),
        "base_window_fen": _fen(bills[oldest : oldest + 3], is_base, county, counties),
    }


def _fen(
    bills: npt.NDArray[np.int32], mask: Mask, county: npt.NDArray[np.intp], counties: int
) -> npt.NDArray[np.int64]:
    """Return the exact sum of some customers' bills by county."""
    total, rows = np.zeros(counties, dtype=np.int64), np.flatnonzero(mask)
    np.add.at(total, county[rows], bills[:, rows].sum(axis=0, dtype=np.int64))
    return total
