"""The lease on one customer: claim, heartbeat, loss. One mechanism for the night's items and for promises.

Every statement compares and sets in PostgreSQL, so that any number of browsers and web servers agree. The database
constraint `queue_customer_leased_once` stands behind it: a customer can be in hand once, whoever asks.
"""

from __future__ import annotations

import datetime as dt
import time
import uuid
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction

from callcenter import home_day
from callcenter.home_day import HELD, IN_HAND, SPOKEN_TO_TODAY
from callcenter.models import QueueItem
from customers.aliases import RECORDS
from customers.models import Run, Staff
from retention.policies import ContactTerms
from retention.standing_rules import AGREED_TO_CALLS, ASKED_FOR_SILENCE, FORBADE_ALL_CONTACT, IS_LISTED

LEASE = dt.timedelta(minutes=3)
RETRIES, PAUSE_SECONDS = 5, 0.02

# The customer of an `item`, found by key. `offset 0` keeps it so: the rules below look so dear to the planner that it would
# rather read all customers once than ask them of a hundred.
ITS_CUSTOMER = """
    cross join lateral (select * from customers_customer where id = item.customer_id offset 0) as customer
"""
# Why an item must not be worked; null when it may. Applied by claims, counts and lists alike, so that a "do not call"
# takes effect everywhere in the same second. A promise and a service call: only "no contact at all" stops them. The words
# of the gate (retention/gate.py) in SQL; test_claims holds the two together.
SERVES = "(item.callback_id is not null or item.is_service)"
FORBIDDEN = f"""
    case
        when ({FORBADE_ALL_CONTACT}) or (not {SERVES} and ({ASKED_FOR_SILENCE})) then 'do_not_disturb'
        when customer.state > 5 then 'off_network'
        when customer.manager_id is distinct from item.manager_id then 'moved'
        when item.callback_id is not null and not exists (
            select 1 from callcenter_callback
            where callcenter_callback.id = item.callback_id and callcenter_callback.status = 'open'
        ) then 'promise_closed'
        when not {SERVES} and ({IS_LISTED}) then 'listed'
        when not {SERVES} and not ({AGREED_TO_CALLS}) then 'no_consent'
    end
"""  # noqa: S608 - built from constants only
# The same before a call begins: of a household that had its contact of the day nobody is called to sell any more. Who is
# in hand already is spoken to to the end.
BLOCKED = f"coalesce({FORBIDDEN}, case when not {SERVES} and ({SPOKEN_TO_TODAY}) then 'household' end)"
# After a call nobody took the customer has a pause, as the gate says.
TRIED_JUST_NOW = f"""
    select true
    from ({RECORDS}) as own
    join callcenter_contact as tried on tried.customer_id = own.record
      and tried.started_at > %(at)s::timestamptz - interval '{ContactTerms.try_gap_hours} hours'
      and tried.started_at <= %(at)s and tried.outcome = 'no_answer'
      and tried.channel = 'call' and tried.is_outbound and not tried.is_service
    limit 1
"""  # noqa: S608 - built from constants only

PAUSES = f"not {SERVES} and ({TRIED_JUST_NOW})"
IS_HOME_FREE = f"case when {SERVES} then true when exists ({IN_HAND}) then false else not exists ({HELD}) end"
# Who may be called, but not at this instant: the claim passes by and comes back. For counts of the same.
LATER = f"case when {PAUSES} then true else not {IS_HOME_FREE} end"

# Whether the claim may take an item. A `case`, because the planner takes `… is null` for a rarity and would then sort
# the whole queue instead of walking the index to the first good item.
FREE = f"""
    case
        when ({BLOCKED}) is not null then false
        when {PAUSES} then false
        when item.callback_id is null then true
        else (select callback.due_at <= %(at)s from callcenter_callback as callback where callback.id = item.callback_id)
    end
"""  # noqa: S608 - built from constants only

SWEEP = """
    with expired as (
        select id from callcenter_queueitem
        where status = 'leased' and lease_expires_at <= %(at)s
        for no key update skip locked
    ), freed as (
        update callcenter_queueitem as item
        set status = 'pending', lease_token = null, lease_expires_at = null, leased_at = null
        from expired where item.id = expired.id
        returning item.id, item.manager_id
    )
    insert into customers_auditentry (at, actor_id, action, subject, subject_id, reason, detail)
    select %(at)s, manager_id, 'desk.lease_expired', 'callcenter.queueitem', id, '', '{}' from freed
"""

