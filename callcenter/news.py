"""What has just come in on one desk: the calls events brought since the night, and a short version to ask by.

The desk asks every second with the version it shows; most answers are two empty lines (docs/decisions/0010-events.md).
A glance at the queue is enough for most of them; whom one may call now (a refusal, a call elsewhere) is looked at when
the glance says so, and every ten seconds.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from callcenter.claims import BLOCKED, ITS_CUSTOMER
from customers.masking import visible_name
from customers.models import Staff

MOST = 8

# Walks queue_of_manager_by_status. The newest first: they are taken in the order of the queue, not of this list. What
# came in for the customer in hand since the call began, or for the household, is said in that call.
ARRIVALS = f"""
select item.id, item.customer_id, customer.name, customer.msisdn, item.level, item.moment_bits, item.arrived_at,
    item.status = 'leased', count(*) over (),
    (
        select min(found.found_at + make_interval(hours => found.deadline_hours))
        from lifecycle_keymoment as found
        where found.customer_id = any(item.covers || item.customer_id) and found.found_at >= item.arrived_at - interval '1 day'
    ),
    array(
        select kind.code || ' ' || case when %(language)s = 'en' then kind.name_en else kind.name_zh end
        from lifecycle_momentkind as kind where item.moment_bits >> kind.bit & 1 = 1 order by kind.bit
    )
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
    due_at: (
        dt.datetime | None
    )  # the first deadline of what was found in the day before and since, for relatives in the call too
    moments: tuple[str, ...]  # code and name


def news_of(manager: Staff, *, at: dt.datetime) -> list[News]:
    """Return whom events brought and nobody has in hand, the newest first; one query."""
    with connection.cursor() as cursor:
        asked = {"manager": manager.pk, "at": at, "most": MOST, "language": get_language()}
        cursor.execute(ARRIVALS, asked)
        return [News(*row, moments=tuple(moments)) for *row, moments in cursor.fetchall()]


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


def lines_of(news: list[News], *, user: Any) -> list[SafeString]:
    """Return the news in words, as lines of a list."""
    language = get_language() or ""
    return [_line(replace(one, name=visible_name(one.name, user=user), waiting=0), language) for one in news]


@functools.lru_cache(maxsize=4096)
def _line(one: News, language: str) -> SafeString:
    """Return one line; kept, since a desk shows the same few again whenever another comes in."""
    return render_to_string("callcenter/_news_line.html", {"one": one})
