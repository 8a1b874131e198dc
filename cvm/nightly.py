"""The whole night on one screen.

    start_night ─▶ train ─▶ buckets (all at once, on all workers) ─▶ merge ─▶ index ─▶ check ─▶ publish

The ledger (`Run`, `RunBucket`) decides what is next, never the queue: a task looks at the ledger, does what it finds
there and moves it on in one transaction. So a task may come twice, late or not at all; `sweep` sends again what
stands still. Whatever fails, the run fails with its reason, and the pages keep yesterday's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from celery import shared_task
from celery.signals import worker_ready
from django.db import transaction
from django.utils import timezone

from customers import noting
from customers.keeping import tidy_usage
from customers.models import Run, Staff
from cvm.night import (
    buckets,
    changes,
    clearing,
    concentration,
    ledger,
    older,
    partition,
    sending,
    service,
    steering,
    vintages,
)
from cvm.night.balance import check
from cvm.night.errors import NightError, QueueUnavailable
from cvm.night.guarding import TRANSIENT, guarded
from cvm.night.merging import merge
from cvm.night.opening import open_run
from cvm.night.publishing import publish
from cvm.night.training import train
from cvm.night.watching import last_progress
from lifecycle import stage_frame
from segmentation import ladder_frame

STANDS_STILL = dt.timedelta(minutes=2)
TRIES: dict[str, Any] = {"autoretry_for": TRANSIENT, "retry_backoff": 1, "retry_backoff_max": 30, "max_retries": 5}


class Step(NamedTuple):
    """One stage of a run: what a single task does in one transaction, and the stage after it."""

    work: Callable[[Run, dt.datetime], None]
    then: str


STEPS = {
    "train": Step(lambda run, at: train(run, at=at), then="buckets"),
    # "buckets": many tasks, below; the last of them moves the run to "merge"
    "merge": Step(lambda run, at: merge(run), then="index"),
    "index": Step(lambda run, at: _index(run), then="check"),
    "check": Step(lambda run, at: _check(run), then="publish"),
    "publish": Step(lambda run, at: publish(run, at=at), then=ledger.DONE),
}


def _index(run: Run) -> None:
    """Make the finished table quick to read, and count from it what no sum of buckets can say."""
    partition.build_indexes(run.pk)
    concentration.write(run)
    service.write(run)
    steering.write(run)
    vintages.write(run)


def _check(run: Run) -> None:
    """Balance the books; then make ready what the first page after the night would wait for."""
    check(run)
    ladder_frame.join_parts(run)
    stage_frame.join_parts(run)


def start_night(
    *, as_of: dt.date, requested_by: Staff | None = None, reason: str = "", accept_fewer: bool = False
) -> Run:
    """Open the run of a day and send its first step.

    Raises NightAlreadyRunning, NothingToDo, PolicyMissing, or QueueUnavailable (the run is then marked failed).
    """
    clearing.clear_failed()
    run = open_run(as_of=as_of, requested_by=requested_by, reason=reason, at=timezone.now(), accept_fewer=accept_fewer)
    try:
        sending.send_step(run.pk)
    except QueueUnavailable as error:
        ledger.fail(run.pk, error, at=timezone.now())
        clearing.clear_failed()
        raise
    return run


@shared_task(bind=True, **TRIES)
def step(self: Any, run_id: int) -> None:
    """Take the run from stage to stage as far as one task can."""
    with guarded(run_id, task=self):
        while _do_stage(run_id):
            pass


def _do_stage(run_id: int) -> bool:
    """Do what the run stands at, in one transaction; False when nothing here is left to do."""
    stage = Run.objects.values_list("stage", flat=True).get(pk=run_id)
    if stage == "buckets":
        sending.send_buckets(run_id, buckets.waiting(run_id))
    if stage not in STEPS:
        return False
    with transaction.atomic():
        run = ledger.hold(run_id, stage=stage)
        if run is None:
            return False
        STEPS[stage].work(run, timezone.now())
        ledger.move(run, to=STEPS[stage].then, at=timezone.now())
    if STEPS[stage].then == ledger.DONE:
        partition.tidy()
        changes.tidy(run.as_of)
        noting.tidy(as_of=run.as_of, kept=partition.kept_runs())
        tidy_usage(run.as_of)
        steering.tidy()
        older.tidy()
    return True


@shared_task(bind=True, **TRIES)
def bucket(self: Any, run_id: int, number: int) -> None:
    """Compute one bucket in one transaction; whoever finishes the last one sends the next step."""
    with guarded(run_id, task=self):
        if not buckets.count_attempt(run_id, number):
            return
        with transaction.atomic():
            if buckets.work(run_id, number, clock=timezone.now):
                sending.after_commit(partial(sending.send_step, run_id))


@shared_task
def tonight() -> None:
    """Start the night of today's date; what stands in its way is for the log."""
    try:
        start_night(as_of=timezone.localdate(), reason="schedule")
    except NightError as error:
        ledger.log.error("the night did not start: %s", error)


@shared_task
def sweep(*, is_start: bool = False) -> None:
    """Send again the work of a run that stands still: at once when a worker starts, else after two minutes."""
    run = Run.objects.filter(status=Run.Status.RUNNING).first()
    if run and (is_start or timezone.now() - last_progress(run) > STANDS_STILL):
        sending.send_step(run.pk)


@worker_ready.connect
def _sweep_at_start(**_: Any) -> None:
    sweep.delay(is_start=True)