# Rank = minutes since 1970 below zero from a far base: always before the night's ranks (1, 2, …), earliest first.
PROMISES = """
    insert into callcenter_queueitem
        (run_id, customer_id, manager_id, callback_id, rank, level, moment_bits, offer_id, kept_fen, status,
         withdrawn_reason, covers)
    select %(run)s, callback.customer_id, callback.manager_id, callback.id,
           (extract(epoch from callback.due_at) / 60)::int - 2000000000,
           coalesce(standing.warning, 0), coalesce(standing.moments, 0), coalesce(standing.offer_id, 0),
           coalesce(standing.kept_fen, 0), 'pending', '', '{}'
    from callcenter_callback as callback
    join customers_customer as customer
      on customer.id = callback.customer_id and customer.manager_id = callback.manager_id
    left join customers_standing as standing
      on standing.run_id = %(run)s and standing.customer_id = callback.customer_id
    where callback.manager_id = %(manager)s and callback.status = 'open' and callback.due_at <= %(at)s
    on conflict (callback_id) do update
    set run_id = excluded.run_id, rank = excluded.rank, manager_id = excluded.manager_id, status = 'pending',
        withdrawn_reason = '', closed_at = null
    where callcenter_queueitem.withdrawn_reason = 'moved'
       or callcenter_queueitem.status = 'pending'
          and (callcenter_queueitem.run_id, callcenter_queueitem.rank, callcenter_queueitem.manager_id)
              is distinct from (excluded.run_id, excluded.rank, excluded.manager_id)
"""

IS_HOME_TAKEN = f"""
    select true
    from callcenter_queueitem as item
    join customers_customer as customer on customer.id = item.customer_id
    where item.id = %(item)s and not {SERVES} and (exists ({IN_HAND}) or exists ({HELD}) or ({SPOKEN_TO_TODAY}))
"""  # noqa: S608 - built from constants only

# The inner select walks queue_next_of_manager and locks the one row it takes. NO KEY UPDATE, not UPDATE: the
# contact saved meanwhile refers to the item and must not wait. Items that fail on the way are withdrawn.
CLAIM = f"""
    with candidate as (
        select item.id, item.rank
        from callcenter_queueitem as item
        {ITS_CUSTOMER}
        where item.manager_id = %(manager)s and item.run_id = %(run)s and item.status = 'pending'
          and {FREE}
          and not exists (
              select 1 from callcenter_queueitem as in_hand
              where in_hand.customer_id = item.customer_id and in_hand.status = 'leased'
          )
          and {IS_HOME_FREE}
        order by item.rank, item.id
        limit 1
        for no key update of item skip locked
    ), failing as (
        select item.id, {BLOCKED} as reason
        from callcenter_queueitem as item
        {ITS_CUSTOMER}
        where item.manager_id = %(manager)s and item.run_id = %(run)s and item.status = 'pending'
          and item.rank <= coalesce((select rank from candidate), 2147483647)
          and ({BLOCKED}) is not null
        order by item.rank, item.id
        limit 100
        for no key update of item skip locked
    ), withdrawn as (
        update callcenter_queueitem as item
        set status = 'withdrawn', withdrawn_reason = failing.reason, closed_at = %(at)s
        from failing where item.id = failing.id
    )
    update callcenter_queueitem as item
    set status = 'leased', lease_token = %(token)s, leased_at = %(at)s, lease_expires_at = %(until)s
    from candidate
    where item.id = candidate.id and item.status = 'pending'
    returning item.id, item.customer_id
"""  # noqa: S608 - built from constants only

HEARTBEAT = f"""
    update callcenter_queueitem as item
    set lease_expires_at = %(until)s
    from customers_customer as customer
    where item.status = 'leased' and item.lease_token = %(token)s and item.manager_id = %(manager)s
      and item.lease_expires_at > %(at)s and customer.id = item.customer_id and ({FORBIDDEN}) is null
"""  # noqa: S608 - built from constants only


class _HomeTaken(Exception):
    """Somebody else of the household was taken in the same instant."""


