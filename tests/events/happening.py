"""Report an event, and what the tests ask about it."""

import datetime as dt
import json

from django.utils import timezone

from callcenter.models import QueueItem
from customers.models import Consent, Customer, Event, EventReceipt, Run, Standing
from customers.receiving.accepting import Sender, take_delivery
from cvm import nightly
from cvm.events import settling
from lifecycle.models import KeyMoment
from tests.night.branches import make_branch, spend

CUSTOMERS = 80
TODAY = timezone.localdate


def publish(*, days_ago=1, spend=spend):
    """Spend a night as of some days ago, here or by a worker (`finish`), and return it published."""
    run = spend(nightly.start_night(as_of=timezone.localdate() - dt.timedelta(days=days_ago)))
    assert (run.status, run.error) == (Run.Status.PUBLISHED, "")
    return run


def make(*, spend=spend):
    """Fill the database and publish yesterday's night."""
    make_branch(customers=CUSTOMERS)
    Consent.objects.update(is_given=True)
    return publish(spend=spend)


def someone(run, *, queued=False):
    """Return a customer a phone manager may call, with an item of the night's in the queue, or none."""
    consents = Consent.objects.filter(channel="call", is_given=True).values("customer_id")
    clear = dict.fromkeys(("is_red_listed", "is_black_listed", "is_special", "is_sensitive"), False)
    worth = Standing.objects.filter(run=run, manager_id__gt=0, state=1, layer__in=(1, 3)).values("customer_id")
    asked = Event.objects.filter(kind__in=(1, 2, 3)).values("customer_id")
    callable_ = Customer.objects.filter(pk__in=worth, **clear).filter(pk__in=consents).exclude(pk__in=asked)
    customer = callable_.order_by("-pk").first()
    items = QueueItem.objects.filter(run=run, customer=customer, callback=None)
    if not queued:
        items.delete()
    elif not items.filter(status="pending").exists():
        values = {"rank": 5, "level": 1, "kept_fen": 0, "moment_bits": 1 << 30, "manager": customer.manager}
        QueueItem.objects.create(run=run, customer=customer, **values)
    return customer


def report(customer, kind="porting_eligible", *, key="e1", at=None, **more):
    """Take one event as if a file of the inbox had brought it, and return its receipt."""
    at = at or timezone.now()
    row = {"source_key": key, "kind": kind, "user_code": customer.user_code, "occurred_at": at.isoformat(), **more}
    sender = Sender("inbox")
    taken = take_delivery([row], sender=sender, idempotency_key=key, sha256=f"{hash(json.dumps(row))}", now=at)
    [receipt] = taken.receipts
    assert receipt.status == "accepted", receipt.reason
    return receipt


def settle():
    """Do what the workers would."""
    return settling.settle_waiting(clock=timezone.now)


def outcome(receipt):
    return EventReceipt.objects.get(pk=receipt.pk).outcome


def open_items(customer):
    return list(QueueItem.objects.filter(customer=customer, callback=None, status__in=("pending", "leased")))


def moments(customer, code="C2"):
    return list(KeyMoment.objects.filter(customer=customer, kind__code=code).order_by("pk"))
