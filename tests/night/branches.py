"""A small branch to spend a night on, and the ways to spend it."""

import datetime as dt
import time

from callcenter.models import QueueItem
from customers.models import Run
from cvm import nightly
from cvm.bench.branch import build
from lifecycle.models import KeyMoment
from segmentation.models import LedgerEntry

AS_OF = dt.date(2026, 9, 10)
CUSTOMERS = 600
FEW = 320  # five buckets; enough where a test is about the steps of a night
MONTHS = 8  # too few to learn from: the score card is quick
ENOUGH_MONTHS = 15
SECONDS = 120


def make_branch(*, customers=CUSTOMERS, months=MONTHS):
    """Fill the database; the test plug-in's small buckets make many of few customers."""
    build(customers=customers, months=months, as_of=AS_OF, told=lambda done, total: None)


def make_few(*, months=MONTHS):
    """Fill the database with FEW customers."""
    make_branch(customers=FEW, months=months)


def spend(run):
    """Do all the work of a run here and now, as the tasks would."""
    nightly.step(run.pk)
    for number in range(run.buckets):
        nightly.bucket(run.pk, number)
    nightly.step(run.pk)
    run.refresh_from_db()
    return run


def finish(run):
    """Wait until the worker has brought a run to its end, and return it as it is then."""
    deadline = time.monotonic() + SECONDS
    while run.status == Run.Status.RUNNING:
        assert time.monotonic() < deadline, (run.stage, run.error)
        time.sleep(0.02)
        run.refresh_from_db()
    return run


def checksums(run):
    """Return what the buckets of a run said."""
    return list(run.bucket_rows.order_by("bucket").values_list("bucket", "customers", "checksum"))


def numbers(run):
    """Return every number of a run that people see: rollups, books, queues, moments."""
    return {
        "rollups": _rows(run.rollups, "kind", "county_id", "row", "column", "customers", "revenue_fen"),
        "books": _rows(
            LedgerEntry.objects.filter(run=run), "month", "county_id", "members", "kept", "base_revenue_fen"
        ),
        "queue": _rows(QueueItem.objects.filter(run=run), "manager_id", "rank", "customer_id", "level", "kept_fen"),
        "moments": _rows(KeyMoment.objects.filter(run=run), "customer_id", "kind_id", "level", "value", "reference"),
    }


def _rows(found, *names):
    return list(found.order_by(*names).values_list(*names))
