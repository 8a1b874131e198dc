"""The whole night on a small branch, with a real worker, a real queue and a real database."""

import os
import signal
import time

import psutil
import pytest
from django.core.management import call_command
from django.utils import timezone

from callcenter.models import QueueItem
from customers.models import Run, RunBucket, Standing
from cvm import nightly
from cvm.night.opening import open_run
from cvm.night.watching import progress
from tests.night.branches import AS_OF, ENOUGH_MONTHS, FEW, SECONDS, checksums, finish, make_branch, make_few, numbers

pytestmark = pytest.mark.usefixtures("no_tables_left")

MANY = 2000


def publish():
    """Spend a night with the worker and insist that it is published."""
    run = finish(nightly.start_night(as_of=AS_OF))
    assert (run.status, run.error) == (Run.Status.PUBLISHED, "")
    return run


def start_and_reach(share):
    """Start a night and return as soon as the worker has done this share of its buckets, but not all."""
    run, deadline = nightly.start_night(as_of=AS_OF), time.monotonic() + SECONDS
    while progress(run).done < run.buckets * share:
        assert time.monotonic() < deadline, (run.stage, run.error)
        run.refresh_from_db()
        assert run.status == Run.Status.RUNNING, run.error
    return run


def test_night_publishes_every_customer_once(celery_worker_process):
    make_few()

    run = publish()

    assert run.is_current
    assert Standing.objects.filter(run=run).count() == FEW == run.customers
    assert set(run.bucket_rows.values_list("status", flat=True)) == {RunBucket.Status.DONE}


def test_night_of_the_same_day_again_says_the_same(celery_worker_process):
    make_few()
    first = publish()
    before = checksums(first), numbers(first)

    second = publish()

    assert (checksums(second), numbers(second)) == before
    assert numbers(first)["moments"] == []  # the day has one truth: the later run's
    assert set(QueueItem.objects.filter(run=first).values_list("status", flat=True)) == {QueueItem.Status.WITHDRAWN}
    assert Run.objects.get(is_current=True) == second


def test_worker_child_killed_in_the_middle_changes_nothing(celery_worker_process):
    make_branch(customers=MANY, months=ENOUGH_MONTHS)

    disturbed = start_and_reach(0.2)
    os.kill(psutil.Process(celery_worker_process.pid).children()[0].pid, signal.SIGKILL)
    disturbed = finish(disturbed)

    assert (disturbed.status, disturbed.error) == (Run.Status.PUBLISHED, "")
    said = checksums(disturbed), numbers(disturbed)
    undisturbed = publish()
    assert (checksums(undisturbed), numbers(undisturbed)) == said


def test_worker_killed_and_started_again_finishes_the_run(celery_worker_process):
    make_branch(customers=MANY, months=ENOUGH_MONTHS)

    disturbed = start_and_reach(0.2)
    celery_worker_process.kill()
    disturbed.refresh_from_db()
    assert disturbed.status == Run.Status.RUNNING
    celery_worker_process.start()
    disturbed = finish(disturbed)

    assert (disturbed.status, disturbed.error) == (Run.Status.PUBLISHED, "")
    said = checksums(disturbed), numbers(disturbed)
    undisturbed = publish()
    assert (checksums(undisturbed), numbers(undisturbed)) == said


def test_sweep_sends_what_was_never_sent(celery_worker_process):
    make_few()
    run = open_run(as_of=AS_OF, requested_by=None, reason="", at=timezone.now())

    nightly.sweep(is_start=True)

    assert finish(run).status == Run.Status.PUBLISHED


def test_command_watches_the_night_to_its_end(celery_worker_process, capsys):
    make_few()

    call_command("nightly", "--as-of", AS_OF.isoformat())

    run = Run.objects.get()
    assert (run.status, run.is_current) == (Run.Status.PUBLISHED, True)
    assert str(FEW) in capsys.readouterr().out


def test_command_returns_at_once_when_told(celery_worker_process, capsys):
    make_few()

    call_command("nightly", "--as-of", AS_OF.isoformat(), "--no-wait")

    run = Run.objects.get()
    assert f" {run.pk} " in capsys.readouterr().out
    assert finish(run).status == Run.Status.PUBLISHED
