"""Reads of the stages as a run wrote them."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F, Q
from django.db.models.lookups import In

from customers.models import Run
from cvm.lib.months import month_of
from lifecycle.paths import masked, told_months

NOBODY = Q(customer_id__in=[])


def told_of(run: Run) -> int:
    """Return for how many month ends, the newest first, a run tells the stage; 1 for runs of before the paths."""
    return told_months(run.plan.get("history_months", 1))


def stood_in(run: Run, *, month: int, stages: Iterable[int]) -> Q:
    """Return the condition on a standing of a run that its customer was in one of these stages at a month end; 0 = none yet.

    Months the run does not tell let nobody through.
    """
    mask, values = stage_bits(run, month=month, stages=stages)
    return Q(In(F("stage_path").bitand(mask), values)) if values else NOBODY


def stage_bits(run: Run, *, month: int, stages: Iterable[int]) -> tuple[int, list[int]]:
    """Return the mask of a run's paths, and its values for whoever was in one of these stages at a month end."""
    back = month_of(run.month) - month
    return masked(back, stages) if 0 <= back < told_of(run) else (0, [])
