"""Call lists: a list or a segment becomes calls of the customers' own managers, through the gate and no other way.

Who may not be called is left out by name of the rule when the list is made, and again whenever an item is claimed
(claims.py) and a number is asked for (verdicts.py). Each night's queue takes the open lists up anew.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from callcenter.claims import BLOCKED
from callcenter.models import CallList, CallListEntry, QueueItem
from callcenter.resting import resting
from customers import audit
from customers.models import Run, Staff
from retention.policies import contact_terms_of, live_contact_policy

MOST_CUSTOMERS = 2_000  # of one list: more than a team calls in the days it has
MOST_DAYS = 31
FREE, RESTING = "free", "resting"
BEFORE_THE_NIGHT = -1_000_000  # behind promises (2,000,000,000 below zero), before rank 1

# The layers and codes a manager calls at all (ranking.is_candidate, DOMAIN 4.9): others are served by app and message.
SORT = f"""
    select item.customer_id,
        case
            when item.manager_id is null then 'no_manager'
            when standing.customer_id is null or standing.band = 0 then 'off_network'
            when standing.layer > 3 and standing.code > 2 then 'self_service'
            when item.customer_id = any(%(resting)s) then 'resting'
            else coalesce({BLOCKED}, 'free')
        end
    from (
        select id as customer_id, manager_id, null::bigint as callback_id, false as is_service
        from customers_customer where id = any(%(customers)s)
    ) as item
    join customers_customer as customer on customer.id = item.customer_id
    left join customers_standing as standing
      on standing.run_id = %(run)s and standing.customer_id = item.customer_id
"""  # noqa: S608 - built from constants only

# Appends to each manager's queue of the run, most to keep first; who is queued already gets the list's words.
FILL = f"""
    with item as (
        select distinct on (entry.customer_id)
            entry.customer_id, customer.manager_id, null::bigint as callback_id, false as is_service, list.id as list_id,
            list.goes_first
        from callcenter_calllistentry as entry
        join callcenter_calllist as list on list.id = entry.call_list_id
        join customers_customer as customer on customer.id = entry.customer_id
        where list.closed_at is null and list.last_day >= %(today)s and customer.manager_id is not null
          and not entry.customer_id = any(%(resting)s)
          and not exists (
              select 1 from callcenter_contact as contact
              where contact.customer_id = entry.customer_id and contact.started_at >= list.created_at
                and contact.outcome <> 'no_answer'
          )
        order by entry.customer_id, list.goes_first desc, list.id
    ), allowed as (
        select item.*, standing.warning, standing.moments, standing.offer_id, standing.kept_fen,
            row_number() over (
                partition by item.manager_id, item.goes_first order by standing.kept_fen desc, item.customer_id
            ) as place
        from item
        join customers_customer as customer on customer.id = item.customer_id
        join customers_standing as standing
          on standing.run_id = %(run)s and standing.customer_id = item.customer_id and standing.band > 0
        where ({BLOCKED}) is null
          and not exists (
              select from callcenter_queueitem as served
              where served.run_id = %(run)s and served.customer_id = item.customer_id
                and served.callback_id is null and served.status = 'done'
          )
    ), ends as (
        select manager_id, max(rank) as last from callcenter_queueitem where run_id = %(run)s group by manager_id
    )
    insert into callcenter_queueitem
        (run_id, customer_id, manager_id, rank, level, moment_bits, offer_id, kept_fen, status, withdrawn_reason,
         call_list_id, is_for_list)
    select %(run)s, allowed.customer_id, allowed.manager_id,
        case when allowed.goes_first then %(before)s else greatest(coalesce(ends.last, 0), 0) end + allowed.place,
        allowed.warning, allowed.moments, allowed.offer_id, allowed.kept_fen, 'pending', '', allowed.list_id, true
    from allowed
    left join ends on ends.manager_id = allowed.manager_id
    on conflict (run_id, customer_id) where callback_id is null and status <> 'done' do update
    set call_list_id = case when callcenter_queueitem.status = 'withdrawn' then excluded.call_list_id
            else coalesce(callcenter_queueitem.call_list_id, excluded.call_list_id) end, status = 'pending',
        withdrawn_reason = '', closed_at = null,
        rank = case when excluded.rank < 0 then least(callcenter_queueitem.rank, excluded.rank)
            else callcenter_queueitem.rank end
    where callcenter_queueitem.status = 'pending' or callcenter_queueitem.withdrawn_reason = 'list_closed'
"""  # noqa: S608 - built from constants only

PROGRESS = """
    select entry.call_list_id, coalesce(last.outcome, 'waiting'), count(*)
    from callcenter_calllistentry as entry
    join callcenter_calllist as list on list.id = entry.call_list_id
    left join lateral (
        select contact.outcome from callcenter_contact as contact
        where contact.customer_id = entry.customer_id and contact.started_at >= list.created_at
        order by contact.outcome = 'no_answer', contact.started_at desc limit 1
    ) as last on true
    where entry.call_list_id = any(%(lists)s)
    group by 1, 2 order by 1, 2
