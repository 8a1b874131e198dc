"""The cohort's books, month by month and county by county: whole numbers that add up over buckets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
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
    counties, county = np.unique(frame["county_id"], return_inverse=True)
    cells = {field: np.zeros((len(months), len(counties)), dtype=np.int64) for field in FIELDS}
    for end in month_ends(frame, terms):
        for row in (position for position, month in enumerate(months) if month == end.month):
            _book(cells, row, end, frame, terms, county)
    return Ledger(tuple(months), counties.astype(np.int32), cells)


def _check(frame: Frame, terms: CohortTerms, months: Sequence[int]) -> None:
    first, last = max(terms.base_month, frame.month - frame.months + 1), min(terms.last_month, frame.month)
    outside = [month for month in months if not first <= month <= last]
    if outside:
        raise MonthNotInCohort(f"Cohort {terms.year} has books from month {first} to {last}, not for {outside}.")


def _book(
    cells: dict[str, npt.NDArray[np.int64]],
    row: int,
    end: MonthEnd,
    frame: Frame,
    terms: CohortTerms,
    county: npt.NDArray[np.intp],
) -> None:
    is_base, is_kept, is_member = end.entry == terms.base_month, end.state == RETAINED, end.state != OUTSIDE
    counted: dict[str, Mask] = {
        "base": is_base,
        "base_kept": is_base & is_kept,
        "added": is_member & (end.entry == end.month) & ~is_base,
        "members": is_member,
        "kept": is_kept,
        "lost_off_network": end.state == LOST_OFF_NETWORK,
        "lost_value": end.state == LOST_VALUE,
        "reached": end.is_reached,
    }
    for field, mask in counted.items():
        cells[field][row] = np.bincount(county[mask], minlength=cells[field].shape[1])
    bills, oldest = frame.history["arpu_fen"], frame.month - terms.base_month
    _add_up(cells["base_revenue_fen"][row], county, counted["base_kept"], bills[frame.month - end.month][None])
    _add_up(cells["base_window_fen"][row], county, is_base, bills[oldest : oldest + 3])


def _add_up(
    total: npt.NDArray[np.int64], county: npt.NDArray[np.intp], mask: Mask, bills: npt.NDArray[np.int32]
) -> None:
    rows = np.flatnonzero(mask)
    np.add.at(total, county[rows], bills[:, rows].sum(axis=0, dtype=np.int64))
