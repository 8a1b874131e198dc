"""Red, orange, yellow (DOMAIN 4.5): who needs a call, how soon, and up to three reasons with their values.

Days are day numbers, money is fen, all comparisons are exact integers. A customer enters a level when any clause
of it holds, and leaves it only after `hold_days` without a cause of that level. Off network there is no warning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from customers.frame import Column, Frame
from customers.history import ARREARS

NONE, YELLOW, ORANGE, RED = 0, 1, 2, 3  # retention.models.WarningLevel
REASONS = 3  # reasons kept per customer

# retention.models.Reason
PORTING_ELIGIBLE, CANCEL_REQUEST, SCORE, SILENT_DAYS, BUNDLE_ENDS, MAJOR_COMPLAINT = 1, 2, 3, 4, 5, 6
PORTING_BLOCKED, LOW_MONTHS, SPEND_DROP, DOWNGRADE_REQUEST, ARREARS_REASON, COMPLAINTS = 7, 8, 9, 10, 11, 12
PRE_CANCELLED, HELD = 13, 14

PORTING_DAYS = 7  # an eligible query or an issued code is red so long
RECENT_DAYS = 30  # a blocked query, a cancel or downgrade request counts so long
SILENT = (7, 15, 30)  # days without a call: yellow, orange, red
ENDING = (90, 30, 7)  # days to the end of the last bundle: yellow, orange, red (red with a score as well)
SPEND_SHARES = ((7, YELLOW), (5, ORANGE))  # tenths of the average of the three months before

STATE_ONE_WAY, STATE_SUSPENDED, STATE_PRE_CANCEL = 2, 3, 5  # customers.Customer.State
MAJOR = 3  # customers.Complaint.Level
PASSIVE = 2  # customers.Customer.Loyalty
CODE_A, CODE_B = 1, 2  # segmentation.Code
NEVER_ENDS = 2**30


@dataclass(frozen=True)
class WarningTerms:
    """The thresholds of one version of the warning policy, as plain values (retention.models.WarningPolicy)."""

    red_score: int = 80
    orange_score: int = 60
    yellow_score: int = 40
    bundle_red_score: int = 50
    extra_score: int = 10
    hold_days: int = 14


@dataclass(frozen=True)
class Clause:
    """One cause: its level per customer (0 = not present) and the value that crossed the line."""

    reason: int
    level: npt.NDArray[np.int8]
    value: Column


def warnings(frame: Frame, policy: WarningTerms) -> Frame:
    """Return the frame with `score`, `warning`, `warning_day`, `reason_1..3` and `value_1..3`.

    Needs `base_score`, `is_in_network`, `code`, `cohort_state`, `low_months`, and the verdicts of the night before
    in `previous_warning`, `previous_warning_day` (0 = none). `score` is `base_score` plus the policy's points for
    passive loyalty or an ended bundle. `warning_day` is the last day a cause of the level was present. Reasons
    stand by severity; a level that is only held says so in its first reason.
    """
    scored = frame.with_columns(score=_score(frame, policy))
    present = _present(scored, policy)
    caused = np.zeros(len(frame), dtype=np.int8)
    for clause in present:
        np.maximum(caused, clause.level, out=caused)
    level, day = _hold(scored, caused, policy.hold_days)
    return scored.with_columns(warning=level, warning_day=day, **_reasons(scored, present, caused, level, day))


def _score(frame: Frame, policy: WarningTerms) -> npt.NDArray[np.int16]:
    loose = (frame["loyalty"] == PASSIVE) | (frame["bundle_ended_day"] > 0)
    raised = np.minimum(frame["base_score"] + np.where(loose, policy.extra_score, 0), 100)
    return np.where(frame["is_in_network"], raised, 0).astype(np.int16)


def _present(frame: Frame, policy: WarningTerms) -> list[Clause]:
    """Return every clause with levels cut to who is in network, the more telling causes first."""
    here = frame["is_in_network"].astype(np.int8)
    return [Clause(clause.reason, clause.level * here, clause.value) for clause in _clauses(frame, policy)]


def _clauses(frame: Frame, policy: WarningTerms) -> Iterator[Clause]:
    yield _recent(frame, PORTING_ELIGIBLE, "porting_eligible_day", PORTING_DAYS, RED)
    yield _recent(frame, CANCEL_REQUEST, "cancel_day", RECENT_DAYS, RED)
    yield Clause(PRE_CANCELLED, _flag(frame["state"] == STATE_PRE_CANCEL, RED), np.zeros(len(frame), dtype=np.int32))
    yield _major_complaint(frame)
    yield _silence(frame)
    yield _bundle(frame, policy)
    yield _scored(frame, policy)
    yield _recent(frame, PORTING_BLOCKED, "porting_blocked_day", RECENT_DAYS, ORANGE)
    yield _recent(frame, DOWNGRADE_REQUEST, "downgrade_day", RECENT_DAYS, ORANGE)
    yield _low_months(frame)
    yield _spend_drop(frame)
    yield _arrears(frame)
    yield Clause(COMPLAINTS, _flag(frame["complaints_30d"] >= 2, YELLOW), frame["complaints_30d"])


def _recent(frame: Frame, reason: int, name: str, days: int, level: int) -> Clause:
    """Something happened on the column's day, at most `days` ago; the value is days ago."""
    ago = frame.today - frame[name]
    return Clause(reason, _flag((frame[name] > 0) & (ago >= 0) & (ago <= days), level), ago)


