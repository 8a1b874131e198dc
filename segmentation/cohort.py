"""Who belongs to the snapshot cohort of a year and who of them is kept (DOMAIN 4.2, 4.3). Pure NumPy, integers only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from customers.history import HAS_BILL, IN_NETWORK, SIGNED

# The numbers of segmentation.models.CohortState; test_cohort holds the two together.
OUTSIDE, RETAINED, LOST_OFF_NETWORK, LOST_VALUE = 0, 1, 2, 3
PATH_BITS = 2  # of one month end in cohort_path; thirteen month ends fill 26 bits

Mask = npt.NDArray[np.bool_]
Months = npt.NDArray[np.int32]


@dataclass(frozen=True)
class CohortTerms:
    """The parameters of one cohort year; `frozen_through` is the last month whose members can no longer change."""

    year: int
    threshold_fen: int = 360_00
    low_amount_fen: int = 50_00
    low_months: int = 3
    require_signed: bool = True
    require_full_window: bool = True
    count_from_january: bool = False
    frozen_through: int = 0

    @property
    def base_month(self) -> int:
        """Return December of the year before: the entry month of the base."""
        return self.year * 12 - 1

    @property
    def last_month(self) -> int:
        """Return December of the cohort's year."""
        return self.year * 12 + 11


@dataclass(frozen=True)
class MonthEnd:
    """The cohort as one month end leaves it; arrays over customers, good until the next step."""

    month: int
    entry: Months
    state: npt.NDArray[np.int8]
    low_count: npt.NDArray[np.int8]
    low_bits: npt.NDArray[np.int16]
    is_reached: Mask


def cohort(frame: Frame, terms: CohortTerms) -> Frame:
    """Return the frame with the cohort as it stands at the newest month end, at the latest December of its year.

    Adds cohort_entry (month ordinal, 0 outside), cohort_state, cohort_path (the states of all month ends, two bits
    each, the base month lowest), low_months (counted ones) and low_bits (bit i set: the month i after January was
    counted as low). Off network means at the month end, so that the state agrees with the ledger. A `frozen_entry`
    column (0 none) wins over the bills for months up to `frozen_through`.
    """
    end, path = None, np.zeros(len(frame), dtype=np.int32)
    for end in month_ends(frame, terms):
        path |= end.state.astype(np.int32) << np.int32(PATH_BITS * (end.month - terms.base_month))
    if end is None:
        return frame.with_columns(**_outside(len(frame)))
    is_member = end.entry != 0
    return frame.with_columns(
        cohort_entry=end.entry,
        cohort_state=end.state,
        cohort_path=path,
        low_months=end.low_count * is_member,
        low_bits=end.low_bits * is_member,
    )


def month_ends(frame: Frame, terms: CohortTerms) -> Iterator[MonthEnd]:
    """Walk the cohort from its base month to the newest month, at most to December of its year.

    Months before the loaded history are not walked; members frozen in them are members from the start.
    """
    first = max(terms.base_month, frame.month - frame.months + 1)
    frozen = _frozen_entry(frame)
    entry = np.where(frozen < first, frozen, np.int32(0))
    low_count, low_bits = np.zeros(len(frame), dtype=np.int8), np.zeros(len(frame), dtype=np.int16)
    for month in range(first, min(terms.last_month, frame.month) + 1):
        back = frame.month - month
        if month > terms.base_month:
            is_low = _is_low(frame, terms, back=back, entry=entry)
            low_count += is_low
            low_bits |= is_low.astype(np.int16) << np.int16(month - terms.base_month - 1)
        is_reached = _is_reached(frame, terms, back=back)
        _enter(entry, is_reached, frozen, month=month, terms=terms)
        is_there = (frame.history["flags"][back] & IN_NETWORK) != 0
        yield MonthEnd(month, entry, _state(entry, low_count, is_there, terms), low_count, low_bits, is_reached)


def _outside(size: int) -> dict[str, npt.NDArray[np.generic]]:
    return {
        "cohort_entry": np.zeros(size, dtype=np.int32),
        "cohort_state": np.zeros(size, dtype=np.int8),
        "cohort_path": np.zeros(size, dtype=np.int32),
        "low_months": np.zeros(size, dtype=np.int8),
        "low_bits": np.zeros(size, dtype=np.int16),
    }


def _frozen_entry(frame: Frame) -> Months:
    if "frozen_entry" in frame.columns:
        return frame["frozen_entry"].astype(np.int32)
    return np.zeros(len(frame), dtype=np.int32)


def _is_reached(frame: Frame, terms: CohortTerms, *, back: int) -> Mask:
    """In network, signed where asked, no special user, and three months' bills on or above the line."""
    flags, bills = frame.history["flags"], frame.history["arpu_fen"]
    needed = IN_NETWORK | (SIGNED if terms.require_signed else 0)
    total = bills[back].astype(np.int64)
    for older in bills[back + 1 : back + 3]:
        total += older
    is_reached: Mask = (total >= terms.threshold_fen) & ((flags[back] & needed) == needed)
    if terms.require_full_window:
        is_reached &= _has_window(flags[back : back + 3])
    is_reached &= ~frame["is_special"].astype(np.bool_)
    return is_reached


def _has_window(flags: npt.NDArray[np.int32]) -> Mask:
    if len(flags) < 3:
        return np.zeros(flags.shape[1], dtype=np.bool_)
    has_window: Mask = (flags[0] & flags[1] & flags[2] & HAS_BILL) != 0
    return has_window


def _is_low(frame: Frame, terms: CohortTerms, *, back: int, entry: Months) -> Mask:
    """A bill strictly below the line, in network, after the entry month (`entry` is as of the month before)."""
    needed = HAS_BILL | IN_NETWORK
    is_low: Mask = (frame.history["arpu_fen"][back] < terms.low_amount_fen) & (
        (frame.history["flags"][back] & needed) == needed
    )
    return is_low if terms.count_from_january else is_low & (entry != 0)


def _enter(entry: Months, is_reached: Mask, frozen: Months, *, month: int, terms: CohortTerms) -> None:
    """Write this month's entries: a frozen entry is kept, and a closed month takes no others."""
    is_new = frozen == month
    if month > terms.frozen_through:
        is_new |= is_reached & (frozen == 0) & (entry == 0)
    entry[is_new] = month


def _state(entry: Months, low_count: npt.NDArray[np.int8], is_there: Mask, terms: CohortTerms) -> npt.NDArray[np.int8]:
    state = np.full(len(entry), RETAINED, dtype=np.int8)
    state[low_count >= terms.low_months] = LOST_VALUE
    state[~is_there] = LOST_OFF_NETWORK
    state[entry == 0] = OUTSIDE
    return state
