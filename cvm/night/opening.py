"""Open a run: check there is something to do, fix the plan, make the ledger rows and the table. One transaction."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Count, Max, Q

from customers import audit
from customers.history import bucket_of
from customers.importing.batches import await_import
from customers.models import Customer, HistoryBlock, Run, RunBucket, Staff
from cvm.lib.months import first_day, last_day, month_of
from cvm.night import partition
from cvm.night.errors import ImportRuns, NightAlreadyRunning, NothingToDo
from cvm.night.ledger import FIRST
from cvm.night.plan import fix_plan
from cvm.night.watching import progress
from lifecycle.stage_actions import STAGES
from segmentation.actions import activate_due

ONE_AT_A_TIME = "run_one_at_a_time"


def open_run(
    *, as_of: dt.date, requested_by: Staff | None, reason: str, at: dt.datetime, accept_fewer: bool = False
) -> Run:
    """Open the run of a day; raises NightAlreadyRunning, NothingToDo or PolicyMissing and leaves nothing behind.

    `accept_fewer`: somebody looked and says that the customers who vanished since the last night really did.
    """
    with transaction.atomic():
        _await_import()
        month = newest_closed_month(as_of)
        # A record merged into another is counted with it, and stands nowhere by itself.
        people = Customer.objects.aggregate(count=Count("pk", filter=Q(merged_into=None)), last=Max("pk"))
        if month is None or not people["count"]:
            raise NothingToDo(customers=people["count"], as_of=as_of)
        activate_due(on=as_of, at=at)
        STAGES.activate_due(on=as_of, at=at)
        plan = fix_plan(as_of=as_of, month=month) | {"last_customer": people["last"], "accept_fewer": accept_fewer}
        run = _insert(
            as_of=as_of,
            month=month,
            plan=plan,
            customers=people["count"],
            requested_by=requested_by,
            at=at,
        )
        RunBucket.objects.bulk_create(RunBucket(run=run, bucket=bucket) for bucket in range(run.buckets))
        partition.create(run.pk)
        audit.record(
            "night.start",
            actor=requested_by,
            at=at,
            subject=run,
            reason=reason,
            as_of=str(as_of),
            accept_fewer=accept_fewer,
        )
    return run


def _await_import() -> None:
    """Let an import that is storing end first; a page, whose statements are limited, is told to try again."""
    try:
        await_import()
    except OperationalError as error:
        raise ImportRuns from error


def newest_closed_month(as_of: dt.date) -> dt.date | None:
    """Return the first day of the newest bill month that had ended by `as_of` and has packed history."""
    ended = first_day(month_of(as_of) - (as_of != last_day(month_of(as_of))))
    return HistoryBlock.objects.filter(month__lte=ended).aggregate(newest=Max("month"))["newest"]


def _insert(
    *,
    as_of: dt.date,
    month: dt.date,
    plan: dict,
    customers: int,
    requested_by: Staff | None,
    at: dt.datetime,
) -> Run:
    try:
        with transaction.atomic():
            return Run.objects.create(
                as_of=as_of,
                month=month,
                stage=FIRST,
                started_at=at,
                requested_by=requested_by,
                policies=plan["versions"],
                plan=plan | {"customers": customers, "bucket_size": settings.CVM_BUCKET_SIZE},
                customers=customers,
                buckets=bucket_of(plan["last_customer"]) + 1,
                summary={"entered": {FIRST: at.isoformat()}},
            )
    except IntegrityError as error:
        if ONE_AT_A_TIME not in str(error):
            raise
        raise _already_running() from error


def _already_running() -> NightAlreadyRunning:
    run = Run.objects.filter(status=Run.Status.RUNNING).first()
    if run is None:  # it ended between our attempt and this look
        return NightAlreadyRunning(run="-", as_of="-", since="-", stage="-", done="-", total="-")
    seen = progress(run)
    return NightAlreadyRunning(
        run=run.pk,
        as_of=run.as_of,
        since=run.started_at.astimezone().strftime("%Y-%m-%d %H:%M"),
        stage=seen.stage_name,
        done=seen.done,
        total=seen.total,
    )
