"""What people and senders do with a task: accept, close with a result, send a message. Each is one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from callcenter import home_day
from callcenter.issuing import show_next
from callcenter.models import Contact, Dispatch, QueueItem
from callcenter.models.dispatch import OUTBOUND
from callcenter.verdicts import home_verdicts, message_verdict, task_verdict
from customers import audit
from customers.models import Staff
from retention.gate import Purpose, Rule, Verdict

TRIES = 3  # unanswered calls, then the task ends as not reached (DOMAIN 5.2)
Result = Dispatch.Result

# What a conversation leaves in the contact log; a task that is only handled there was accepted there.
LOGGED = {
    Result.ACCEPTED: Contact.Outcome.ACCEPTED,
    Result.HANDLED: Contact.Outcome.ACCEPTED,
    Result.THINKING: Contact.Outcome.THINKING,
    Result.REFUSED: Contact.Outcome.REFUSED,
    Result.NOT_REACHED: Contact.Outcome.NO_ANSWER,
}
CLOCK = (Rule.SPRING_FESTIVAL, Rule.QUIET_HOURS)  # a contact of this day may be planned before the hours begin


class NotOpen(Exception):
    """Somebody closed the task meanwhile, or it is not the shown one."""


class CauseMissing(ValueError):
    """A refusal needs a cause."""


class NotAMessage(ValueError):
    """Only tasks of the outbox are sent."""


class MayNotContact(Exception):
    """The gate does not allow the contact at this instant; `verdict` says why, and until when it must wait."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.rule)
        self.verdict = verdict


@dataclass(frozen=True)
class Closing:
    """What came of a task."""

    result: str
    cause: str = ""
    note: str = ""
    satisfaction: int | None = None
    order: str = ""
    came_to_us: bool = False  # the customer began the contact: in the hall, on the hotline, by calling back


@transaction.atomic
def accept(task: Dispatch, *, by: Staff, at: dt.datetime) -> None:
    """Take an issued task; a unit's task gets its person. Raises NotOpen when somebody else was first."""
    mine = Dispatch.objects.filter(pk=task.pk, status=Dispatch.Status.OPEN, is_lead=True)
    if mine.update(status=Dispatch.Status.ACCEPTED, accepted_at=at, owner=by) != 1:
        raise NotOpen(task.pk)
    audit.record("task.accept", actor=by, at=at, subject=task)


@transaction.atomic
def hold(task: Dispatch, *, by: Staff, at: dt.datetime) -> None:
    """Take the household's contact of today for a task; until it is closed or the day ends nobody else goes there.

    An issued task is accepted with it. Raises MayNotContact when the gate says no, NotOpen.
    """
    home_day.own(task.customer_id)
    verdict = task_verdict(task, at=at)
    if not verdict.allowed and verdict.rule not in CLOCK:
        raise MayNotContact(verdict)
    mine = Dispatch.objects.open().filter(Q(status=Dispatch.Status.OPEN) | Q(owner=by), pk=task.pk, is_lead=True)
    mine = mine.filter(channel__in=OUTBOUND)
    taken = {"accepted_at": Coalesce("accepted_at", Value(at)), "status": Dispatch.Status.ACCEPTED}
    if mine.update(owner=by, held_at=at, **taken) != 1:
        raise NotOpen(task.pk)
    audit.record("task.hold", actor=by, at=at, subject=task)


@transaction.atomic
def close(task: Dispatch, closing: Closing, *, by: Staff, at: dt.datetime) -> None:
    """Close a task with its result, and with it the customer's other tasks it spoke of; log the contact.

    Raises NotOpen and CauseMissing, and MayNotContact when we went to a household that had its contact of today, or
    that a colleague is about to contact. "Not reached" closes this task alone.
    """
    if closing.result == Result.REFUSED and not closing.cause:
        raise CauseMissing("refused")
    if closing.result != Result.NOT_REACHED and not closing.came_to_us:
        _check_home(task, at=at)
    orders = [closing.order.strip()] if closing.order.strip() else []
    values = {"satisfaction": closing.satisfaction, "related_orders": orders}
    if _end(Dispatch.objects.filter(pk=task.pk, is_lead=True), closing, by=by, at=at, **values) != 1:
        raise NotOpen(task.pk)
    _log(task, closing, by=by, at=at)
    if closing.result != Result.NOT_REACHED:
        _end(Dispatch.objects.filter(customer=task.customer_id), closing, by=by, at=at)
        _withdraw_calls([task.customer_id], at=at)
    show_next([task.customer_id])
    audit.record("task.close", actor=by, at=at, subject=task, result=closing.result, cause=closing.cause)


@transaction.atomic
def mark_sent(task: Dispatch, *, by: Staff, at: dt.datetime) -> None:
    """Record that a sender delivered the message of a task; the next task of the customer is shown.

    Raises NotAMessage, NotOpen, and MayNotContact when the gate forbids the message at this instant.
    """
    if not task.is_message:
        raise NotAMessage(task.channel)
    verdict = message_verdict(task, at=at)
    if not verdict.allowed:
        raise MayNotContact(verdict)
    sent = Dispatch.objects.filter(pk=task.pk, is_lead=True)
    if _end(sent, Closing(result=Result.SENT), by=by, at=at) != 1:
        raise NotOpen(task.pk)
    show_next([task.customer_id])
    audit.record("task.sent", actor=by, at=at, subject=task, channel=task.channel)


