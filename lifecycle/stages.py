"""Where in life a customer is (DOMAIN 4.6): a path of months, walked anew from the oldest one loaded. Pure NumPy.

Inputs: the columns of `features` and `cohort`, months of bills, use and flags, events as of today. The month's signs
come from lifecycle/signs.py; lifecycle/stage_rule.py is the whole rule, tabulated once and looked up for all.

What the handbook leaves open, we read so:
- Growth needs a bill in each of six months; without (short history, a gap) neither decline nor recovery nor rise is
  seen and tenure alone decides. On an average under 10 yuan it counts as level.
- A usage fact that has never been above zero so far is not delivered by the data, and gives no sign.
- Before their first month in network customers have no stage. Whoever joined after the newest bill is in acquisition,
  whoever the loaded months never show is in exit; unknown tenure counts as long-standing.
- A low month is one the cohort counts (low_bits); decline is entered in the month of the second or a later one.
- An eligible porting query or a downgrade brings on decline at every month end it lies within the policy's days of,
  and at the newest month as seen from today; from then on recovery ends it, like any other decline.
- Whoever recovers within the first year returns to growth.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from customers.history import SIGNAL_DAY
from cvm.lib.months import day_number, first_day, last_day
from lifecycle.details import RETURNED as DETAIL_RETURNED
from lifecycle.details import stage_detail
from lifecycle.paths import always, appended
from lifecycle.signs import Mask, MonthSigns, StageThresholds, month_signs
from lifecycle.stage_rule import (
    DECLINE_CAUSES,
    EXIT,
    EXIT_CAUSES,
    KEPT,
    NONE,
    OFF_NETWORK,
    OLDER,
    RETURNED,
    Small,
    table,
)

__all__ = ["StageMonth", "StageThresholds", "newest_stages", "stage_path", "stages"]


@dataclass
class Runs:
    """For how many months running each sign has shown, up to the month last added."""

    falls: Small
    rises: Small
    recovers: Small
    settles: Small
    silent: Small
    suspended: Small
    pre_cancelled: Small
    away: Small

    @classmethod
    def none(cls, size: int) -> Runs:
        """Return the runs before the first month."""
        return cls(*(np.zeros(size, np.int8) for _ in fields(cls)))

    def add(self, signs: MonthSigns) -> None:
        """Take one month more: a sign that shows lengthens its run, one that does not ends it."""
        shown = {
            "falls": signs.falls,
            "rises": signs.rises,
            "recovers": signs.holds & (signs.signals == 0),
            "settles": signs.settles,
            "silent": signs.is_silent,
            "suspended": signs.is_suspended,
            "pre_cancelled": signs.is_pre_cancelled,
            "away": ~signs.is_there,
        }
        for name, sign in shown.items():
            run: Small = getattr(self, name)
            run += 1
            run *= sign.view(np.int8)


@dataclass(frozen=True)
class StageMonth:
    """The stages as one month end leaves them; arrays over customers, 0 before a customer's first month.

    `runs` is good until the next step.
    """

    month: int
    stage: Small
    reason: Small
    since: npt.NDArray[np.int32]
    back_since: npt.NDArray[np.int32]  # month of the latest return from exit, 0 = none
    runs: Runs


def stages(frame: Frame, policy: StageThresholds) -> Frame:
    """Return the frame with the columns of `newest_stages` and with stage_path (lifecycle/paths.py)."""
    path = np.zeros(len(frame), np.int64)
    for newest in stage_path(frame, policy):
        path = appended(path, newest.stage)
    path[newest.stage == NONE] = always(EXIT, months=frame.months)
    return _told(frame, policy, newest).with_columns(stage_path=path)


def newest_stages(frame: Frame, policy: StageThresholds) -> Frame:
    """Return the frame with stage, stage_reason, stage_since (month ordinal, at the earliest the first loaded),
    stage_detail (lifecycle/details.py) and stage_months: for how many months running what led to exit has shown, or how
    many months ago the customer came back; 0 where neither applies.
    """
    (newest,) = deque(stage_path(frame, policy), maxlen=1)
    return _told(frame, policy, newest)


def _told(frame: Frame, policy: StageThresholds, newest: StageMonth) -> Frame:
    stage, reason, since = newest.stage, newest.reason, newest.since
    _end_unseen(stage, reason, since, frame.month)
    detail = stage_detail(frame, policy, stage=stage, reason=reason, since=since, back_since=newest.back_since)
    return frame.with_columns(
        stage=stage,
        stage_reason=reason,
        stage_since=since,
        stage_detail=detail,
        stage_months=_months(frame, newest, detail),
    )


def stage_path(frame: Frame, policy: StageThresholds) -> Iterator[StageMonth]:
    """Walk the stages month by month, oldest first; a month never depends on a later one."""
    stage, reason = np.zeros(len(frame), np.int8), np.zeros(len(frame), np.int8)
    since, low_months = np.zeros(len(frame), np.int32), np.zeros(len(frame), np.int8)
    back_since, runs = np.zeros(len(frame), np.int32), Runs.none(len(frame))
    signalled = np.zeros(len(frame), np.int32)  # the day of the latest event up to the month
    for signs in month_signs(frame, policy):
        month = frame.month - signs.back
        runs.add(signs)
        _add_events(frame, signs.back, signalled)
        situation = _situation(frame, policy, signs, runs, low_months, signalled)
        told = table().take(situation + stage.view(np.uint8))
        new_stage, new_reason = told & 7, told >> 3
        since = _marked(since, new_stage != stage, month)
        reason = _told_anew(reason, new_reason)
        back_since = _marked(back_since, new_reason == RETURNED, month)
        stage = new_stage
        yield StageMonth(month, stage, reason, since, back_since, runs)


def _situation(
    frame: Frame,
    policy: StageThresholds,
    signs: MonthSigns,
    runs: Runs,
    low_months: Small,
    signalled: npt.NDArray[np.int32],
) -> npt.NDArray[np.uint16]:
    """Return the table index of every customer but for the stage; `low_months` counts on."""
    answers = (
        runs.settles >= policy.confirm_months,
        runs.recovers >= policy.confirm_months,
        runs.rises >= policy.confirm_months,
        signs.rises,
        signs.is_back,
    )
    asked = np.zeros(len(frame), np.uint8)
    for answer in answers:
        asked += asked  # a shift, faster
        asked |= answer.view(np.uint8)
    asked *= np.uint8(OLDER + 1)
    asked += _tenure_class(frame, policy, signs.back)
    causes = _decline_cause(frame, policy, signs, runs, low_months, signalled)
    causes *= np.uint8(len(EXIT_CAUSES))
    causes += _exit_cause(policy, signs, runs)
    situation = asked.astype(np.uint16)  # in bytes as long as it fits
    situation *= np.uint16(len(DECLINE_CAUSES) * len(EXIT_CAUSES))
    situation += causes
    situation *= np.uint16(EXIT + 1)
    return situation


def _tenure_class(frame: Frame, policy: StageThresholds, back: int) -> npt.NDArray[np.uint8]:
    tenure = frame["tenure_at_month"]
    tenure_class = (tenure > policy.acquisition_months + back).astype(np.uint8)
    tenure_class += tenure > policy.growth_months + back
    return tenure_class


def _exit_cause(policy: StageThresholds, signs: MonthSigns, runs: Runs) -> npt.NDArray[np.uint8]:
    """Return positions in EXIT_CAUSES."""
    return _last_that_holds(
        runs.silent >= policy.silent_months,
        runs.suspended >= policy.suspended_months,
        signs.is_pre_cancelled,
        ~signs.is_there,
    )


def _decline_cause(
    frame: Frame,
    policy: StageThresholds,
    signs: MonthSigns,
    runs: Runs,
    low_months: Small,
    signalled: npt.NDArray[np.int32],
) -> npt.NDArray[np.uint8]:
    """Return positions in DECLINE_CAUSES."""
    return _last_that_holds(
        signs.signals >= policy.enough_signals,
        runs.falls >= policy.confirm_months,
        _is_low_again(frame, policy, signs.back, low_months),
        _has_event(frame, policy, signs.back, signalled),
    )


def _last_that_holds(first: Mask, *others: Mask | None) -> npt.NDArray[np.uint8]:
    """Return 1 where only the first holds, 2 where the second does, and so on; 0 where none."""
    told = first.astype(np.uint8)
    for position, cause in enumerate(others, start=2):
        if cause is not None:
            np.maximum(told, cause.view(np.uint8) * np.uint8(position), out=told)
    return told


def _is_low_again(frame: Frame, policy: StageThresholds, back: int, low_months: Small) -> Mask | None:
    """Tell whose month is a counted low month and makes enough of the cohort's year; `low_months` counts on."""
    month = frame.month - back
    if month // 12 != frame.month // 12:
        return None
    is_low = ((frame["low_bits"] >> np.int16(month % 12)) & 1).astype(np.bool_)
    low_months += is_low
    return is_low & (low_months >= policy.low_months)


