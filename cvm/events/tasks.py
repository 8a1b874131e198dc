"""Events on workers of their own queue: a task takes whatever waits, so it may come late, twice or not at all."""

from __future__ import annotations

import datetime as dt
import time

from celery import shared_task
from celery.signals import worker_ready
from django.utils import timezone

from customers.models import EventDelivery, EventRefusal
from cvm.events import sending, settling

KEEP = dt.timedelta(days=90)
SECONDS = 60  # a look that hangs is ended; what it took up is tried again


@shared_task(soft_time_limit=SECONDS, time_limit=SECONDS + 10)
def settle() -> int:
    """Act upon what waits; when more waits than one look has time for, ask for another."""
    sending.begun()
    settled = settling.settle_waiting(clock=timezone.now, pause=time.sleep)
    if settling.waiting(at=timezone.now()).exists():
        settle.delay()
    return settled


@shared_task(soft_time_limit=SECONDS, time_limit=SECONDS + 10)
def sweep() -> int:
    """Look for what no task came for: a queue that was away, a worker that was killed; forget old deliveries."""
    settled = settling.settle_waiting(clock=timezone.now)
    oldest = timezone.now() - KEEP
    old = EventDelivery.objects.filter(received_at__lt=oldest).order_by("received_at")[:1000]
    EventDelivery.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
    EventRefusal.objects.filter(last_at__lt=oldest).delete()
    return settled


@worker_ready.connect
def _sweep_at_start(**_: object) -> None:
    sweep.delay()
