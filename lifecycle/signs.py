"""What one month shows about a customer: growth, use, presence. The stage rule walks these. Pure NumPy, exact.

Thresholds of change are whole percents, so a change is kept as a whole percent too: rounded down it answers "at least so
much", rounded up "at most so much", both exactly. No policy changes these columns (`with_changes`): whoever tries many
policies on the same customers works them out once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.features import LEAST_BASE_FEN
from customers.frame import Frame
from customers.history import HAS_BILL, IN_NETWORK, PRE_CANCEL, SIGNAL_DAY, SUSPENDED
from cvm.lib.bits import Bits, nothing, packed
from cvm.lib.months import day_number, first_day, last_day

STATE_PRE_CANCEL = 5  # Customer.State.PRE_CANCEL; test_stages holds the two together
ZERO_CALLS, THREE_ZEROS, QUIET = 1, 2, 3  # StagePolicy.SilentKind; test_stages holds the two together
INT32_MAX = 2**31 - 1

UNMEASURED, LEVEL = -128, 127  # of bill_growth, beside percents cut at CUT
NO_FALL = 127  # of the falls: nothing is at most so much
CUT = (-127, 126)  # of percents; thresholds lie between -100 and 100
MOST_KEPT = 24  # signs: the 16 of one policy, and those of the thresholds tried last

Mask = npt.NDArray[np.bool_]
Small = npt.NDArray[np.int8]
Sums = list[npt.NDArray[Any]]


@dataclass(frozen=True)
class StageThresholds:
    """One stage policy as plain values; percentages of change, months at their ends.

    Silence differs by branch: no call (零次户), no call, SMS or data (三零), or no call or SMS and next to no data (沉默).
    """

    decline_percent: int = -20
    recover_percent: int = -5
    rise_percent: int = 10
    settle_percent: int = 3
    usage_fall_percent: int = -30
    few_active_days: int = 10
    acquisition_months: int = 3
    growth_months: int = 12
    confirm_months: int = 2  # running: a fall, a rise, a recovery and a settling count only then
    enough_signals: int = 2  # in one month
    low_months: int = 2  # of the cohort's year
    event_days: int = 60
    silent_kind: int = QUIET
    silent_data_mb: int = 1  # less data than this is none
    silent_months: int = 2
    suspended_months: int = 2
    return_bill_fen: int = 10_00
    return_active_days: int = 5
    returned_months: int = 12


@dataclass(frozen=True)
class MonthSigns:
    """Who shows what in the month `back` months before the newest. Signs of growth hold nowhere where unmeasured."""

    back: int
    is_newcomer: Bits  # by tenure in acquisition
    is_in_first_year: Bits  # by tenure at most in growth
    is_there: Bits  # in network
    is_pre_cancelled: Bits
    is_suspended: Bits
    is_silent: Bits  # a bill, but no use in the policy's sense
    is_back: Bits  # in network with the bill and the active days of a return
    falls: Bits  # growth at or below the decline line
    holds: Bits  # growth at or above the recovery line
    rises: Bits
    settles: Bits  # growth below the settling line
    voice_falls: Bits
    data_falls: Bits
    is_rarely_active: Bits
    has_event: Bits  # a sign of leaving, at most the policy's days ago
    is_low: Bits  # a low month of the cohort

    @property
    def signals(self) -> tuple[Bits, ...]:
        """Return the four signs of decline."""
        return self.falls, self.voice_falls, self.data_falls, self.is_rarely_active


class Signs:
    """The signs of a frame's months. Each is worked out for all months when a policy asks for it, and kept for others.

    Whoever tries policies that differ in one threshold keeps the object and has that one sign worked out.
    """

    def __init__(self, frame: Frame) -> None:
        self.frame = with_changes(frame)
        self._kept: dict[tuple[Any, ...], Bits] = {}

    def under(self, policy: StageThresholds) -> Iterator[MonthSigns]:
        """Yield every loaded month, oldest first, each told from that month and earlier ones only."""
        found = {
            "is_newcomer": self._of(_is_younger, policy.acquisition_months),
            "is_in_first_year": self._of(_is_younger, policy.growth_months),
            "is_there": self._of(_is_there),
            "is_pre_cancelled": self._of(_is_pre_cancelled),
            "is_suspended": self._of(_is_flagged, SUSPENDED),
            "is_silent": self._of(_is_silent, policy.silent_kind, policy.silent_data_mb),
            "is_back": self._of(_is_back, policy.return_bill_fen, policy.return_active_days),
            "falls": self._of(_falls, "bill_fall", policy.decline_percent),
            "holds": self._of(_holds, policy.recover_percent),
            "rises": self._of(_rises, policy.rise_percent),
            "settles": self._of(_settles, policy.settle_percent),
            "voice_falls": self._of(_falls, "voice_fall", policy.usage_fall_percent),
            "data_falls": self._of(_falls, "data_fall", policy.usage_fall_percent),
            "is_rarely_active": self._of(_is_rarely_active, policy.few_active_days),
            "has_event": self._of(_has_event, policy.event_days),
            "is_low": self._of(_is_low),
        }
        for back in reversed(range(self.frame.months)):
            yield MonthSigns(back, **{name: bits[back] for name, bits in found.items()})

    def _of(self, sign: Callable[..., Bits], *thresholds: Any) -> Bits:
        key = (sign, *thresholds)
        bits = self._kept.pop(key, None)
        if bits is None:
            bits = sign(self.frame, *thresholds)
        self._kept[key] = bits  # last
        for oldest in list(self._kept)[:-MOST_KEPT]:
            self._kept.pop(oldest, None)
        return bits


def with_changes(frame: Frame) -> Frame:
    """Return the frame with its changes by month, three months against the three before, in whole percent.

    bill_growth: rounded down; LEVEL on a base under 10 yuan a month, UNMEASURED without six bills in a row. bill_fall,
    voice_fall, data_fall: rounded up; NO_FALL where unmeasured, on a level bill, and for use from nothing.
    """
    if "bill_growth" in frame.history:
        return frame
    shape = frame.history["flags"].shape
    found: dict[str, npt.NDArray[Any]] = {
        name: np.full(shape, NO_FALL, np.int8) for name in ("bill_fall", "voice_fall", "data_fall")
    }
    found["bill_growth"] = np.full(shape, UNMEASURED, np.int8)
    flags = frame.history["flags"].astype(np.uint8, copy=False)
    bills, voice, data = (_sums(frame.history[fact]) for fact in ("arpu_fen", "voice_min", "data_mb"))
    for back in range(frame.months - 5):
        is_unmeasured = (np.bitwise_and.reduce(flags[back : back + 6], axis=0) & HAS_BILL) == 0
        is_level = bills[back + 3] < LEAST_BASE_FEN
        growth = _percents(bills[back], bills[back + 3])
        found["bill_growth"][back] = _whole(np.floor(growth), (LEVEL, is_level), (UNMEASURED, is_unmeasured))
        found["bill_fall"][back] = _whole(np.ceil(growth), (NO_FALL, is_level | is_unmeasured))
        for name, sums in (("voice_fall", voice), ("data_fall", data)):
            change, is_nothing = np.ceil(_percents(sums[back], sums[back + 3])), sums[back + 3] <= 0
            found[name][back] = _whole(change, (NO_FALL, is_nothing | is_unmeasured))
    return replace(frame, history={**frame.history, **found})


def _percents(now: npt.NDArray[Any], before: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return the change in percent, cut, where there was something before.

    A double never rounds such a quotient across a whole number: it lies at least 1/before from any, and the rounding
    error stays below that while the numerator is below 2^53.
    """
    change: npt.NDArray[np.float64] = 100 * (now - before) / np.maximum(before, 1)
    return np.clip(change, *CUT, out=change)


