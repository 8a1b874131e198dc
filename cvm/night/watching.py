"""How far a run is: for the terminal, the pages and the message to who starts a second one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Max, Q, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import Run, RunBucket
from cvm.night.errors import sentence_of

STAGES: dict[str, Promise | str] = {
    "train": _("Learning the churn model"),
    "buckets": _("Computing customers"),
    "merge": _("Adding up and ranking"),
    "index": _("Indexing"),
    "check": _("Checking the balance"),
    "publish": _("Publishing"),
    "done": _("Published"),
}
AFTER_BUCKETS = {"merge": 92, "index": 94, "check": 97, "publish": 99, "done": 100}


@dataclass(frozen=True)
class Progress:
    """One look at a run: `percent` grows from 0 to 100, `rows_per_second` counts the buckets stage only."""

    stage: str
    done: int
    total: int
    percent: int
    customers: int
    rows_per_second: int

    @property
    def stage_name(self) -> str:
        """Return the stage in the reader's language."""
        return str(STAGES[self.stage])


def progress(run: Run) -> Progress:
    """Return how far the run is; one query."""
    seen = RunBucket.objects.filter(run=run).aggregate(
        total=Count("pk"),
        done=Count("pk", filter=Q(status=RunBucket.Status.DONE)),
        customers=Sum("customers", default=0),
        last=Max("finished_at"),
    )
    return Progress(
        stage=run.stage,
        done=seen["done"],
        total=seen["total"],
        percent=AFTER_BUCKETS.get(run.stage, _share(seen["done"], seen["total"])),
        customers=seen["customers"],
        rows_per_second=_rate(run, seen["customers"], seen["last"]),
    )


def entered(run: Run, stage: str) -> dt.datetime | None:
    """Return when the run entered a stage, None if it has not."""
    text = run.summary.get("entered", {}).get(stage)
    return dt.datetime.fromisoformat(text) if text else None


def last_progress(run: Run) -> dt.datetime:
    """Return when anything last moved in the run."""
    moments = [
        run.started_at,
        *(dt.datetime.fromisoformat(text) for text in run.summary.get("entered", {}).values()),
    ]
    finished = RunBucket.objects.filter(run=run).aggregate(last=Max("finished_at"))["last"]
    return max([*moments, finished] if finished else moments)


def failure(run: Run) -> str:
    """Return why a run failed, in the reader's language; empty when it did not."""
    record = run.summary.get("failure")
    return sentence_of(record) if record else ""


def _share(done: int, total: int) -> int:
    # learning takes the first two percent, the buckets the next ninety
    return 2 + 90 * done // total if done else 0


def _rate(run: Run, customers: int, last: dt.datetime | None) -> int:
    began = entered(run, "buckets")
    if began is None or last is None or last <= began:
        return 0
    return int(customers / (last - began).total_seconds())
