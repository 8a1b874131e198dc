"""Give events that were set aside another chance, once their cause is gone."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from customers import audit
from customers.models import EventDelivery, EventReceipt, Staff


@transaction.atomic
def try_again(delivery: EventDelivery, *, by: Staff, at: dt.datetime) -> int:
    """Put the failed events of a delivery back among those that wait; returns how many. The caller sends word."""
    failed = EventReceipt.objects.filter(delivery=delivery, outcome=EventReceipt.Outcome.FAILED)
    number = failed.update(outcome="", attempts=0, tried_at=None, settled_at=None, problem="")
    if number:
        audit.record("events.retry", actor=by, at=at, subject=delivery, events=number)
    return number