def _major_complaint(frame: Frame) -> Clause:
    is_open = frame["open_complaint_level"] >= MAJOR
    return Clause(MAJOR_COMPLAINT, _flag(is_open, RED), frame.today - frame["open_complaint_day"])


def _silence(frame: Frame) -> Clause:
    """Days since the last call, only where the last call is known."""
    days = frame.today - frame["last_call_day"]
    yellow, orange, red = (days >= line for line in SILENT)
    known = frame["last_call_day"] > 0
    return Clause(SILENT_DAYS, _ladder(known & yellow, known & orange, known & red), days)


def _bundle(frame: Frame, policy: WarningTerms) -> Clause:
    """Days to the end of the last running bundle; that it is the last one means there is no successor."""
    left = frame["bundle_end_day"] - frame.today
    is_running = (frame["bundle_end_day"] > 0) & (frame["bundle_end_day"] != NEVER_ENDS) & (left >= 0)
    yellow, orange, red = (is_running & (left <= line) for line in ENDING)
    return Clause(BUNDLE_ENDS, _ladder(yellow, orange, red & (frame["score"] >= policy.bundle_red_score)), left)


def _scored(frame: Frame, policy: WarningTerms) -> Clause:
    lines = (policy.yellow_score, policy.orange_score, policy.red_score)
    return Clause(SCORE, _ladder(*(frame["score"] >= line for line in lines)), frame["score"])


def _low_months(frame: Frame) -> Clause:
    """Low months of a cohort member this year: outside the cohort the retention line means nothing."""
    low = np.where(frame["cohort_state"] > 0, frame["low_months"], 0)
    return Clause(LOW_MONTHS, _ladder(low >= 1, low >= 2, np.False_), low)


def _spend_drop(frame: Frame) -> Clause:
    """The newest bill against the average of the three before: now <= share/10 * before/3. Value: percent, down."""
    if frame.months < 4:
        return Clause(SPEND_DROP, np.zeros(len(frame), dtype=np.int8), np.zeros(len(frame), dtype=np.int32))
    now = frame.history["arpu_fen"][0].astype(np.int64)
    before = frame.history["arpu_fen"][1:4].sum(axis=0, dtype=np.int64)
    level = np.zeros(len(frame), dtype=np.int8)
    for share, reached in SPEND_SHARES:
        level[(before > 0) & (30 * now <= share * before)] = reached
    percent = 300 * now // np.maximum(before, 1)
    return Clause(SPEND_DROP, level, percent.clip(-999, 999))


def _arrears(frame: Frame) -> Clause:
    """Suspended now, with money owed at the end of the newest month, and worth a call (code A or B)."""
    state, code = frame["state"], frame["code"]
    is_suspended = (state == STATE_ONE_WAY) | (state == STATE_SUSPENDED)
    owes = frame.history["flags"][0] & ARREARS != 0
    valued = (code == CODE_A) | (code == CODE_B)
    return Clause(ARREARS_REASON, _flag(is_suspended & owes & valued, ORANGE), np.zeros(len(frame), dtype=np.int32))


def _flag(mask: npt.NDArray[np.bool_], level: int) -> npt.NDArray[np.int8]:
    return mask.astype(np.int8) * np.int8(level)


def _ladder(yellow: Column, orange: Column, red: Column | np.bool_) -> npt.NDArray[np.int8]:
    """Return 0..3 where each step implies the one below."""
    return np.where(red, RED, np.where(orange, ORANGE, yellow.astype(np.int8))).astype(np.int8)


def _hold(frame: Frame, caused: npt.NDArray[np.int8], hold_days: int) -> tuple[Column, Column]:
    """Return level and day after hysteresis: a higher earlier level stays until its cause is `hold_days` gone.

    Then the customer falls to whatever is caused today, not step by step.
    """
    earlier, since = frame["previous_warning"], frame["previous_warning_day"]
    is_held = frame["is_in_network"] & (earlier > caused) & (frame.today - since < hold_days)
    level = np.where(is_held, earlier, caused).astype(np.int16)
    day = np.where(is_held, since, np.where(caused > 0, frame.today, 0)).astype(np.int32)
    return level, day


def _reasons(
    frame: Frame, clauses: list[Clause], caused: npt.NDArray[np.int8], level: Column, day: Column
) -> dict[str, Column]:
    """Return reason_1..3 and value_1..3: first that a level is held, then causes by level, then in clause order."""
    reasons = np.zeros((REASONS, len(frame)), dtype=np.int16)
    values = np.zeros((REASONS, len(frame)), dtype=np.int32)
    filled = np.zeros(len(frame), dtype=np.int8)
    held = np.flatnonzero(level > caused)
    _place(reasons, values, filled, held, HELD, (frame.today - day)[held])
    for severity in (RED, ORANGE, YELLOW):
        for clause in clauses:
            rows = np.flatnonzero(clause.level == severity)
            rows = rows[filled[rows] < REASONS]
            _place(reasons, values, filled, rows, clause.reason, clause.value[rows])
    columns: dict[str, Column] = {f"reason_{place + 1}": reasons[place] for place in range(REASONS)}
    return columns | {f"value_{place + 1}": values[place] for place in range(REASONS)}


def _place(
    reasons: npt.NDArray[np.int16],
    values: npt.NDArray[np.int32],
    filled: npt.NDArray[np.int8],
    rows: npt.NDArray[np.intp],
    reason: int,
    value: Column,
) -> None:
    """Write a reason into the next free place of these rows."""
    reasons[filled[rows], rows] = reason
    values[filled[rows], rows] = value
    filled[rows] += 1
