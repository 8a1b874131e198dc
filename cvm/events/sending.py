"""Tell the workers that events wait, after the commit that stored them."""

from __future__ import annotations

import logging
from contextlib import suppress

from django.core.cache import cache
from django.db import transaction
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from cvm.celery import app

log = logging.getLogger(__name__)

QUEUE = "events"  # workers of its own: a night in the other queue delays nothing here
SETTLE = "cvm.events.tasks.settle"
ASKED = "events:asked"  # stands in the cache while somebody's word is on its way
ASKED_SECONDS = 2  # a word that got lost is given again


def send_settle() -> None:
    """Ask for a look at what waits once the transaction is durable; a dead queue is only logged: the sweep looks again.

    Once is enough until that look begins: it sees whatever was stored before.
    """
    transaction.on_commit(_send)


def begun() -> None:
    """Note that the look that was asked for begins: what is stored from now on asks for another."""
    with suppress(RedisError, OSError):
        cache.delete(ASKED)


def _send() -> None:
    try:
        if not cache.add(ASKED, 1, timeout=ASKED_SECONDS):
            return
        app.send_task(SETTLE, queue=QUEUE, retry=False)
    except (KombuError, RedisError, OSError) as error:
        log.warning("events wait for the sweep: %s", type(error).__name__)
        begun()
