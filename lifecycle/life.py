"""One customer's stage and the reason for it at each past month end: the night's own rule, walked for one.

Stages are those the night packed (`Standing.stage_path`). A reason is shown where walking the customer's bills of today
comes to the same stage; where they were corrected since and it does not, the night's stage stands without one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from customers import blocks
from customers.features import features
from customers.frame import Frame
from customers.history import FACTS, SIGNAL_DAY
from customers.loading.events import SIGNAL_DAYS
from customers.models import Customer, MonthlyBill, Standing
from cvm.lib.months import day_number, month_of
from lifecycle.models import Stage, StageReason
from lifecycle.paths import stage_at, told_months
from lifecycle.signs import StageThresholds
from lifecycle.stages import stage_path
from segmentation.cohort import CohortTerms, cohort

MONTHS = 24  # of bills a night looks at (customers.frames.HISTORY_MONTHS)


@dataclass(frozen=True)
class LifeMonth:
    """One month end; `reason` is empty where the bills of today lead to another stage than the night's."""

    month: int
    stage: int
    reason: str
    has_moved: bool  # another stage than the month before


def life(
    standing: Standing,
    customer: Customer,
    *,
    bills: Sequence[MonthlyBill],
    signalled: Iterable[dt.date],
    plan: Mapping[str, Any],
    as_of: dt.date,
    month: dt.date,
) -> list[LifeMonth]:
    """Return the month ends the night tells of, newest first; `signalled`: days of porting queries and downgrades."""
    newest = month_of(month)
    frame = _frame(standing, customer, bills, [day for day in signalled if day <= as_of], as_of=as_of, newest=newest)
    # the night's own word on who belongs to the cohort since when
    terms = replace(CohortTerms(**plan["cohort"]), frozen_through=newest)
    walked = {
        step.month: (int(step.stage[0]), int(step.reason[0]))
        for step in stage_path(cohort(features(frame), terms), StageThresholds(**plan["stage"]))
    }
    reach = told_months(plan["history_months"])
    path = np.array([standing.stage_path], np.int64)
    stages = [int(stage_at(path, back=back)[0]) for back in range(reach)]
    return [
        LifeMonth(
            month=newest - back,
            stage=stage,
            reason=_words(stage, *walked[newest - back]),
            has_moved=back + 1 < reach and stage != stages[back + 1],
        )
        for back, stage in enumerate(stages)
        if stage in Stage.values
    ]


def _words(stage: int, walked: int, reason: int) -> str:
    return str(StageReason(reason).label) if stage == walked and reason in StageReason.values else ""


def _frame(
    standing: Standing,
    customer: Customer,
    bills: Sequence[MonthlyBill],
    signalled: Sequence[dt.date],
    *,
    as_of: dt.date,
    newest: int,
) -> Frame:
    last = max((day for day in signalled if (as_of - day).days <= SIGNAL_DAYS), default=None)
    columns = {
        "id": np.array([customer.pk], np.int32),
        "join_day": np.array([day_number(customer.join_date)], np.int32),
        "state": np.array([standing.state], np.int16),
        "is_special": np.zeros(1, np.bool_),
        "frozen_entry": np.array([standing.cohort_entry], np.int32),
        "porting_eligible_day": np.array([day_number(last) if last else 0], np.int32),
        "downgrade_day": np.zeros(1, np.int32),
    }
    return Frame(as_of, newest, columns, _history(bills, signalled, newest=newest))


def _history(
    bills: Sequence[MonthlyBill], signalled: Sequence[dt.date], *, newest: int
) -> dict[str, np.ndarray[Any, Any]]:
    history = {fact: np.zeros((MONTHS, 1), np.int32) for fact in (*FACTS, SIGNAL_DAY)}
    known = [bill for bill in bills if 0 <= newest - month_of(bill.month) < MONTHS]
    back = [newest - month_of(bill.month) for bill in known]
    for fact in FACTS:
        if fact != "flags":
            history[fact][back, 0] = [getattr(bill, fact) for bill in known]
    history["flags"][back, 0] = blocks.flags_of(
        state=np.array([bill.state for bill in known], np.int16),
        is_signed=np.array([bill.is_signed for bill in known], np.bool_),
        owed_fen=np.array([bill.owed_fen for bill in known], np.int64),
    )
    for day in sorted(signalled):
        if 0 <= newest - month_of(day) < MONTHS:
            history[SIGNAL_DAY][newest - month_of(day), 0] = day.day
    return history
