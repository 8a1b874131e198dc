"""How the open call lists come into a run's queue: one call a household, behind or before the night's own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone

from callcenter import home_calls
from callcenter.claims import BLOCKED
from callcenter.households import Arrays
from callcenter.models import CallListEntry
from callcenter.resting import resting
from callcenter.task_terms import belongs_to_group
from customers.models import Run
from cvm.lib import bulk
from retention.policies import contact_terms_of, live_contact_policy

BEFORE_THE_NIGHT = -1_000_000  # behind promises (2,000,000,000 below zero), before rank 1

# The calls about an entry since its list was made: to the customer, or to somebody of the household for all of them.
CALLS_ABOUT = """
    select contact.outcome, contact.started_at
    from callcenter_contact as contact
    where contact.customer_id = entry.customer_id and contact.started_at >= list.created_at
    union all
    select contact.outcome, contact.started_at
    from customers_customer as member
    join customers_customer as relative on relative.family_id = member.family_id and relative.id <> member.id
    join callcenter_contact as contact on contact.customer_id = relative.id and contact.started_at >= list.created_at
    join callcenter_queueitem as call on call.id = contact.queue_item_id and member.id = any(call.covers)
    where member.id = entry.customer_id
"""
# Who of the open lists may be called and was not reached yet.
ALLOWED = f"""
    with item as (
        select distinct on (entry.customer_id)
            entry.customer_id, customer.manager_id, null::bigint as callback_id, false as is_service,
            list.id as list_id, list.goes_first
        from callcenter_calllistentry as entry
        join callcenter_calllist as list on list.id = entry.call_list_id
        join customers_customer as customer on customer.id = entry.customer_id
        where list.closed_at is null and list.last_day >= %(today)s and customer.manager_id is not null
          and not entry.customer_id = any(%(resting)s)
          and not exists (select from ({CALLS_ABOUT}) as told where told.outcome <> 'no_answer')
        order by entry.customer_id, list.goes_first desc, list.id
    )
    select item.customer_id, coalesce(customer.family_id, 0)::int4, customer.family_role, item.manager_id::int4,
        standing.layer, standing.warning, standing.moments, standing.offer_id, standing.kept_fen,
        item.list_id, item.goes_first
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
    order by item.customer_id
"""  # noqa: S608 - built from constants only
COLUMNS = [*home_calls.COLUMNS[: len(home_calls.OWN)], ("list_id", "int8"), ("goes_first", "bool")]

# Appends to each manager's queue of the run, most to keep first; who is queued already gets the list's words.
FILL = """
    with chosen as (
        select *, row_number() over (
            partition by manager_id, goes_first order by kept_fen desc, customer_id
        ) as place
        from unnest(%(id)s::int[], %(manager)s::bigint[], %(warning)s::smallint[], %(moments)s::int[],
                    %(offer_id)s::int[], %(kept_fen)s::int[], %(list_id)s::bigint[], %(goes_first)s::bool[])
          as one (customer_id, manager_id, warning, moments, offer_id, kept_fen, list_id, goes_first)
    ), ends as (
        select manager_id, max(rank) as last from callcenter_queueitem where run_id = %(run)s group by manager_id
    )
    insert into callcenter_queueitem
        (run_id, customer_id, manager_id, rank, level, moment_bits, offer_id, kept_fen, status, withdrawn_reason,
         call_list_id, is_for_list)
    select %(run)s, chosen.customer_id, chosen.manager_id,
        case when chosen.goes_first then %(before)s else greatest(coalesce(ends.last, 0), 0) end + chosen.place,
        chosen.warning, chosen.moments, chosen.offer_id, chosen.kept_fen, 'pending', '', chosen.list_id, true
    from chosen
    left join ends on ends.manager_id = chosen.manager_id
    on conflict (run_id, customer_id) where callback_id is null and status <> 'done' do update
    set call_list_id = case when callcenter_queueitem.status = 'withdrawn' then excluded.call_list_id
            else coalesce(callcenter_queueitem.call_list_id, excluded.call_list_id) end, status = 'pending',
        withdrawn_reason = '', closed_at = null,
        rank = case when excluded.rank < 0 then least(callcenter_queueitem.rank, excluded.rank)
            else callcenter_queueitem.rank end
    where callcenter_queueitem.status = 'pending' or callcenter_queueitem.withdrawn_reason = 'list_closed'
"""
# A call that waits for another of the household gets the list's words too, unless it brings some of its own.
TELL = """
    update callcenter_queueitem as item
    set call_list_id = told.list_id
    from (
        select receiver, min(list_id) as list_id
        from unnest(%(receiver)s::int[], %(list_id)s::bigint[]) as pair (receiver, list_id)
        group by receiver
    ) as told
    where item.run_id = %(run)s and item.customer_id = told.receiver and item.callback_id is null
      and item.status = 'pending' and item.call_list_id is null
"""


def fill_queue(run: Run, *, at: dt.datetime) -> None:
    """Queue the open lists in a run; doing it twice changes nothing. The caller owns the transaction."""
    entries = CallListEntry.objects.filter(call_list__closed_at=None, call_list__last_day__gte=timezone.localdate(at))
    waiting = list(entries.values_list("customer_id", flat=True))
    if not waiting:
        return
    calls, covered = _one_a_household(_allowed(waiting, run=run, at=at), run=run, at=at)
    with connection.cursor() as cursor:
        known = {name: values.tolist() for name, values in calls.items()}
        cursor.execute(FILL, {"run": run.pk, "before": BEFORE_THE_NIGHT, **known})
    home_calls.cover(covered, run=run.pk)


def resting_of(cursor: Any, customers: Sequence[int], *, at: dt.datetime) -> list[int]:
    """Return whom of these the contact log keeps out of every list."""
    if not customers:
        return []
    terms = contact_terms_of(live_contact_policy())
    found = resting(cursor, first=min(customers), last=max(customers), terms=terms, at=at)
    return sorted(set(found["customer_id"].tolist()))


def _allowed(customers: Sequence[int], *, run: Run, at: dt.datetime) -> Arrays:
    """Return who may be called by a phone desk; whom the group department has since is left to it."""
    with connection.cursor() as cursor:
        known = {"run": run.pk, "at": at, "today": timezone.localdate(at)}
        rests = resting_of(cursor, customers, at=at)
        found = bulk.read(cursor, ALLOWED, known | {"resting": rests}, COLUMNS)
    ours = ~belongs_to_group(found["layer"])
    return {name: values[ours] for name, values in found.items()}


def _one_a_household(found: Arrays, *, run: Run, at: dt.datetime) -> tuple[Arrays, Arrays]:
    """Return (calls, covered) of home_calls.placed; calls that wait already get the lists' words."""
    candidates = found | {"priority": np.zeros(len(found["id"]), dtype=np.int16)}
    calls, covered = home_calls.placed(candidates, run=run.pk, at=at)
    lists = found["list_id"][np.searchsorted(found["id"], covered["member"])]
    with connection.cursor() as cursor:
        told = {"run": run.pk, "receiver": covered["receiver"].tolist(), "list_id": lists.tolist()}
        cursor.execute(TELL, told)
    return calls, covered