"""


class NobodyToCall(Exception):
    """The gate lets nobody of the list through; `left_out` says why."""

    def __init__(self, left_out: dict[str, int]) -> None:
        super().__init__(left_out)
        self.left_out = left_out


class TooManyToCall(Exception):
    """The list is longer than a call list may be."""


def sorted_by_gate(customers: Sequence[int], *, run: Run, at: dt.datetime) -> dict[str, list[int]]:
    """Return the customers by what the gate says of a call to them from a list: FREE, or why not."""
    found: dict[str, list[int]] = {}
    with connection.cursor() as cursor:
        known = {"customers": list(customers), "run": run.pk, "at": at}
        cursor.execute(SORT, known | {"resting": _resting(cursor, customers, at=at)})
        for customer, verdict in cursor.fetchall():
            found.setdefault(verdict, []).append(customer)
    return found


@transaction.atomic
def make_list(
    customers: Sequence[int],
    *,
    name: str,
    why: str,
    query: str,
    run: Run,
    last_day: dt.date,
    goes_first: bool,
    by: Staff,
    at: dt.datetime,
) -> CallList:
    """Keep whom the gate lets through as a call list and queue them. Raises TooManyToCall, NobodyToCall."""
    if len(customers) > MOST_CUSTOMERS:
        raise TooManyToCall
    verdicts = sorted_by_gate(customers, run=run, at=at)
    free = verdicts.pop(FREE, [])
    left_out = {why: len(found) for why, found in sorted(verdicts.items())}
    if not free:
        raise NobodyToCall(left_out)
    kept = CallList.objects.create(
        name=name,
        why=why,
        query=query,
        run=run,
        created_by=by,
        created_at=at,
        last_day=last_day,
        goes_first=goes_first,
        chosen=len(customers),
        left_out=left_out,
    )
    CallListEntry.objects.bulk_create(CallListEntry(call_list=kept, customer_id=customer) for customer in sorted(free))
    fill_queue(run, at=at)
    audit.record("call_list.make", actor=by, at=at, subject=kept, customers=len(free), left_out=left_out, query=query)
    return kept


def fill_queue(run: Run, *, at: dt.datetime) -> None:
    """Queue the open lists in a run; doing it twice changes nothing. The caller owns the transaction."""
    entries = CallListEntry.objects.filter(call_list__closed_at=None, call_list__last_day__gte=timezone.localdate(at))
    waiting = list(entries.values_list("customer_id", flat=True))
    if not waiting:
        return
    with connection.cursor() as cursor:
        known: dict[str, Any] = {"run": run.pk, "at": at, "today": timezone.localdate(at), "before": BEFORE_THE_NIGHT}
        cursor.execute(FILL, known | {"resting": _resting(cursor, waiting, at=at)})


def fill_queue_of_current(*, at: dt.datetime) -> None:
    """Queue the open lists in the published run."""
    run = Run.objects.published()
    if run is not None:
        fill_queue(run, at=at)


@transaction.atomic
def close_list(call_list: CallList, *, by: Staff, at: dt.datetime) -> bool:
    """Close a list: nobody of it is queued again, and who waits only for it leaves the queue. False when it was."""
    if not CallList.objects.filter(pk=call_list.pk, closed_at=None).update(closed_at=at, closed_by=by):
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "update callcenter_queueitem set status = 'withdrawn', withdrawn_reason = 'list_closed', closed_at = %(at)s"
            " where call_list_id = %(list)s and status = 'pending' and is_for_list",
            {"at": at, "list": call_list.pk},
        )
    QueueItem.objects.filter(call_list=call_list, status=QueueItem.Status.PENDING).update(call_list=None)
    fill_queue_of_current(at=at)  # who waits on another open list too stays queued
    audit.record("call_list.close", actor=by, at=at, subject=call_list)
    return True


def progress(call_lists: Sequence[CallList]) -> dict[int, dict[str, int]]:
    """Return the customers of each list by the result of the newest call since it was made; "waiting" without one."""
    found: dict[int, dict[str, int]] = {one.pk: {} for one in call_lists}
    with connection.cursor() as cursor:
        cursor.execute(PROGRESS, {"lists": list(found)})
        for pk, outcome, customers in cursor.fetchall():
            found[pk][outcome] = customers
    return found


def _resting(cursor: Any, customers: Sequence[int], *, at: dt.datetime) -> list[int]:
    if not customers:
        return []
    terms = contact_terms_of(live_contact_policy())
    found = resting(cursor, first=min(customers), last=max(customers), terms=terms, at=at)
    return sorted(set(found["customer_id"].tolist()))
