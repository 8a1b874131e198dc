"""What the log of events says in numbers: how much came in, what became of it, how quickly."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from customers.models import EventDelivery, EventReceipt

PERIOD = dt.timedelta(hours=24)

# From arrival to the end of the transaction that wrote what was found.
_LATENCY = """
select percentile_disc(0.5) within group (order by spent), percentile_disc(0.95) within group (order by spent), max(spent)
from (
    select extract(epoch from receipt.settled_at - delivery.received_at) as spent
    from customers_eventdelivery as delivery
    join customers_eventreceipt as receipt on receipt.delivery_id = delivery.id
    where delivery.received_at >= %(since)s and receipt.settled_at is not null
) as settled
"""


@dataclass(frozen=True)
class Figures:
    """The last day: rows = accepted + duplicates + rejected; seconds from arrival to settled."""

    deliveries: int
    rows: int
    accepted: int
    duplicates: int
    rejected: int
    waiting: int
    failed: int
    tasks: int
    half: float | None
    most: float | None
    longest: float | None


def figures(*, at: dt.datetime) -> Figures:
    """Return the figures of the last 24 hours; three queries."""
    since = at - PERIOD
    recent = EventDelivery.objects.filter(received_at__gte=since)
    names = ("rows", "accepted", "duplicates", "rejected")
    sums: dict[str, Any] = {f"{name}_sum": Coalesce(Sum(name), 0) for name in names}
    counted = recent.aggregate(deliveries=Count("pk"), **sums)
    outcomes = EventReceipt.objects.filter(delivery__received_at__gte=since, status="accepted").aggregate(
        waiting=Count("pk", filter=Q(outcome="")),
        failed=Count("pk", filter=Q(outcome="failed")),
        tasks=Count("pk", filter=Q(outcome__in=("task", "raised"))),
    )
    with connection.cursor() as cursor:
        cursor.execute(_LATENCY, {"since": since})
        half, most, longest = (None if one is None else float(one) for one in cursor.fetchone())
    rows = {name: counted[f"{name}_sum"] for name in names}
    return Figures(deliveries=counted["deliveries"], **rows, **outcomes, half=half, most=most, longest=longest)