def _whole(percents: npt.NDArray[np.float64], *marked: tuple[int, Mask]) -> Small:
    """Return rounded percents in a byte each, marked where they mean something else; the last mark wins."""
    found = percents.astype(np.int8)
    for mark, rows in marked:
        np.copyto(found, np.int8(mark), where=rows)
    return found


def _sums(fact: npt.NDArray[np.int32]) -> Sums:
    """Return the three-month sums by months back, wide enough to be compared in percent without overflow."""
    largest = max(int(fact.max(initial=0)), -int(fact.min(initial=0)))
    months = fact.astype(np.int32 if 3 * 200 * largest <= INT32_MAX else np.int64, copy=False)
    return [months[back] + months[back + 1] + months[back + 2] for back in range(len(months) - 2)]


# Each sign returns bits of [months, customers], row 0 the newest month, as the frame's history.


def _is_younger(frame: Frame, months: int) -> Bits:
    limits = months + np.arange(frame.months, dtype=frame["tenure_at_month"].dtype)
    return packed(frame["tenure_at_month"] <= limits[:, np.newaxis])


def _is_flagged(frame: Frame, flag: int) -> Bits:
    return packed(frame.history["flags"].astype(np.uint8, copy=False) & np.uint8(flag))


def _is_there(frame: Frame) -> Bits:
    """In network at the month end, today for the newest month."""
    found = _is_flagged(frame, IN_NETWORK)
    found[0] = packed(frame["is_in_network"].astype(np.bool_))
    return found


