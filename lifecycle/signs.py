"""What one month shows about a customer: growth, use, presence. The stage rule walks these. Pure NumPy, exact.

Thresholds of change are whole percents, so a change is kept as a whole percent too: rounded down it answers "at least so
much", rounded up "at most so much", both exactly. No policy changes these columns (`with_changes`): whoever tries many
policies on the same customers works them out once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.features import LEAST_BASE_FEN
from customers.frame import Frame
from customers.history import HAS_BILL, IN_NETWORK, PRE_CANCEL, SUSPENDED

STATE_PRE_CANCEL = 5  # Customer.State.PRE_CANCEL; test_stages holds the two together
ZERO_CALLS, THREE_ZEROS, QUIET = 1, 2, 3  # StagePolicy.SilentKind; test_stages holds the two together
INT32_MAX = 2**31 - 1

UNMEASURED, LEVEL = -128, 127  # of bill_growth, beside percents cut at CUT
NO_FALL = 127  # of the falls: nothing is at most so much
CUT = (-127, 126)  # of percents; thresholds lie between -100 and 100

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
    """Masks over customers for the month `back` months before the newest. Growth masks are false where unmeasured."""

    back: int
    is_there: Mask  # in network
    is_pre_cancelled: Mask
    is_suspended: Mask
    is_silent: Mask  # a bill, but no use in the policy's sense
    is_back: Mask  # in network with the bill and the active days of a return
    falls: Mask  # growth at or below the decline line
    holds: Mask  # growth at or above the recovery line
    rises: Mask
    settles: Mask  # growth below the settling line
    signals: npt.NDArray[np.int8]  # how many of the four signs of decline


def month_signs(frame: Frame, policy: StageThresholds) -> Iterator[MonthSigns]:
    """Yield the signs of every loaded month, oldest first, each from that month and earlier ones only."""
    frame = with_changes(frame)
    flags = frame.history["flags"].astype(np.uint8, copy=False)
    uses_something, is_active_days_known = np.zeros(len(frame), np.bool_), np.zeros(len(frame), np.bool_)
    for back in reversed(range(frame.months)):
        days, bills = frame.history["active_days"][back], frame.history["arpu_fen"][back]
        is_quiet = _is_quiet(frame, policy, back)
        uses_something |= ~is_quiet
        is_active_days_known |= days > 0
        is_there, has_bill = (flags[back] & IN_NETWORK) != 0, (flags[back] & HAS_BILL) != 0
        falls, holds, rises, settles, usage_falls = _changed(frame, policy, back)
        signals = falls.astype(np.int8)
        for falls_too in usage_falls:
            signals += falls_too
        signals += (days <= policy.few_active_days) & is_active_days_known & is_there & has_bill
        is_pre_cancelled = (flags[back] & PRE_CANCEL) != 0
        if back == 0:
            is_there = frame["is_in_network"].astype(np.bool_)
            is_pre_cancelled = is_pre_cancelled | (frame["state"] == STATE_PRE_CANCEL)
        yield MonthSigns(
            back=back,
            is_there=is_there,
            is_pre_cancelled=is_pre_cancelled,
            is_suspended=(flags[back] & SUSPENDED) != 0,
            is_silent=is_quiet & uses_something & has_bill,
            is_back=is_there
            & (bills >= policy.return_bill_fen)
            & ((days >= policy.return_active_days) | ~is_active_days_known),
            falls=falls,
            holds=holds,
            rises=rises,
            settles=settles,
            signals=signals,
        )


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


def _changed(frame: Frame, policy: StageThresholds, back: int) -> tuple[Mask, Mask, Mask, Mask, tuple[Mask, ...]]:
    """Return the masks falls, holds, rises, settles of one month's bills, and of voice and data whether use fell."""
    if back + 6 > frame.months:
        nowhere = np.zeros(len(frame), dtype=np.bool_)
        return nowhere, nowhere, nowhere, nowhere, ()
    history = frame.history
    growth = history["bill_growth"][back]
    return (
        history["bill_fall"][back] <= policy.decline_percent,
        growth >= policy.recover_percent,  # LEVEL too
        (growth >= policy.rise_percent) & (growth != LEVEL),
        ((growth < policy.settle_percent) & (growth != UNMEASURED)) | (growth == LEVEL),
        tuple(history[name][back] <= policy.usage_fall_percent for name in ("voice_fall", "data_fall")),
    )


def _sums(fact: npt.NDArray[np.int32]) -> Sums:
    """Return the three-month sums by months back, wide enough to be compared in percent without overflow."""
    largest = max(int(fact.max(initial=0)), -int(fact.min(initial=0)))
    months = fact.astype(np.int32 if 3 * 200 * largest <= INT32_MAX else np.int64, copy=False)
    return [months[back] + months[back + 1] + months[back + 2] for back in range(len(months) - 2)]


def _is_quiet(frame: Frame, policy: StageThresholds, back: int) -> Mask:
    """Tell who used nothing in the month, in the policy's sense."""
    voice, sms, data = (frame.history[fact][back] for fact in ("voice_min", "sms_count", "data_mb"))
    if policy.silent_kind == ZERO_CALLS:
        without_calls: Mask = np.logical_not(voice)
        return without_calls
    least = policy.silent_data_mb if policy.silent_kind == QUIET else 1
    is_quiet: Mask = np.logical_not(np.logical_or(voice, sms)) & (data < least)
    return is_quiet
