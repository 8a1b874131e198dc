"""Imports on workers: a task looks at its batch, does what is due, and does nothing when that was done already.

A batch that must wait (another import is at work, or a night) gives its worker back and comes again.
"""

from __future__ import annotations

import datetime as dt
import logging
from functools import partial
from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from customers.importing import intake, spool
from customers.importing.batches import NightRuns
from customers.importing.errors import AnotherImportRuns
from customers.models import ImportBatch
from cvm.celery import app

log = logging.getLogger(__name__)

CHECK, COMMIT = "cvm.imports.tasks.check_batch", "cvm.imports.tasks.commit_batch"
WAIT_SECONDS = 2
MOST_WAITS = 25  # then the task gives up its place: the sweep of the next minute sends another
KEEP_COPIES = dt.timedelta(days=7)
MUST_WAIT = (AnotherImportRuns, NightRuns, OperationalError, InterfaceError)


@shared_task(bind=True, max_retries=MOST_WAITS)
def check_batch(self: Any, batch_id: int) -> None:
    """Check a mapped batch."""
    try:
        intake.check(batch_id, clock=timezone.now)
    except MUST_WAIT as error:
        _wait(self, error)


@shared_task(bind=True, max_retries=MOST_WAITS)
def commit_batch(self: Any, batch_id: int) -> None:
    """Store confirmed batches in the order in which they were confirmed, until this one has had its turn."""
    try:
        while intake.is_in_line(batch_id):
            intake.commit(intake.first_in_line() or batch_id, clock=timezone.now)
    except MUST_WAIT as error:
        _wait(self, error)


@shared_task
def sweep() -> None:
    """Send again what no task may be left for, and delete copies nobody waits for."""
    checks, commits = intake.unattended()
    for batch_id in checks:
        check_batch.delay(batch_id)
    for batch_id in commits:
        commit_batch.delay(batch_id)
    waiting = ImportBatch.objects.filter(status__in=(*intake.WAITING, *intake.AT_WORK)).exclude(spool_name="")
    spool.sweep(keep=waiting.values_list("spool_name", flat=True), older_than=timezone.now() - KEEP_COPIES)


def send_check(batch_id: int) -> None:
    """Ask a worker for the check once the transaction is durable; a dead queue is only logged: the sweep sends again."""
    transaction.on_commit(partial(_send, CHECK, batch_id))


def send_commit(batch_id: int) -> None:
    """Ask a worker to store a batch once the transaction is durable."""
    transaction.on_commit(partial(_send, COMMIT, batch_id))


def _wait(task: Any, error: Exception) -> None:
    if task.request.retries < MOST_WAITS:
        raise task.retry(exc=error, countdown=WAIT_SECONDS) from error


def _send(task: str, batch_id: int) -> None:
    try:
        app.send_task(task, [batch_id], retry=False)
    except (KombuError, RedisError, OSError) as error:
        log.warning("import %s waits for the sweep: %s", batch_id, type(error).__name__)


@worker_ready.connect
def _sweep_at_start(**_: Any) -> None:
    sweep.delay()