class LeaseLost(Exception):
    """The customer is no longer in this browser's hand: the lease ran out, or the customer must not be called."""

    def __init__(self, why: str = "expired") -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Lease:
    """One customer in one browser's hand."""

    item_id: int
    customer_id: int
    token: uuid.UUID


def claim(*, manager: Staff, run: Run, at: dt.datetime) -> Lease | None:
    """Take the manager's next customer: due promises first, then by rank. None when nothing is left."""
    for _ in range(RETRIES):
        try:
            with transaction.atomic():
                return _claim_once(manager=manager, run=run, at=at)
        except (IntegrityError, _HomeTaken):
            # Two items of one customer, or of one household, were taken in the same instant; one got through.
            time.sleep(PAUSE_SECONDS)
    return None


def held(*, token: uuid.UUID, manager: Staff, at: dt.datetime) -> QueueItem | None:
    """Return the item this token holds, or None. Withdraws it when the customer may not be called any more."""
    item = (
        QueueItem.objects.filter(status="leased", lease_token=token, manager=manager, lease_expires_at__gt=at)
        .select_related("run", "customer", "customer__county", "callback", "call_list", "dispatch", "dispatch__kind")
        .first()
    )
    if item is None:
        return None
    reason = blocked_reason(item.pk, at=at, rules=FORBIDDEN)
    if reason is None:
        return item
    QueueItem.objects.filter(pk=item.pk, status="leased", lease_token=token).update(
        status="withdrawn", withdrawn_reason=reason, closed_at=at
    )
    return None


def keep(*, token: uuid.UUID, manager: Staff, at: dt.datetime) -> dt.datetime:
    """Prolong a live lease and return its new end. Raises LeaseLost; a lease that ran out is never revived."""
    until = at + LEASE
    values = {"token": token, "manager": manager.pk, "at": at, "until": until}
    with connection.cursor() as cursor:
        cursor.execute(HEARTBEAT, values)
        if cursor.rowcount == 1:
            return until
    raise LeaseLost(why_lost(token=token, at=at))


def close(*, token: uuid.UUID, manager: Staff, at: dt.datetime, **changes: Any) -> bool:
    """Change the item this token holds and return whether it still held it. The heart of every action."""
    live = QueueItem.objects.filter(status="leased", lease_token=token, manager=manager, lease_expires_at__gt=at)
    return live.update(**changes) == 1


def blocked_reason(item_id: int, *, at: dt.datetime, rules: str = BLOCKED) -> str | None:
    """Return why an item must not be worked at this instant, or None; FORBIDDEN are the rules for one in hand."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"select {rules} from callcenter_queueitem as item"  # noqa: S608 - built from constants only
            " join customers_customer as customer on customer.id = item.customer_id where item.id = %(item)s",
            {"item": item_id, "at": at},
        )
        row = cursor.fetchone()
    return row[0] if row else "gone"


def why_lost(*, token: uuid.UUID, at: dt.datetime) -> str:
    """Return the reason in one word for a token that holds nothing: a withdrawal reason, or 'expired'."""
    item = QueueItem.objects.filter(lease_token=token).exclude(status="done").only("pk").first()
    return (blocked_reason(item.pk, at=at, rules=FORBIDDEN) if item else None) or "expired"


def _claim_once(*, manager: Staff, run: Run, at: dt.datetime) -> Lease | None:
    token = uuid.uuid4()
    values = {"manager": manager.pk, "run": run.pk, "at": at, "until": at + LEASE, "token": token}
    with connection.cursor() as cursor:
        cursor.execute(SWEEP, values)
        cursor.execute(PROMISES, values)
        cursor.execute(CLAIM, values)
        row = cursor.fetchone()
        if row:
            _own_home(cursor, item_id=row[0], customer_id=row[1], at=at)
    return Lease(item_id=row[0], customer_id=row[1], token=token) if row else None


def _own_home(cursor: Any, *, item_id: int, customer_id: int, at: dt.datetime) -> None:
    """Keep everybody else from this household until the end of the transaction; raises _HomeTaken when somebody has it.

    Does not wait: whoever has the household may wait for the item that is locked here.
    """
    if not home_day.try_to_own(customer_id):
        raise _HomeTaken(item_id)
    cursor.execute(IS_HOME_TAKEN, {"item": item_id, "at": at})
    if cursor.fetchone():
        raise _HomeTaken(item_id)
