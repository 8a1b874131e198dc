"""A night's proposed tasks become tasks: what is over is closed, what is new is issued, one of each customer is shown.

All of it inside the publication's one transaction. Doing it again changes nothing: a kind that is open is not issued
twice, nor one that an earlier run of the same day issued.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from callcenter.backups import backups
from callcenter.models import DispatchDraft
from callcenter.task_terms import CHANNELS, ROLES
from cvm.lib.workdays import add_working_time

LONGEST_DAYS, GRACE_DAYS = (
    60,
    3,
)  # a task expires with its moment's cool-down, but never before its deadline and three days

CLOSE_LEFT = """
update callcenter_dispatch task
set status = 'closed', result = 'left', closed_at = %(at)s
from customers_customer customer
where customer.id = task.customer_id and task.status in ('open', 'accepted') and customer.state > 5
"""
CLOSE_EXPIRED = """
update callcenter_dispatch
set status = 'closed', result = 'expired', closed_at = %(at)s
where status in ('open', 'accepted') and expires_at <= %(at)s
"""
CLOSE_SETTLED = """
update callcenter_dispatch task
set status = 'closed', result = 'resolved', closed_at = %(at)s
from callcenter_dispatchdraft draft
where draft.run_id = %(run)s and draft.settles and draft.customer_id = task.customer_id
  and draft.kind_id = task.kind_id and task.status in ('open', 'accepted')
"""
# A day has one truth: what an earlier run of it issued and this one no longer finds was never true, unless begun.
CLOSE_SUPERSEDED = """
update callcenter_dispatch task
set status = 'closed', result = 'superseded', closed_at = %(at)s
where task.run_id = any(%(same_day)s) and task.status = 'open' and task.kind_id is not null and task.event_id is null
  and not exists (
    select from lifecycle_keymoment moment
    where moment.run_id = %(run)s and moment.customer_id = task.customer_id and moment.kind_id = task.kind_id
  )
"""
STEP_BACK = """
update callcenter_dispatch task
set is_lead = false
from callcenter_dispatchdraft draft
where draft.run_id = %(run)s and draft.is_lead and draft.customer_id = task.customer_id
  and task.status in ('open', 'accepted') and task.is_lead and draft.priority > task.priority
"""
ISSUE = """
with due as (
  select * from unnest(%(hours)s::int[], %(due_at)s::timestamptz[]) as due (hours, due_at)
), backup as (
  select * from unnest(%(owners)s::int[], %(backups)s::int[]) as backup (owner_id, backup_id)
), triple as (
  select distinct offer_1, offer_2, offer_3 from callcenter_dispatchdraft where run_id = %(run)s
), offers as (
  select triple.*, coalesce((
    select jsonb_agg(jsonb_build_object('offer', offer.id, 'cost_fen', offer.cost_fen, 'authority', 'phone_manager')
                     order by array_position(array[offer_1, offer_2, offer_3], offer.id::int))
    from offers_offer offer where offer.id in (offer_1, offer_2, offer_3)
  ), '[]'::jsonb) as told
  from triple
)
insert into callcenter_dispatch
  (run_id, event_id, customer_id, kind_id, is_lead, priority, status, county_id, manager_id, code, layer, stage, warning, score,
   reason_1, reason_2, reason_3, value_1, value_2, value_3, kept_fen, arpu_fen, level, value, reference, detected_at,
   due_at, expires_at, channel, wanted_channel, owner_role, owner_id, owner_unit_id, backup_owner_id, copied_to_id, script_version,
   offers, gate_rule, gate_next_at, delivered_at, related_orders, dials, seconds, result, cause)
