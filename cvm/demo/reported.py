"""What other systems have reported since the first night of the demonstration branch: a few deliveries, judged at once."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

from django.db import transaction
from django.utils import timezone

from callcenter.models import QueueItem
from customers.models import Customer, EventDelivery, Run, SigningKey, Staff, Standing
from customers.receiving import keys
from customers.receiving.accepting import Sender, take_delivery
from cvm.events.settling import settle_waiting

# kind, minutes ago, channel, what only this kind says
HAPPENINGS: tuple[tuple[str, int, str, dict[str, Any]], ...] = (
    ("porting_eligible", 4, "10086短信", {}),
    ("cancel_request", 9, "营业厅", {}),
    ("porting_blocked", 12, "10086短信", {}),
    ("complaint_opened", 15, "10086", {"category": "资费争议", "level": "major"}),
    ("complaint_closed", 21, "10086", {"category": "网络覆盖", "satisfaction": 2}),
    ("downgrade_request", 26, "APP", {}),
    ("hall_visit", 31, "营业厅", {}),
    ("roam_start", 38, "漫游", {"detail": "日本"}),
)
PER_DELIVERY = 4
MOST_MANAGERS = 6
STRANGER = {"source_key": "demo-stranger", "kind": "hall_visit", "user_code": "0000000000"}


def report(*, run: Run, at: dt.datetime) -> None:
    """Send what has happened through the ordinary door and judge it; nothing where events arrived before."""
    client = Staff.objects.filter(role=Staff.Role.API_CLIENT, is_active=True).order_by("pk").first()
    if client is None or EventDelivery.objects.exists():
        return
    key, _secret = keys.create_key(client, by=None, at=at, note="演示")
    rows = list(_rows(run, at))
    for number, start in enumerate(range(0, len(rows), PER_DELIVERY)):
        _deliver(rows[start : start + PER_DELIVERY], key=key, at=at, number=number)
    settle_waiting(clock=timezone.now)


def _deliver(rows: list[dict[str, Any]], *, key: SigningKey, at: dt.datetime, number: int) -> None:
    if number == 1:  # what goes wrong shows too: nobody known, and an event that came before
        rows = [*rows, STRANGER | {"occurred_at": at.isoformat()}, rows[0]]
    sha256 = hashlib.sha256(json.dumps(rows).encode()).hexdigest()
    sender = Sender(EventDelivery.Source.API, client=key.client, signing_key=key)
    with transaction.atomic():
        take_delivery(rows, sender=sender, idempotency_key=f"demo-{number}", sha256=sha256, now=timezone.now())


def _rows(run: Run, at: dt.datetime) -> Any:
    """Yield one event of each kind for customers of several desks, worth a call and not in today's queue."""
    queued = QueueItem.objects.filter(run=run).values("customer_id")
    managers = Standing.objects.filter(run=run, manager_id__gt=0).order_by("manager_id").values_list("manager_id")
    for place, (manager,) in enumerate(managers.distinct()[:MOST_MANAGERS]):
        worth = Standing.objects.filter(run=run, manager_id=manager, state=1, layer__lte=3).exclude(customer__in=queued)
        chosen = worth.order_by("-kept_fen", "customer_id").values("customer_id")[: len(HAPPENINGS)]
        customers = list(Customer.objects.filter(pk__in=chosen).order_by("pk").values_list("user_code", flat=True))
        for number, (user_code, happening) in enumerate(zip(customers, HAPPENINGS, strict=False)):
            kind, minutes, channel, more = happening
            happened = at - dt.timedelta(minutes=minutes + place)
            case = {"case": f"DEMO{place}{number}"} if kind.startswith("complaint") else {}
            name = f"demo-{place}-{number}"
            row = {"source_key": name, "kind": kind, "user_code": user_code, "channel": channel}
            yield row | {"occurred_at": happened.isoformat()} | case | more
