"""Publish a run: one short transaction in which table, pointer, queue and cohort change together."""

from __future__ import annotations

import datetime as dt

from django.db import connection

from callcenter import issuing
from callcenter.list_queue import fill_queue
from callcenter.models import Contact, QueueItem
from customers.importing import journal
from customers.models import Run, RunBucket
from cvm.events import carrying, locks
from cvm.night import older, partition
from lifecycle.models import KeyMoment
from offers import experiment_actions
from retention.policies import ContactTerms
from retention.quiet_hours import next_open

SUPERSEDED, SERVED = "superseded", "served"

# The months are closed and the run is published: from now on these entries stand, whatever bills are corrected later.
FREEZE_COHORT = """
insert into segmentation_cohortmember (cohort_id, customer_id, entry_month)
select %(cohort)s, {table}.customer_id, {table}.cohort_entry
from {table}
where {table}.cohort_entry > %(frozen_through)s
on conflict (customer_id, cohort_id) do nothing
"""


# Lines live as long as the standings they open; a closed month's lines are what its signature stands under.
FORGET_LINES = """
delete from segmentation_ledgerline as line
where not line.run_id = any(%(kept)s)
  and not exists (
    select from segmentation_ledgerclose as closed
    where closed.run_id = line.run_id and closed.cohort_id = line.cohort_id and closed.month = line.month
  )
"""


def publish(run: Run, *, at: dt.datetime) -> None:
    """Make a checked run the one every reader sees. The caller holds the run and owns the transaction.

    A lock that readers keep busy for two seconds gives up (OperationalError); the step is tried again.
    """
    with connection.cursor() as cursor:
        cursor.execute("set local lock_timeout = '2s'")
    partition.attach(run.pk)
    _freeze_cohort(run)
    older.freeze(run)
    locks.own_publication()
    carrying.carry_over(run)
    _withdraw_older_queues(run, at=at)
    _withdraw_just_served(run, at=at)
    fill_queue(run, at=at)
    experiment_actions.take_up(run, at=at)
    _issue_tasks(run, at=at)
    _forget_same_day(run)
    _close_imports(at)
    RunBucket.objects.filter(run=run).update(partial=b"")
    Run.objects.filter(is_current=True).update(is_current=False)
    run.status, run.is_current, run.finished_at = Run.Status.PUBLISHED, True, at
    run.save(update_fields=["status", "is_current", "finished_at", "summary"])
    _forget_lines()


def _freeze_cohort(run: Run) -> None:
    known = {
        "cohort": run.plan["cohort_id"],
        "frozen_through": run.plan["cohort"]["frozen_through"],
    }
    with connection.cursor() as cursor:
        cursor.execute(FREEZE_COHORT.format(table=partition.table_of(run.pk)), known)


def _issue_tasks(run: Run, *, at: dt.datetime) -> None:
    same_day = Run.objects.filter(as_of=run.as_of, status=Run.Status.PUBLISHED).exclude(pk=run.pk)
    opens_at = next_open(run.started_at, ContactTerms(**run.plan["contact"]).hours)
    run.summary["tasks"] = issuing.issue(
        run, same_day=list(same_day.values_list("pk", flat=True)), at=at, opens_at=opens_at
    )


def _forget_lines() -> None:
    with connection.cursor() as cursor:
        cursor.execute(FORGET_LINES, {"kept": sorted(partition.kept_runs())})


def _close_imports(at: dt.datetime) -> None:
    """Forget how the imports before this run could be undone: it stands on them."""
    with connection.cursor() as cursor:
        journal.purge(cursor, until=at)


def _withdraw_older_queues(run: Run, *, at: dt.datetime) -> None:
    older = QueueItem.objects.filter(status=QueueItem.Status.PENDING, callback__isnull=True).exclude(run=run)
    older.update(status=QueueItem.Status.WITHDRAWN, withdrawn_reason=SUPERSEDED, closed_at=at)


def _withdraw_just_served(run: Run, *, at: dt.datetime) -> None:
    """Take out who was reached while the night was at work: its queue does not know of these calls."""
    calls = Contact.objects.filter(ended_at__gte=run.started_at).exclude(outcome=Contact.Outcome.NO_ANSWER)
    served = QueueItem.objects.filter(run=run, status=QueueItem.Status.PENDING, customer__in=calls.values("customer"))
    served.update(status=QueueItem.Status.WITHDRAWN, withdrawn_reason=SERVED, closed_at=at)


def _forget_same_day(run: Run) -> None:
    """Drop the moments an earlier run of the same day found: a day has one truth. What an event brought, or another day found, stays."""
    told = KeyMoment.objects.filter(run__as_of=run.as_of, detected_on=run.as_of, found_at=None)
    told.exclude(run=run)._raw_delete(KeyMoment.objects.db)
