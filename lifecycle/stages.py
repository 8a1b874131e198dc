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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from cvm.lib.bits import Bits, Counted, Numbers, Running, any_of, nowhere, packed, unpacked
from lifecycle.details import RETURNED as DETAIL_RETURNED
from lifecycle.details import stage_detail
from lifecycle.paths import always, appended
from lifecycle.signs import MonthSigns, Signs, StageThresholds
from lifecycle.stage_rule import (
    DECLINE_CAUSES,
    EXIT,
    EXIT_CAUSES,
    NONE,
    OFF_NETWORK,
    RECOVERED,
    Placed,
    Situation,
    next_stage,
)

__all__ = ["StageMonth", "StageThresholds", "newest_stages", "stage_path", "stages"]

Small = npt.NDArray[np.int8]
Months = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Runs:
    """The signs that count when they show for months running."""

    falls: Running
    rises: Running
    recovers: Running
    settles: Running
    silent: Running
    suspended: Running

    @classmethod
    def none(cls, policy: StageThresholds, *, like: Bits) -> Runs:
        """Return the runs before the first month."""
        confirmed = Running.of(policy.confirm_months, like=like)
        silent, suspended = (Running.of(most, like=like) for most in (policy.silent_months, policy.suspended_months))
        return cls(confirmed, confirmed, confirmed, confirmed, silent, suspended)

    def and_then(self, signs: MonthSigns) -> Runs:
        """Return the runs with one month more."""
        return Runs(
            falls=self.falls.and_then(signs.falls),
            rises=self.rises.and_then(signs.rises),
            recovers=self.recovers.and_then(signs.holds & ~any_of(*signs.signals)),
            settles=self.settles.and_then(signs.settles),
            silent=self.silent.and_then(signs.is_silent),
            suspended=self.suspended.and_then(signs.is_suspended),
        )


@dataclass(frozen=True)
class StageMonth:
    """The stages as one month end leaves them. In bits, and what is asked for is worked out then, as arrays over customers.

    All are 0 before a customer's first month; months are ordinals.
    """

    month: int
    place: int  # among the loaded months: 1 is the oldest
    months: int  # loaded
    size: int
    by_stage: Mapping[int, Bits]
    placed: Placed
    leaving: Mapping[int, Bits]  # by reason the signs of the month that lead to exit when they last
    earlier: StageMonth | None

    @property
    def stage(self) -> Small:
        found = np.zeros(self.size, np.int8)
        for stage, bits in self.by_stage.items():
            if stage != NONE:
                found += unpacked(bits, self.size) * np.int8(stage)
        return found

    @property
    def reason(self) -> Small:
        return self._reasons.unpacked(self.size)

    @property
    def since(self) -> Months:
        """Return the month of the latest change."""
        return self._months(self._changes)

    @property
    def left_by(self) -> Small:
        """Return the reason of who is in exit; of others, of the latest time."""
        return self._reasons_of_exit.unpacked(self.size)

    @property
    def left_since(self) -> Months:
        """Return the month of the latest way into exit."""
        return self._months(self._exits)

    @property
    def back_since(self) -> Months:
        """Return the month of the latest return from exit."""
        return self._months(self._returns)

    @cached_property
    def _reasons(self) -> Numbers:
        before = self.earlier._reasons if self.earlier else Numbers.zeros(RECOVERED, self.size)
        return before.told(self.placed.reasons())

    @cached_property
    def _changes(self) -> Numbers:
        before = self.earlier._changes if self.earlier else self._no_month
        return before.told({self.place: any_of(*(self._entered(stage) for stage in self.by_stage))})

    @cached_property
    def _reasons_of_exit(self) -> Numbers:
        before = self.earlier._reasons_of_exit if self.earlier else Numbers.zeros(max(EXIT_CAUSES), self.size)
        return before.told(self.placed.reasons_of_exit())

    @cached_property
    def _exits(self) -> Numbers:
        before = self.earlier._exits if self.earlier else self._no_month
        return before.told({self.place: self._entered(EXIT)})

    @cached_property
    def _returns(self) -> Numbers:
        before = self.earlier._returns if self.earlier else self._no_month
        return before.told({self.place: self.placed.returns})

    @property
    def _no_month(self) -> Numbers:
        return Numbers.zeros(self.months, self.size)

    def _entered(self, stage: int) -> Bits:
        return self.by_stage[stage] & ~self.placed.before[stage]

    def _months(self, told: Numbers) -> Months:
        found = told.unpacked(self.size).astype(np.int32)
        return found + (found > 0) * np.int32(self.month - self.place)


