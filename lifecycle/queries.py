"""Reads of the stages as a run wrote them."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F, QuerySet

from customers.models import Run, Standing
from lifecycle.paths import masked, told_months


def told_of(run: Run) -> int:
    """Return for how many month ends, the newest first, a run tells the stage; 1 for runs of before the paths."""
    return told_months(run.plan.get("history_months", 1))


def standing_at(standings: QuerySet[Standing], *, back: int, stages: Iterable[int]) -> QuerySet[Standing]:
    """Keep the customers who were in one of these stages so many months before the newest of their run; 0 = none yet."""
    mask, values = masked(back, stages)
    return standings.alias(**{f"stage_{back}": F("stage_path").bitand(mask)}).filter(**{f"stage_{back}__in": values})
