"""Call lists: a list or a segment becomes calls of the customers' own managers, through the gate and no other way.

Who may not be called is left out by name of the rule when the list is made, and again whenever an item is claimed
(claims.py) and a number is asked for (verdicts.py). Each night's queue takes the open lists up anew.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import connection, transaction

from callcenter.claims import BLOCKED
from callcenter.group_tasks import close_tasks, hand_over
from callcenter.list_queue import CALLS_ABOUT, fill_queue, resting_of
from callcenter.models import CallList, CallListEntry, QueueItem
from callcenter.task_terms import GROUP
from customers import audit
from customers.models import Run, Staff

MOST_CUSTOMERS = 2_000  # of one list: more than a team calls in the days it has
MOST_DAYS = 31
FREE, RESTING, OF_GROUP = "free", "resting", "group"

# The layers and codes a manager calls at all (ranking.is_candidate, DOMAIN 4.9): others are served by app and message.
SORT = f"""
    select item.customer_id,
        case
            when standing.layer = %(group)s and standing.band > 0 and ({BLOCKED}) is null
              and not item.customer_id = any(%(resting)s) then '{OF_GROUP}'
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

PROGRESS = f"""
    select entry.call_list_id, coalesce(last.outcome, 'waiting'), count(*)
    from callcenter_calllistentry as entry
    join callcenter_calllist as list on list.id = entry.call_list_id
    left join lateral (
        select told.outcome from ({CALLS_ABOUT}) as told
        order by told.outcome = 'no_answer', told.started_at desc limit 1
    ) as last on true
    where entry.call_list_id = any(%(lists)s)
    group by 1, 2 order by 1, 2
"""  # noqa: S608 - built from constants only


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
        known = {"customers": list(customers), "run": run.pk, "at": at, "group": GROUP}
        cursor.execute(SORT, known | {"resting": resting_of(cursor, customers, at=at)})
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
    """Keep whom the gate lets through as a call list and queue them; the group department gets its own as tasks.

    Raises TooManyToCall, NobodyToCall.
    """
    if len(customers) > MOST_CUSTOMERS:
        raise TooManyToCall
    verdicts = sorted_by_gate(customers, run=run, at=at)
    free, of_group = verdicts.pop(FREE, []), verdicts.get(OF_GROUP, [])
    left_out = {why: len(found) for why, found in sorted(verdicts.items())}
    if not free and not of_group:
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
    hand_over(of_group, call_list=kept, run=run, at=at)
    audit.record("call_list.make", actor=by, at=at, subject=kept, customers=len(free), left_out=left_out, query=query)
    return kept


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
    close_tasks(call_list, by=by, at=at)
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
