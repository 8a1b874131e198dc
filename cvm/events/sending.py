"""Tell the workers that events wait, after the commit that stored them."""

from __future__ import annotations

import logging
from functools import partial

from django.db import transaction
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from cvm.celery import app

log = logging.getLogger(__name__)

QUEUE = "events"  # workers of its own: a night in the other queue delays nothing here
SETTLE = "cvm.events.tasks.settle"


def send_settle() -> None:
    """Ask for a look at what waits once the transaction is durable; a dead queue is only logged: the sweep looks again."""
    transaction.on_commit(partial(_send))


def _send() -> None:
    try:
        app.send_task(SETTLE, queue=QUEUE, retry=False)
    except (KombuError, RedisError, OSError) as error:
        log.warning("events wait for the sweep: %s", type(error).__name__)