def stages(frame: Frame, policy: StageThresholds) -> Frame:
    """Return the frame with the columns of `newest_stages` and with stage_reason, stage_since (month ordinal, at the
    earliest the first loaded), stage_path (lifecycle/paths.py) and stage_months: for how many months running what led to
    exit has shown, or how many months ago the customer came back; 0 where neither applies.
    """
    path, leaving = np.zeros(len(frame), np.int64), []
    for newest in stage_path(frame, policy):
        path = appended(path, newest.stage)
        leaving.append(newest.leaving)
    reason, since, back_since = newest.reason, newest.since, newest.back_since
    is_unseen = unpacked(newest.by_stage[NONE], len(frame))
    path[is_unseen] = always(EXIT, months=frame.months)
    reason[is_unseen], since[is_unseen] = OFF_NETWORK, frame.month
    frame = _told(frame, policy, newest)
    months = np.where(frame["stage_detail"] == DETAIL_RETURNED, frame.month - back_since, 0).astype(np.int8)
    months += _running(frame["stage"], reason, leaving)
    return frame.with_columns(stage_reason=reason, stage_since=since, stage_path=path, stage_months=months)


def newest_stages(frame: Frame, policy: StageThresholds, *, signs: Signs | None = None) -> Frame:
    """Return the frame with stage and stage_detail (lifecycle/details.py), for whoever tries many policies."""
    (newest,) = deque(stage_path(frame, policy, signs=signs), maxlen=1)
    return _told(frame, policy, newest)


def _told(frame: Frame, policy: StageThresholds, newest: StageMonth) -> Frame:
    stage, back_since = newest.stage, newest.back_since
    stage[stage == NONE] = EXIT  # whoever no loaded month shows in network has left before
    detail = np.zeros(len(frame), np.int8)
    rows = np.flatnonzero((stage == EXIT) | (back_since > 0))  # others have none
    reason, since = newest.left_by[rows], newest.left_since[rows]
    reason[reason == 0], since[since == 0] = OFF_NETWORK, frame.month
    detail[rows] = stage_detail(
        frame, policy, rows=rows, stage=stage[rows], reason=reason, since=since, back_since=back_since[rows]
    )
    return frame.with_columns(stage=stage, stage_detail=detail)


def stage_path(frame: Frame, policy: StageThresholds, *, signs: Signs | None = None) -> Iterator[StageMonth]:
    """Walk the stages month by month, oldest first; a month never depends on a later one.

    `signs` are those of the frame, for whoever tries many policies on it.
    """
    size, nobody = len(frame), nowhere(len(frame))
    by_stage: Mapping[int, Bits] = {stage: ~nobody if stage == NONE else nobody for stage in range(EXIT + 1)}
    runs, low_months, step = Runs.none(policy, like=nobody), Counted.up_to(policy.low_months, like=nobody), None
    for month in (signs or Signs(frame)).under(policy):
        runs, low_months = runs.and_then(month), low_months.and_then(month.is_low)
        placed = next_stage(by_stage, _situation(policy, month, runs, low_months))
        by_stage = placed.stages()
        step = StageMonth(
            month=frame.month - month.back,
            place=frame.months - month.back,
            months=frame.months,
            size=size,
            by_stage=by_stage,
            placed=placed,
            leaving=dict(zip(EXIT_CAUSES, _leaving(month), strict=True)),
            earlier=step,
        )
        yield step


def _leaving(signs: MonthSigns) -> tuple[Bits, Bits, Bits, Bits]:
    return signs.is_silent, signs.is_suspended, signs.is_pre_cancelled, ~signs.is_there


def _situation(policy: StageThresholds, signs: MonthSigns, runs: Runs, low_months: Counted) -> Situation:
    signals = Counted.up_to(policy.enough_signals, like=signs.falls)
    for signal in signs.signals:
        signals = signals.and_then(signal)
    leaves = (runs.silent.holds, runs.suspended.holds, signs.is_pre_cancelled, ~signs.is_there)
    declines = (signals.is_enough, runs.falls.holds, signs.is_low & low_months.is_enough, signs.has_event)
    return Situation(
        exit_causes=dict(zip(EXIT_CAUSES, leaves, strict=True)),
        decline_causes=dict(zip(DECLINE_CAUSES, declines, strict=True)),
        is_newcomer=signs.is_newcomer,
        is_in_first_year=signs.is_in_first_year,
        is_back=signs.is_back,
        rises=signs.rises,
        rises_again=runs.rises.holds,
        recovers=runs.recovers.holds,
        settles=runs.settles.holds,
    )


def _running(stage: Small, reason: Small, leaving: Sequence[Mapping[int, Bits]]) -> Small:
    """Return for how many months, the newest last, what led to exit has shown; 0 outside."""
    whose = {why: packed((stage == EXIT) & (reason == why)) for why in EXIT_CAUSES}
    months, shows = np.zeros(len(stage), np.int8), any_of(*whose.values())
    for signs in reversed(leaving):
        shows = shows & any_of(*(whose[why] & signs[why] for why in EXIT_CAUSES))
        if not shows.any():
            break
        months += unpacked(shows, len(stage))
    return months
