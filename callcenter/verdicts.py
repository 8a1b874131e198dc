"""What the gate says about a call to the customer in hand or about a task, with the contact log this app keeps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.utils import timezone

from callcenter.home_day import Asker, HomeDay, days_of
from callcenter.models import Contact, Dispatch, QueueItem
from callcenter.task_terms import CONSENT
from callcenter.ways import MESSAGES
from customers.aliases import records_of
from customers.models import Customer
from retention.gate import CALL, ContactHistory, Purpose, Verdict, judge_home, may_contact
from retention.policies import contact_terms_of, live_contact_policy
from retention.quiet_hours import day_kind, is_open

# Longer than the cap window and any wait after a refusal.
HISTORY = dt.timedelta(days=92)


def verdict_now(item: QueueItem, *, at: dt.datetime, purpose: Purpose | None = None) -> Verdict:
    """Return whether the customer may be called at this instant, for the purpose of the item unless another is asked for."""
    purpose = purpose or (Purpose.SERVICE if item.serves else Purpose.MARKETING)
    history = _history(item.customer, Asker(item.customer_id, item_id=item.pk), at=at)
    return may_contact(item.customer, channel=CALL, purpose=purpose, at=at, history=history)


def task_verdict(task: Dispatch, *, at: dt.datetime) -> Verdict:
    """Return whether the person of a task may call or visit its customer at this instant."""
    history = _history(task.customer, Asker(task.customer_id, task_id=task.pk), at=at)
    return may_contact(task.customer, channel=CALL, purpose=task.purpose, at=at, history=history)


def home_verdicts(tasks: Iterable[Dispatch], *, at: dt.datetime) -> dict[int, Verdict]:
    """Return by task what the household's contact of the day says, for those that must wait; two queries at most."""
    asked = {task.pk: Asker(task.customer_id, task_id=task.pk) for task in tasks if task.is_open and task.may_wait}
    days = {pk: day for pk, day in _days(asked, at=at).items() if day != HomeDay()}
    if not days:
        return {}
    terms = contact_terms_of(live_contact_policy())
    said = {pk: judge_home(day.added_to(ContactHistory()), terms, at=at) for pk, day in days.items()}
    return {pk: verdict for pk, verdict in said.items() if not verdict.allowed}


def history_of(customer: Customer, *, at: dt.datetime) -> ContactHistory:
    """Return the outbound calls the gate counts: service calls, promised ones among them, count nowhere."""
    calls = Contact.objects.filter(
        customer__in=records_of(customer.pk),
        channel=CALL,
        is_outbound=True,
        is_service=False,
        started_at__gt=at - HISTORY,
    ).values_list("outcome", "started_at")
    return counted(calls)


def message_verdict(task: Dispatch, *, at: dt.datetime) -> Verdict:
    """Return whether the message of a task may go out at this instant; a voice menu is a call."""
    customer, channel = task.customer, CONSENT[task.channel]
    asker = Asker(task.customer_id, task_id=task.pk)
    history = _history(customer, asker, at=at) if channel == CALL else messages_of(customer, at=at)
    return may_contact(customer, channel=channel, purpose=task.purpose, at=at, history=history)


def messages_of(customer: Customer, *, at: dt.datetime) -> ContactHistory:
    """Return the messages of the outbox but service, and the refusals on any channel, as the gate counts them."""
    sent = Dispatch.objects.filter(
        customer__in=records_of(customer.pk),
        result=Dispatch.Result.SENT,
        channel__in=MESSAGES,
        closed_at__gt=at - HISTORY,
    ).exclude(kind__is_service=True)
    refused = Contact.objects.filter(
        customer__in=records_of(customer.pk),
        started_at__gt=at - HISTORY,
        outcome__in=(Contact.Outcome.REFUSED, Contact.Outcome.DO_NOT_CALL),
    )
    return ContactHistory(
        contacts=tuple(sent.values_list("closed_at", flat=True)),
        refusals=tuple(refused.values_list("started_at", flat=True)),
    )


def counted(calls: Iterable[tuple[str, dt.datetime]]) -> ContactHistory:
    """Return (outcome, start) of outbound calls as the gate wants them: a refusal is a contact too."""
    by_outcome: dict[str, list[dt.datetime]] = {}
    for outcome, started_at in calls:
        by_outcome.setdefault(outcome, []).append(started_at)
    unanswered = by_outcome.pop(Contact.Outcome.NO_ANSWER, [])
    refusals = by_outcome.get(Contact.Outcome.REFUSED, []) + by_outcome.get(Contact.Outcome.DO_NOT_CALL, [])
    answered = [started_at for instants in by_outcome.values() for started_at in instants]
    return ContactHistory(contacts=tuple(answered), refusals=tuple(refusals), unanswered=tuple(unanswered))


def is_calling_time(at: dt.datetime) -> bool:
    """Return whether customers may be called at this instant, by the live policy."""
    return is_open(at, live_contact_policy().hours)


def calling_ends_at(at: dt.datetime) -> dt.datetime | None:
    """Return the end of the calling window the instant lies in, or None outside every window."""
    local = timezone.localtime(at)
    for start, end in live_contact_policy().hours.get(day_kind(local.date()), []):
        if start <= f"{local:%H:%M}" < end:
            return local.replace(hour=int(end[:2]), minute=int(end[3:]), second=0, microsecond=0)
    return None


def _history(customer: Customer, asker: Asker, *, at: dt.datetime) -> ContactHistory:
    """Return the customer's own history with the household's day."""
    return days_of([asker], at=at)[asker].added_to(history_of(customer, at=at))


def _days(asked: dict[int, Asker], *, at: dt.datetime) -> dict[int, HomeDay]:
    days = days_of(asked.values(), at=at)
    return {pk: days[asker] for pk, asker in asked.items()}