select draft.run_id, brought.event_id, draft.customer_id, nullif(draft.kind_id, 0),
  draft.is_lead and not exists (
    select from callcenter_dispatch shown
    where shown.customer_id = draft.customer_id and shown.status in ('open', 'accepted') and shown.is_lead
  ),
  draft.priority, case when draft.is_control then 'control' else 'open' end, draft.county_id, draft.manager_id,
  draft.code, draft.layer, draft.stage, draft.warning, draft.score, draft.reason_1, draft.reason_2, draft.reason_3,
  draft.value_1, draft.value_2, draft.value_3, draft.kept_fen, draft.arpu_fen, draft.level, draft.value,
  draft.reference, %(detected_at)s, due.due_at,
  greatest(due.due_at + make_interval(days => %(grace_days)s),
           %(detected_at)s + make_interval(days => least(coalesce(kind.cool_down_days, 30), %(longest_days)s))),
  (%(channels)s::text[])[draft.channel + 1], (%(channels)s::text[])[draft.wanted_channel + 1],
  (%(roles)s::text[])[draft.owner_role + 1], nullif(draft.owner_id, 0),
  nullif(draft.unit_id, 0), nullif(backup.backup_id, 0), nullif(draft.copied_id, 0), coalesce(kind.version, 1),
  offers.told, case when draft.is_resting then 'resting' else 'allowed' end, %(opens_at)s,
  case when draft.is_control or (%(roles)s::text[])[draft.owner_role + 1] = 'phone_manager' then null else %(at)s end,
  '[]'::jsonb, 0, 0, '', ''
from callcenter_dispatchdraft draft
join due on due.hours = draft.deadline_hours
join offers using (offer_1, offer_2, offer_3)
left join backup on backup.owner_id = draft.owner_id
left join lifecycle_momentkind kind on kind.id = draft.kind_id
left join unnest(%(brought)s::int[], %(events)s::bigint[]) as brought (customer_id, event_id)
  on brought.customer_id = draft.customer_id
where draft.run_id = %(run)s and not draft.settles
  and not exists (
    select from callcenter_dispatch before
    where before.customer_id = draft.customer_id and before.run_id = any(%(same_day)s)
      and before.kind_id is not distinct from nullif(draft.kind_id, 0)
  )
order by draft.customer_id, draft.kind_id
on conflict do nothing
"""
# Whose shown task was closed shows the next one.
SHOW_NEXT = """
with next as (
  select distinct on (task.customer_id) task.id
  from callcenter_dispatch task
  where task.status in ('open', 'accepted') and (%(customers)s::int[] is null or task.customer_id = any(%(customers)s))
    and not exists (
      select from callcenter_dispatch shown
      where shown.customer_id = task.customer_id and shown.status in ('open', 'accepted') and shown.is_lead
    )
  order by task.customer_id, task.priority desc, task.id
)
update callcenter_dispatch task set is_lead = true from next where next.id = task.id
"""
FORGET_RECEIVERS = """
update callcenter_dispatch set receiver_id = null where receiver_id is not null and status in ('open', 'accepted')
"""
# The call of a household serves the others' tasks: they are its caller's for today.
SET_RECEIVERS = """
update callcenter_dispatch task
set receiver_id = home.receiver_id, owner_id = home.manager_id
from (
  select customer_id as receiver_id, manager_id, unnest(covers) as member_id
  from callcenter_queueitem where run_id = %(run)s and covers <> '{}'
) home
where task.customer_id = home.member_id and task.status in ('open', 'accepted') and task.owner_role = 'phone_manager'
"""
# A night writes as many drafts and tasks as there were before: planned on yesterday's numbers, what joins them takes
# seconds to minutes.
KNOW_DRAFTS = """
analyze callcenter_dispatchdraft (run_id, customer_id, kind_id, is_lead),
    callcenter_dispatch (customer_id, kind_id, status, is_lead, delivered_at)
"""
KNOW_TASKS = """
analyze callcenter_dispatch (customer_id, kind_id, status, is_lead, delivered_at),
    callcenter_queueitem (run_id, customer_id, callback_id)
"""
# With a call everything that will be said in it is on the desk.
DELIVER = """
update callcenter_dispatch task
set delivered_at = %(at)s
from (
  select customer_id from callcenter_queueitem where run_id = %(run)s and callback_id is null
  union
  select unnest(covers) from callcenter_queueitem where run_id = %(run)s and covers <> '{}'
) called
where task.customer_id = called.customer_id and task.status in ('open', 'accepted') and task.delivered_at is null
"""
LINK_QUEUE = """
update callcenter_queueitem item
set dispatch_id = task.id
from callcenter_dispatch task
where item.run_id = %(run)s and task.customer_id = item.customer_id and task.status in ('open', 'accepted')
  and task.is_lead
