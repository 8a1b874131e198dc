"""What one month shows about a customer: growth, use, presence. The stage rule walks these. Pure NumPy, exact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.features import LEAST_BASE_FEN
from customers.frame import Frame
from customers.history import HAS_BILL, IN_NETWORK, PRE_CANCEL, SUSPENDED

STATE_PRE_CANCEL = 5  # Customer.State.PRE_CANCEL; test_stages holds the two together
ZERO_CALLS, THREE_ZEROS, QUIET = 1, 2, 3  # StagePolicy.SilentKind; test_stages holds the two together
INT32_MAX = 2**31 - 1

Mask = npt.NDArray[np.bool_]
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
    flags = frame.history["flags"].astype(np.uint8)
    growth = _Growth(frame.history["arpu_fen"], policy)
    voice, data = _Change(frame.history["voice_min"]), _Change(frame.history["data_mb"])
    uses_something, is_active_days_known = np.zeros(len(frame), np.bool_), np.zeros(len(frame), np.bool_)
    for back in reversed(range(frame.months)):
        days, bills = frame.history["active_days"][back], frame.history["arpu_fen"][back]
        is_quiet = _is_quiet(frame, policy, back)
        uses_something |= ~is_quiet
        is_active_days_known |= days > 0
        is_there, has_bill = (flags[back] & IN_NETWORK) != 0, (flags[back] & HAS_BILL) != 0
        is_measured = _has_six_bills(flags, back)
        falls, holds, rises, settles = growth.at(back, is_measured)
        signals = falls.astype(np.int8)
        for use in (voice, data):
            signals += use.falls(back, is_measured, policy.usage_fall_percent)
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


def at_most(now: npt.NDArray[Any], before: npt.NDArray[Any], percent: int) -> Mask:
    """Tell where `now` is at most `percent` (signed) above `before`, exactly: 4 * now <= 3 * before for -25."""
    part, whole = _fraction(percent)
    is_at_most: Mask = whole * now <= part * before
    return is_at_most


def at_least(now: npt.NDArray[Any], before: npt.NDArray[Any], percent: int) -> Mask:
    """Tell where `now` is at least `percent` (signed) above `before`, exactly."""
    part, whole = _fraction(percent)
    is_at_least: Mask = whole * now >= part * before
    return is_at_least


def _fraction(percent: int) -> tuple[int, int]:
    divisor = gcd(100 + percent, 100)
    return (100 + percent) // divisor, 100 // divisor


def _sums(fact: npt.NDArray[np.int32]) -> Sums:
    """Return the three-month sums by months back, wide enough to be compared in percent without overflow."""
    largest = max(int(fact.max(initial=0)), -int(fact.min(initial=0)))
    months = fact.astype(np.int32 if 3 * 200 * largest <= INT32_MAX else np.int64, copy=False)
    return [months[back] + months[back + 1] + months[back + 2] for back in range(len(months) - 2)]


def _is_quiet(frame: Frame, policy: StageThresholds, back: int) -> Mask:
    """Tell who used nothing in the month, in the policy's sense."""
    voice, sms, data = (frame.history[fact][back] for fact in ("voice_min", "sms_count", "data_mb"))
    if policy.silent_kind == ZERO_CALLS:
        without_calls: Mask = voice == 0
        return without_calls
    least = policy.silent_data_mb if policy.silent_kind == QUIET else 1
    is_quiet: Mask = ((voice | sms) == 0) & (data < least)
    return is_quiet


def _has_six_bills(flags: npt.NDArray[np.uint8], back: int) -> Mask:
    if back + 6 > len(flags):
        return np.zeros(flags.shape[1], dtype=np.bool_)
    has_six: Mask = (np.bitwise_and.reduce(flags[back : back + 6], axis=0) & HAS_BILL) != 0
    return has_six


class _Growth:
    """Bills of three months against the three before; on a base under 10 yuan a month they count as level."""

    def __init__(self, bills: npt.NDArray[np.int32], policy: StageThresholds) -> None:
        self.sums, self.policy = _sums(bills), policy

    def at(self, back: int, is_measured: Mask) -> tuple[Mask, Mask, Mask, Mask]:
        """Return the masks falls, holds, rises, settles of one month."""
        if back + 3 >= len(self.sums):
            nowhere = np.zeros(len(is_measured), dtype=np.bool_)
            return nowhere, nowhere, nowhere, nowhere
        now, before = self.sums[back], self.sums[back + 3]
        is_level = before < LEAST_BASE_FEN
        can_change = is_measured & ~is_level
        policy = self.policy
        return (
            can_change & at_most(now, before, policy.decline_percent),
            is_measured & (is_level | at_least(now, before, policy.recover_percent)),
            can_change & at_least(now, before, policy.rise_percent),
            is_measured & (is_level | ~at_least(now, before, policy.settle_percent)),
        )


class _Change:
    """Use of three months against the three before."""

    def __init__(self, fact: npt.NDArray[np.int32]) -> None:
        self.sums = _sums(fact)

    def falls(self, back: int, is_measured: Mask, percent: int) -> Mask:
        """Tell where use fell at least that far from something."""
        if back + 3 >= len(self.sums):
            return np.zeros(len(is_measured), dtype=np.bool_)
        now, before = self.sums[back], self.sums[back + 3]
        return is_measured & at_most(now, before, percent) & (before > 0)