def _add_events(frame: Frame, back: int, signalled: npt.NDArray[np.int32]) -> None:
    """Write the day of the month's latest event over an earlier one; few customers have any."""
    of_month = frame.history[SIGNAL_DAY][back]
    rows = np.flatnonzero(of_month > 0)
    signalled[rows] = of_month[rows] + np.int32(day_number(first_day(frame.month - back)) - 1)


def _told_anew(reason: Small, new_reason: Small) -> Small:
    """Return the new reason where there is one, else the one before; byte by byte, as `where` is slow on bytes."""
    is_kept = np.negative((new_reason == KEPT).view(np.int8))  # all bits set, or none
    told: Small = new_reason | (reason & is_kept)
    return told


def _marked(months: npt.NDArray[np.int32], where: Mask, month: int) -> npt.NDArray[np.int32]:
    """Return the months with this one where told; the given ones stay as they were."""
    if not where.any():
        return months
    marked = months.copy()
    np.copyto(marked, np.int32(month), where=where)
    return marked


def _has_event(frame: Frame, policy: StageThresholds, back: int, signalled: npt.NDArray[np.int32]) -> Mask:
    if back:
        oldest = day_number(last_day(frame.month - back)) - policy.event_days
        was_there: Mask = signalled >= oldest
        return was_there
    oldest = max(frame.today - policy.event_days, 1)
    return (frame["porting_eligible_day"] >= oldest) | (frame["downgrade_day"] >= oldest)


def _months(frame: Frame, newest: StageMonth, detail: Small) -> Small:
    """Return the length of the run behind the exit's reason, or the months since the return."""
    runs, has_left = newest.runs, newest.stage == EXIT
    held: list[Any] = [runs.silent, runs.suspended, runs.pre_cancelled, runs.away]
    by: list[Any] = [has_left & (newest.reason == reason) for reason in EXIT_CAUSES[1:]]
    returned = np.where(detail == DETAIL_RETURNED, frame.month - newest.back_since, 0)
    return np.select(by, held, returned).astype(np.int8)


def _end_unseen(stage: Small, reason: Small, since: npt.NDArray[np.int32], month: int) -> None:
    """Whoever no loaded month shows in network has left before."""
    is_unseen = stage == NONE
    stage[is_unseen], reason[is_unseen], since[is_unseen] = EXIT, OFF_NETWORK, month