"""
LINK_CALLS = """
with item as (
  select id, customer_id, manager_id, covers from callcenter_queueitem where id = any(%(items)s)
), linked as (
  update callcenter_queueitem queued set dispatch_id = task.id
  from item join callcenter_dispatch task
    on task.customer_id = item.customer_id and task.status in ('open', 'accepted') and task.is_lead
  where queued.id = item.id
)
update callcenter_dispatch task
set delivered_at = coalesce(task.delivered_at, %(at)s),
  receiver_id = case when task.customer_id = item.customer_id then task.receiver_id else item.customer_id end,
  owner_id = case when task.customer_id = item.customer_id then task.owner_id else item.manager_id end
from item
where task.status in ('open', 'accepted')
  and (task.customer_id = item.customer_id and task.delivered_at is null
       or task.customer_id = any(item.covers) and task.owner_role = 'phone_manager')
"""


def issue(run: Any, *, same_day: Sequence[int], at: dt.datetime, opens_at: dt.datetime | None) -> int:
    """Close what is over, issue what the run proposed, link its queue; returns how many tasks are new.

    `same_day` are other runs of the same day; `opens_at` is when customers may first be called.
    """
    known = _known(run, at=at, detected_at=run.started_at, opens_at=opens_at, same_day=same_day)
    with connection.cursor() as cursor:
        cursor.execute(KNOW_DRAFTS)
        for statement in (CLOSE_LEFT, CLOSE_SETTLED, CLOSE_EXPIRED, CLOSE_SUPERSEDED, STEP_BACK):
            cursor.execute(statement, known)
        cursor.execute(ISSUE, known)
        issued = int(cursor.rowcount)
        cursor.execute(KNOW_TASKS)
        for statement in (SHOW_NEXT, FORGET_RECEIVERS, SET_RECEIVERS, LINK_QUEUE, DELIVER):
            cursor.execute(statement, known)
    DispatchDraft.objects.filter(run=run.pk)._raw_delete(DispatchDraft.objects.db)
    return issued


def issue_at_once(run: Any, *, events: Mapping[int, int], at: dt.datetime, opens_at: dt.datetime | None) -> int:
    """Issue what events (by customer) proposed beside the published run; returns how many tasks are new.

    Needs the transaction that wrote the drafts: others see neither them nor half of what becomes of them.
    """
    known = _known(run, at=at, detected_at=at, opens_at=opens_at, same_day=())
    known |= {"brought": list(events), "events": list(events.values()), "customers": list(events)}
    with connection.cursor() as cursor:
        cursor.execute(STEP_BACK, known)
        cursor.execute(ISSUE, known)
        issued = int(cursor.rowcount)
        cursor.execute(SHOW_NEXT, known)
    DispatchDraft.objects.filter(run=run.pk, customer_id__in=events)._raw_delete(DispatchDraft.objects.db)
    return issued


def _known(
    run: Any, *, at: dt.datetime, detected_at: dt.datetime, opens_at: dt.datetime | None, same_day: Sequence[int]
) -> dict[str, Any]:
    hours = list(DispatchDraft.objects.filter(run=run.pk).values_list("deadline_hours", flat=True).distinct())
    pairs = backups()
    return {
        "run": run.pk,
        "brought": [],
        "events": [],
        "at": at,
        "same_day": list(same_day),
        "detected_at": detected_at,
        "opens_at": opens_at,
        "hours": hours,
        "due_at": [add_working_time(detected_at, number) for number in hours],
        "owners": list(pairs),
        "backups": list(pairs.values()),
        "channels": list(CHANNELS),
        "roles": list(ROLES),
        "grace_days": GRACE_DAYS,
        "longest_days": LONGEST_DAYS,
        "customers": None,
    }


def link_calls(items: Sequence[int], *, at: dt.datetime) -> None:
    """Link queue items put up beside the night's with their customers' shown tasks, now on the desk; the household's too."""
    with connection.cursor() as cursor:
        cursor.execute(LINK_CALLS, {"items": list(items), "at": at})


def show_next(customers: Sequence[int]) -> None:
    """Show the most urgent open task of customers whose shown task was closed."""
    with connection.cursor() as cursor:
        cursor.execute(SHOW_NEXT, {"customers": list(customers)})
