"""The whole night on a small branch, with a real worker, a real queue and a real database."""

import datetime as dt
import time

import pytest
from django.db import connection

from callcenter.models import QueueItem
from customers.models import Run, RunBucket, Standing
from cvm.night import partition
from cvm.nightly import start_night
from segmentation.models import CohortMember
from tests.night.branches import AS_OF, CUSTOMERS, checksums, make_branch, numbers

SECONDS = 120


def finish(run):
    """Wait until a run has ended, and return it as it is then."""
    deadline = time.monotonic() + SECONDS
    while run.status == Run.Status.RUNNING:
        assert time.monotonic() < deadline, (run.stage, run.error)
        time.sleep(0.05)
        run.refresh_from_db()
    return run


def publish(**options):
    """Spend a night and insist that it is published."""
    run = finish(start_night(**{"as_of": AS_OF} | options))
    assert run.status == Run.Status.PUBLISHED, run.error
    return run


def test_night_publishes_every_customer_once(celery_worker_process):
    make_branch()

    run = publish()

    assert run.is_current
    assert Standing.objects.filter(run=run).count() == CUSTOMERS
    assert run.customers == CUSTOMERS
    assert set(run.bucket_rows.values_list("status", flat=True)) == {RunBucket.Status.DONE}
