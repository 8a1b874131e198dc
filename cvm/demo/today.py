"""The first day of the demonstration branch: who came to the hall, called, or asked for less, and who was served.

The events go through their own door and are judged like everybody's (cvm/events/); what clerk and hotline close goes
through the actions of their list. Nobody is drawn who has a task already, so that the new one is the one shown.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Sequence

from django.db import transaction
from django.utils import timezone

from callcenter import task_actions
from callcenter.models import Dispatch
from callcenter.task_actions import Closing
from customers.models import Customer, EventDelivery, Run, Staff, Standing
from customers.receiving.accepting import Sender, take_delivery
from cvm.events import settling
from segmentation.models import Code

FILE = "events-demo.jsonl"
EACH = 8  # visits, calls
REQUESTS = 3
MINUTES = 7  # between two of a kind
# what came of the first ones; the others still wait
SERVED = (
    Closing(result="accepted", satisfaction=5, order="SL-20170904-01"),
    Closing(result="handled", satisfaction=4),
    Closing(result="refused", cause="fee", satisfaction=3),
)


def live_a_day(*, run: Run, clock: Callable[[], dt.datetime]) -> int:
    """Let today happen once; returns how many events were taken."""
    clerk, agent = (_somebody(role) for role in (Staff.Role.HALL_CLERK, Staff.Role.HOTLINE_AGENT))
    if (
        clerk is None
        or agent is None
        or clerk.branch is None
        or EventDelivery.objects.filter(idempotency_key=FILE).exists()
    ):
        return 0
    at = clock()
    rows = _events(_valuable(run), clerk=clerk, at=at)
    if rows:
        said = json.dumps(rows, ensure_ascii=False)
        with transaction.atomic():
            sender = Sender(EventDelivery.Source.INBOX, file_name=FILE)
            sha256 = hashlib.sha256(said.encode()).hexdigest()
            take_delivery(rows, sender=sender, idempotency_key=FILE, sha256=sha256, now=at)
        settling.settle_waiting(clock=clock)
    for person in (clerk, agent):
        _serve(person, at=clock())
    return len(rows)


def _somebody(role: str) -> Staff | None:
    return Staff.objects.filter(role=role, is_active=True).select_related("branch").order_by("pk").first()


def _valuable(run: Run) -> list[Customer]:
    """Return customers of code A and B on the network without a warning or an open task, in the order of their keys.

    Beside a retention task what else could be offered stays silent.
    """
    worth = Standing.objects.filter(run_id=run.pk, code__in=(Code.A, Code.B), state=1, warning=0).values("customer_id")
    busy = Dispatch.objects.open().values("customer_id")
    found = Customer.objects.filter(pk__in=worth, merged_into=None).exclude(pk__in=busy)
    return list(found.only("pk", "user_code", "hall_id", "manager_id").order_by("pk"))


def _events(people: list[Customer], *, clerk: Staff, at: dt.datetime) -> list[dict[str, str]]:
    ours = [one for one in people if one.hall_id == clerk.branch_id][:EACH]
    others = [one for one in people if one not in ours]
    asking = [one for one in others if one.manager_id][:REQUESTS]
    calling = [one for one in others if one not in asking][:EACH]
    return [
        *_of_kind("hall_visit", ours, at=at),
        *_of_kind("hotline_in", calling, at=at),
        *_of_kind("downgrade_request", asking, at=at),
    ]


def _of_kind(kind: str, people: Sequence[Customer], *, at: dt.datetime) -> list[dict[str, str]]:
    """Return an event for each, one every few minutes up to now, none of them yesterday."""
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    return [
        {
            "source_key": f"demo-{kind}-{one.pk}",
            "kind": kind,
            "user_code": one.user_code,
            "occurred_at": max(at - dt.timedelta(minutes=MINUTES * number), midnight).isoformat(),
        }
        for number, one in enumerate(people)
    ]


def _serve(person: Staff, *, at: dt.datetime) -> None:
    """Close the first tasks of a person's list that a customer in front of us began, or that are service."""
    tasks = Dispatch.objects.visible_to(person).filter(Dispatch.lead_filter()).select_related("kind", "customer")
    free = [task for task in tasks.order_by("due_at", "pk")[: 4 * EACH] if not task.may_wait]
    for task, closing in zip(free, SERVED, strict=False):
        task_actions.accept(task, by=person, at=at)
        task_actions.close(task, closing, by=person, at=at)
