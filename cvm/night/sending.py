"""Send work to the queue by name, after the commit that made it true."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import partial

from django.db import transaction
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from cvm.celery import app
from cvm.night.errors import QueueUnavailable

log = logging.getLogger(__name__)

STEP = "cvm.nightly.step"
BUCKET = "cvm.nightly.bucket"


def send_step(run_id: int) -> None:
    """Ask a worker to take the run as far as it goes; raises QueueUnavailable."""
    _send(STEP, [run_id])


def send_buckets(run_id: int, buckets: Iterable[int]) -> None:
    """Ask workers for these buckets; raises QueueUnavailable."""
    for bucket in buckets:
        _send(BUCKET, [run_id, bucket])


def is_a_worker_there() -> bool:
    """Ask whether a worker takes nights and back-tests; about a second when none does.

    The workers of other queues answer as well, so each is asked what it takes.
    """
    try:
        taken = app.control.inspect(timeout=1).active_queues() or {}
    except (KombuError, RedisError, OSError):
        return False
    return any(queue["name"] == app.conf.task_default_queue for queues in taken.values() for queue in queues)


def after_commit(send: partial[None]) -> None:
    """Send once the transaction is durable. A dead queue is only logged: the sweep sends again."""
    transaction.on_commit(partial(_quietly, send))


def _quietly(send: partial[None]) -> None:
    try:
        send()
    except QueueUnavailable as error:
        log.warning("%s", error)


def _send(task: str, arguments: list[int]) -> None:
    try:
        app.send_task(task, arguments, retry=False)
    except (KombuError, RedisError, OSError) as error:
        raise QueueUnavailable(problem=type(error).__name__) from error