def settle_by_call(
    item: QueueItem,
    *,
    outcome: str,
    cause: str,
    callback_at: dt.datetime | None,
    satisfaction: int | None,
    by: Staff,
    at: dt.datetime,
) -> int:
    """Close the tasks a call at the desk served, the household's too; returns how many. In the caller's transaction.

    Nobody there: the try is counted, the third one ends the shown task. A promised callback keeps the tasks open until
    then. Everything else is a result.
    """
    seconds = _seconds(item.leased_at or at, at)
    served = _served(item)
    served.filter(customer=item.customer_id, is_lead=True).update(seconds=F("seconds") + seconds)
    served.filter(attempted_at=None).update(attempted_at=at)
    if outcome == Contact.Outcome.NO_ANSWER:
        return _count_try(served, item, by=by, at=at)
    if callback_at and outcome == Contact.Outcome.THINKING:
        served.filter(status=Dispatch.Status.OPEN).update(status=Dispatch.Status.ACCEPTED, accepted_at=at)
        served.update(next_contact_at=callback_at)
        return 0
    closing = Closing(result=outcome, cause=cause)
    people = [item.customer_id, *item.covers]
    lead = served.filter(customer=item.customer_id, is_lead=True)
    closed = _end(lead, closing, by=by, at=at, satisfaction=satisfaction)
    closed += _end(_served(item), closing, by=by, at=at)
    show_next(people)
    return closed


def escalate(*, at: dt.datetime) -> int:
    """Flag the shown tasks whose deadline has passed, once each; returns how many."""
    overdue = Dispatch.objects.filter(Dispatch.lead_filter(), due_at__lt=at, escalated_at=None, level__gt=0)
    return overdue.update(escalated_at=at)


def _check_home(task: Dispatch, *, at: dt.datetime) -> None:
    """Raise MayNotContact when the contact of a task would be its household's second of the day.

    Whoever held the day kept all others from selling there; what came to us meanwhile does not undo a visit that was made.
    """
    if task.holds_today(at):
        return
    home_day.own(task.customer_id)
    verdict = home_verdicts([task], at=at).get(task.pk)
    if verdict:
        raise MayNotContact(verdict)


def _served(item: QueueItem) -> models.QuerySet[Dispatch]:
    """Return the open tasks a call is about: all of the customer's, and the phone desk's of who is covered."""
    others = Q(customer__in=item.covers, owner_role=Dispatch.OwnerRole.PHONE_MANAGER)
    return Dispatch.objects.open().filter(Q(customer=item.customer_id) | others)


def _count_try(served: models.QuerySet[Dispatch], item: QueueItem, *, by: Staff, at: dt.datetime) -> int:
    lead = served.filter(customer=item.customer_id, is_lead=True)
    lead.update(dials=F("dials") + 1)
    ended = _end(lead.filter(dials__gte=TRIES), Closing(result=Result.NOT_REACHED), by=by, at=at)
    if ended:
        show_next([item.customer_id])
    return ended


def _end(tasks: models.QuerySet[Dispatch], closing: Closing, *, by: Staff, at: dt.datetime, **values: Any) -> int:
    """Close the tasks that are still open and return how many were."""
    return (
        Dispatch.objects.open()
        .filter(pk__in=tasks.open().values("pk"))
        .update(
            status=Dispatch.Status.CLOSED,
            result=closing.result,
            cause=closing.cause,
            closed_at=at,
            closed_by=by,
            **values,
        )
    )


def _withdraw_calls(customers: Iterable[int], *, at: dt.datetime) -> None:
    """Take customers somebody else has just served out of tonight's queues."""
    waiting = QueueItem.objects.filter(customer__in=list(customers), status="pending", callback=None)
    waiting.update(status="withdrawn", withdrawn_reason="served", closed_at=at)


def _log(task: Dispatch, closing: Closing, *, by: Staff, at: dt.datetime) -> None:
    is_outbound = task.channel in OUTBOUND and not closing.came_to_us
    Contact.objects.create(
        customer_id=task.customer_id,
        staff=by,
        channel=_log_channel(task, is_outbound),
        is_outbound=is_outbound,
        is_service=task.purpose == Purpose.SERVICE,
        started_at=at,
        ended_at=at,
        outcome=LOGGED[Result(closing.result)],
        cause=closing.cause,
        note=closing.note.strip(),
        source_key=f"task:{task.pk}",
    )


def _log_channel(task: Dispatch, is_outbound: bool) -> str:
    """Return where the contact log puts it: what the customer began was said on the hotline or in the hall."""
    if is_outbound:
        return "visit" if task.channel == Dispatch.Channel.VISIT else "call"
    return "hotline" if task.owner_role == Dispatch.OwnerRole.HOTLINE else "hall"


def _seconds(began: dt.datetime, ended: dt.datetime) -> int:
    return max(0, int((ended - began).total_seconds()))
