"""What has just come in on one desk: the calls events brought since the night, and a short version to ask by.

The desk asks every second with the version it shows; most answers are two empty lines (docs/decisions/0010-events.md).
A glance at the queue is enough for most of them; whom one may call now (a refusal, a call elsewhere) is looked at when
the glance says so, and every ten seconds.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from django.db import connection

from callcenter.claims import BLOCKED, ITS_CUSTOMER
from customers.models import Staff
from lifecycle.models import KeyMoment, MomentKind

MOST = 8

# Walks queue_of_manager_by_status. The newest first: they are taken in the order of the queue, not of this list. What
# came in for the customer in hand since the call began, or for the household, is said in that call.
_ARRIVALS = f"""
select item.id, item.customer_id, customer.name, customer.msisdn, item.level, item.moment_bits, item.arrived_at,
    item.status = 'leased', count(*) over ()
from callcenter_queueitem as item
join customers_run as run on run.id = item.run_id and run.is_current
{ITS_CUSTOMER}
where item.manager_id = %(manager)s and item.status in ('pending', 'leased') and item.arrived_at is not null
  and (item.status = 'pending' or item.arrived_at >= item.leased_at and item.lease_expires_at > %(at)s)
  and case when ({BLOCKED}) is null then true else false end
order by item.arrived_at desc, item.id desc
limit %(most)s
"""  # noqa: S608 - built from constants only

# What nearly always differs when the news do, without asking who may be called.
_GLANCE = """
select count(*), coalesce(max(item.id), 0), coalesce(extract(epoch from max(item.arrived_at)), 0),
    coalesce(sum(item.level), 0), coalesce(bit_xor(item.moment_bits), 0), count(*) filter (where item.status = 'leased')
from callcenter_queueitem as item
join customers_run as run on run.id = item.run_id and run.is_current
where item.manager_id = %(manager)s and item.status in ('pending', 'leased') and item.arrived_at is not null
"""
LOOK_EVERY = 10  # seconds: what a glance does not see is seen by then


@dataclass(frozen=True)
class News:
    """A customer who has just come in: why, how urgent, by when to call first."""

    item_id: int
    customer_id: int
    name: str
    msisdn: str
    level: int
    moment_bits: int
    arrived_at: dt.datetime
    is_in_hand: bool  # to be said in the call that is going on
    waiting: int  # how many there are, shown or not


@dataclass(frozen=True)
class Line:
    """A piece of news in words."""

    news: News
    moments: list[str]
    due_at: dt.datetime | None


def news_of(manager: Staff, *, at: dt.datetime) -> list[News]:
    """Return whom events brought and nobody has in hand, the newest first; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_ARRIVALS, {"manager": manager.pk, "at": at, "most": MOST})
        return [News(*row) for row in cursor.fetchall()]


def glance(manager: Staff) -> str:
    """Return a short text that differs when anything came in, was taken up or withdrawn; one small query."""
    with connection.cursor() as cursor:
        cursor.execute(_GLANCE, {"manager": manager.pk})
        return hashlib.sha256(repr(cursor.fetchone()).encode()).hexdigest()[:8]


def is_looked_at(manager: Staff, *, at: dt.datetime) -> bool:
    """Tell whether a desk looks closely in this second, each in its own."""
    return int(at.timestamp()) % LOOK_EVERY == manager.pk % LOOK_EVERY


def version_of(news: list[News]) -> str:
    """Return a short text that differs when the news differ."""
    said = "|".join(
        f"{one.item_id}:{one.level}:{one.moment_bits}:{one.arrived_at.timestamp()}:{one.is_in_hand}:{one.waiting}"
        for one in news
    )
    return hashlib.sha256(said.encode()).hexdigest()[:12] if news else "0"


def lines_of(news: list[News]) -> list[Line]:
    """Return the news in words; two queries, none without news."""
    if not news:
        return []
    kinds = MomentKind.objects.only("bit", "code", "name_zh", "name_en")
    names = {kind.bit: f"{kind.code} {kind.name}" for kind in kinds}
    due: dict[int, dt.datetime] = {}
    customers, since = [one.customer_id for one in news], min(one.arrived_at for one in news)
    found = KeyMoment.objects.filter(customer__in=customers, found_at__gte=since)
    for moment in found.only("customer_id", "found_at", "deadline_hours"):
        if moment.found_at is not None:
            by = moment.found_at + dt.timedelta(hours=moment.deadline_hours)
            due[moment.customer_id] = min(by, due.get(moment.customer_id, by))
    return [Line(one, _names(one.moment_bits, names), due.get(one.customer_id)) for one in news]


def _names(bits: int, names: dict[int, str]) -> list[str]:
    return [names[bit] for bit in sorted(names) if bits >> bit & 1]