def _is_pre_cancelled(frame: Frame) -> Bits:
    found = _is_flagged(frame, PRE_CANCEL)
    found[0] |= packed(frame["state"] == STATE_PRE_CANCEL)
    return found


def _is_silent(frame: Frame, silent_kind: int, silent_data_mb: int) -> Bits:
    is_quiet = _is_quiet(frame, silent_kind, silent_data_mb)
    return is_quiet & _so_far(~is_quiet) & _is_flagged(frame, HAS_BILL)


def _is_quiet(frame: Frame, silent_kind: int, silent_data_mb: int) -> Bits:
    """Tell who used nothing in the month, in the policy's sense."""
    voice, sms, data = (frame.history[fact] for fact in ("voice_min", "sms_count", "data_mb"))
    if silent_kind == ZERO_CALLS:
        return ~packed(voice != 0)
    least = silent_data_mb if silent_kind == QUIET else 1
    return packed(data < least) & ~(packed(voice != 0) | packed(sms != 0))


def _is_back(frame: Frame, return_bill_fen: int, return_active_days: int) -> Bits:
    days, bills = frame.history["active_days"], frame.history["arpu_fen"]
    is_active = packed(days >= return_active_days) | ~_so_far(packed(days > 0))
    return _is_there(frame) & packed(bills >= return_bill_fen) & is_active


def _is_rarely_active(frame: Frame, few_active_days: int) -> Bits:
    days = frame.history["active_days"]
    is_known = _so_far(packed(days > 0)) & _is_flagged(frame, IN_NETWORK) & _is_flagged(frame, HAS_BILL)
    return packed(days <= few_active_days) & is_known


def _falls(frame: Frame, fact: str, percent: int) -> Bits:
    return _measured(frame, packed(frame.history[fact] <= percent))


def _holds(frame: Frame, percent: int) -> Bits:
    return _measured(frame, packed(frame.history["bill_growth"] >= percent))  # LEVEL too


def _rises(frame: Frame, percent: int) -> Bits:
    growth = frame.history["bill_growth"]
    return _measured(frame, packed(growth >= percent) & ~packed(growth == LEVEL))


def _settles(frame: Frame, percent: int) -> Bits:
    growth = frame.history["bill_growth"]
    settles = packed(growth < percent) & ~packed(growth == UNMEASURED)
    return _measured(frame, settles | packed(growth == LEVEL))


def _measured(frame: Frame, bits: Bits) -> Bits:
    """Return the bits but for the months without six loaded bills."""
    bits[max(frame.months - 5, 0) :] = 0
    return bits


def _has_event(frame: Frame, event_days: int) -> Bits:
    """Tell who gave a sign of leaving within so many days before the month end, or before today."""
    found = nothing(frame.months, len(frame))
    for back in range(1, frame.months):
        oldest = day_number(last_day(frame.month - back)) - event_days
        for then in range(back, frame.months):
            if day_number(last_day(frame.month - then)) < oldest:
                break
            day_of_month = max(oldest - day_number(first_day(frame.month - then)) + 1, 1)
            found[back] |= packed(frame.history[SIGNAL_DAY][then] >= day_of_month)
    oldest = max(frame.today - event_days, 1)
    found[0] = packed((frame["porting_eligible_day"] >= oldest) | (frame["downgrade_day"] >= oldest))
    return found


def _is_low(frame: Frame) -> Bits:
    """Tell whose month the cohort counts as low, in its year."""
    found = nothing(frame.months, len(frame))
    for back in range(min(frame.month % 12 + 1, frame.months)):
        found[back] = packed(frame["low_bits"] & np.int16(1 << (frame.month - back) % 12) != 0)
    return found


def _so_far(bits: Bits) -> Bits:
    """Tell whether it has been so in the month or one before it."""
    found: Bits = np.bitwise_or.accumulate(bits[::-1], axis=0)[::-1]
    return found
