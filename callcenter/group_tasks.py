"""Customers of the group department on a call list: a task for their account manager, no call of a phone desk.

Whose they are is the night's rule (task_terms.belongs_to_group); the phone manager sees the task with its owner.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.utils import timezone

from callcenter.models import CallList, Dispatch
from callcenter.task_terms import CATEGORIES, priority
from customers.models import Customer, Run, Staff, Standing
from lifecycle.models import MomentKind

DUE_HOUR = 18
GRACE = dt.timedelta(days=3)
KNOWN = ("county_id", "manager_id", "code", "layer", "stage", "warning", "score", "kept_fen", "arpu_fen")


def hand_over(customers: Sequence[int], *, call_list: CallList, run: Run, at: dt.datetime) -> int:
    """Give each customer's account manager a task about the list; returns how many are new.

    Who has an open task without a moment already keeps that one: it is with the same person.
    """
    owners = dict(Customer.objects.filter(pk__in=customers).values_list("pk", "group__account_manager"))
    shown = set(
        Dispatch.objects.filter(Dispatch.lead_filter(), customer__in=customers).values_list("customer", flat=True)
    )
    before = Dispatch.objects.open().filter(customer__in=customers, kind=None)
    has_one = set(before.values_list("customer", flat=True))
    standings = Standing.objects.filter(run_id=run.pk, customer_id__in=set(customers) - has_one).order_by("customer_id")
    due = timezone.make_aware(dt.datetime.combine(call_list.last_day, dt.time(DUE_HOUR)))
    tasks = [
        Dispatch(
            run=run,
            customer_id=standing.customer_id,
            call_list=call_list,
            is_lead=standing.customer_id not in shown,
            priority=int(priority(MomentKind.Level.NORMAL, CATEGORIES.index("B"))),
            level=MomentKind.Level.NORMAL,
            detected_at=at,
            due_at=due,
            expires_at=due + GRACE,
            channel=Dispatch.Channel.CALL,
            owner_role=Dispatch.OwnerRole.ACCOUNT_MANAGER,
            owner_id=owners[standing.customer_id],
            gate_rule="allowed",
            delivered_at=at,
            **{name: getattr(standing, name) for name in KNOWN},
        )
        for standing in standings
    ]
    return len(Dispatch.objects.bulk_create(tasks, batch_size=500))


def owners_of(call_list: CallList) -> list[tuple[str, int, int]]:
    """Return (account manager, tasks, open ones) of what a list handed to the group department, by name."""
    found: dict[str, list[bool]] = {}
    for task in Dispatch.objects.filter(call_list=call_list).select_related("owner").order_by("pk"):
        found.setdefault(str(task.owner or ""), []).append(task.is_open)
    return [(name, len(open_ones), sum(open_ones)) for name, open_ones in sorted(found.items())]


def close_tasks(call_list: CallList, *, by: Staff, at: dt.datetime) -> None:
    """End the tasks nobody has accepted of a list that is closed."""
    waiting = Dispatch.objects.filter(call_list=call_list, status=Dispatch.Status.OPEN)
    waiting.update(status=Dispatch.Status.CLOSED, result=Dispatch.Result.EXPIRED, closed_at=at, closed_by=by)
