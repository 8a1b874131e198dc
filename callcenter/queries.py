"""Reads for the desk, the promises and the team page. Every one names the run and the instant it speaks of."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from callcenter.claims import BLOCKED, ITS_CUSTOMER, LATER
from callcenter.models import Callback, Contact, PhoneManager, QueueItem
from customers import access
from customers.models import Branch, Customer, DoNotDisturb, Run, Staff

# Walks queue_of_manager_by_status. A lease that ran out counts as waiting: the next claim frees it. Promises are
# counted by themselves, so the waiting ones here are the night's.
IS_WAITING = "item.callback_id is null and (item.status = 'pending' or item.lease_expires_at <= %(at)s)"
COUNTS = f"""
    item.manager_id,
    count(*) filter (where {IS_WAITING}),
    count(*) filter (where item.status = 'leased' and item.lease_expires_at > %(at)s)
"""
QUEUES = f"""
    from callcenter_queueitem as item
    {ITS_CUSTOMER}
    where item.manager_id = any(%(managers)s) and item.run_id = %(run)s and item.status in ('pending', 'leased')
      and case when ({BLOCKED}) is null then true else false end
    group by item.manager_id
"""
NUMBERS = f"select {COUNTS} {QUEUES}"
# On a desk also whom the claim passes by at this instant; asked customer by customer, so not for a whole team.
WITH_LATER = f"select {COUNTS}, count(*) filter (where {IS_WAITING} and {LATER}) {QUEUES}"


@dataclass(frozen=True)
class DeskNumbers:
    """Today on one desk. `saved_fen` is the expected kept revenue of today's accepted calls.

    later: of the waiting ones, whom the claim passes by now, in the pause after a call nobody took or because somebody
    has their household in hand today.
    """

    waiting: int = 0
    later: int = 0
    in_hand: int = 0
    done: int = 0
    accepted: int = 0
    saved_fen: int = 0
    promises: int = 0
    due_promises: int = 0
    next_promise_at: dt.datetime | None = None

    @property
    def callable_now(self) -> int:
        return self.waiting - self.later

    @property
    def total(self) -> int:
        return self.waiting + self.in_hand + self.done


@dataclass(frozen=True)
class TeamRow:
    """Today of one phone manager, or of all together (`staff` None); `by_outcome` in the order of Contact.Outcome."""

    staff: Staff | None
    is_absent: bool
    pending: int
    in_hand: int
    promises: int
    done: int
    by_outcome: list[int]


def desk_numbers(manager: Staff, *, run: Run | None, at: dt.datetime) -> DeskNumbers:
    """Count one manager's day: what waits, what is done since midnight, what was promised."""
    found = _queue_numbers(WITH_LATER, [manager.pk], run=run, at=at).get(manager.pk, (0, 0, 0))
    waiting, in_hand, later = found
    is_accepted = Q(outcome=Contact.Outcome.ACCEPTED)
    today = Contact.objects.filter(staff=manager, ended_at__gte=midnight(at)).aggregate(
        done=Count("pk"),
        accepted=Count("pk", filter=is_accepted),
        saved_fen=Coalesce(Sum("queue_item__kept_fen", filter=is_accepted), 0),
    )
    promised = open_promises(manager, at=at).aggregate(
        promises=Count("pk"), due_promises=Count("pk", filter=Q(due_at__lte=at)), next_promise_at=Min("due_at")
    )
    return DeskNumbers(waiting=waiting, later=later, in_hand=in_hand, **today, **promised)


def open_promises(manager: Staff, *, at: dt.datetime) -> QuerySet[Callback]:
    """Return the manager's open promises to customers who may still be called."""
    silence = DoNotDisturb.objects.in_force(at).filter(customer=OuterRef("customer"))
    return Callback.objects.filter(
        ~Exists(silence),
        manager=manager,
        status=Callback.Status.OPEN,
        customer__manager=F("manager"),
        customer__state__lte=Customer.State.PRE_CANCEL,
    ).select_related("customer")


def team(leader: Staff, *, run: Run | None, at: dt.datetime) -> list[TeamRow]:
    """Return today of every phone manager in the leader's branch, ordered by name."""
    desks = PhoneManager.objects.filter(staff__branch__in=_branches_of(leader), staff__is_active=True)
    desks = desks.select_related("staff").order_by("staff__display_name", "staff_id")
    people = [desk.staff_id for desk in desks]
    queue, outcomes = _queue_numbers(NUMBERS, people, run=run, at=at), _outcomes_of(people, at=at)
    open_calls = dict(
        Callback.objects.filter(manager__in=people, status=Callback.Status.OPEN)
        .values_list("manager")
        .annotate(number=Count("pk"))
    )
    return [
        _team_row(desk, queue=queue, outcomes=outcomes.get(desk.staff_id, {}), promises=open_calls) for desk in desks
    ]


def together(rows: list[TeamRow]) -> TeamRow:
    """Return the sum of all rows."""
    return TeamRow(
        staff=None,
        is_absent=False,
        pending=sum(row.pending for row in rows),
        in_hand=sum(row.in_hand for row in rows),
        promises=sum(row.promises for row in rows),
        done=sum(row.done for row in rows),
        by_outcome=[sum(numbers) for numbers in zip(*(row.by_outcome for row in rows), strict=True)],
    )


def withdrawn(manager: Staff, *, run: Run | None) -> int:
    """Count whom this run's queue lost since the night: do not call, moved, left, listed, no consent."""
    gone = QueueItem.objects.filter(manager=manager, run=run, status=QueueItem.Status.WITHDRAWN)
    return gone.exclude(withdrawn_reason__in=("served", "household")).count() if run else 0


def midnight(at: dt.datetime) -> dt.datetime:
    """Return the beginning of the business day this instant lies in."""
    return timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)


def _queue_numbers(query: str, managers: list[int], *, run: Run | None, at: dt.datetime) -> dict[int, tuple[int, ...]]:
    if run is None:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(query, {"managers": managers, "run": run.pk, "at": at})
        return {manager: tuple(numbers) for manager, *numbers in cursor.fetchall()}


def _branches_of(leader: Staff) -> QuerySet[Branch]:
    scope = access.scope_of(leader)
    if scope.is_everything:
        return Branch.objects.all()
    return Branch.objects.filter(Q(pk__in=scope.county_ids) | Q(parent__in=scope.county_ids))


def _outcomes_of(people: list[int], *, at: dt.datetime) -> dict[int, dict[str, int]]:
    rows = (
        Contact.objects.filter(staff__in=people, ended_at__gte=midnight(at))
        .values_list("staff", "outcome")
        .annotate(number=Count("pk"))
    )
    found: dict[int, dict[str, int]] = {}
    for staff, outcome, number in rows:
        found.setdefault(staff, {})[outcome] = number
    return found


def _team_row(
    desk: PhoneManager, *, queue: dict[int, tuple[int, int]], outcomes: dict[str, int], promises: dict[int, int]
) -> TeamRow:
    pending, in_hand = queue.get(desk.staff_id, (0, 0))
    return TeamRow(
        staff=desk.staff,
        is_absent=desk.is_absent,
        pending=pending,
        in_hand=in_hand,
        promises=promises.get(desk.staff_id, 0),
        done=sum(outcomes.values()),
        by_outcome=[outcomes.get(outcome, 0) for outcome in Contact.Outcome],
    )
