"""What a phone manager does with the customer in hand. Page and API call these; each is one transaction."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Max, OuterRef, Subquery

from callcenter import arrivals, claims, home_day
from callcenter.claims import LeaseLost
from callcenter.models import Callback, Contact, QueueItem
from callcenter.task_actions import settle_by_call
from callcenter.verdicts import verdict_now
from customers import audit
from customers.actions import set_do_not_disturb
from customers.models import AuditEntry, Customer, Staff
from retention.gate import Verdict

REVEALS_PER_HOUR = 100
REVEAL = "desk.reveal_number"
# A promise put off by a skip comes back after this long.
SKIPPED_PROMISE_WAITS = dt.timedelta(minutes=15)


class CauseMissing(ValueError):
    """A refusal needs a cause, and the cause "other" needs a note (DOMAIN S-135, 3.9)."""


class RevealLimit(Exception):
    """This person has looked at too many numbers within an hour."""


class MayNotCall(Exception):
    """The gate does not allow a call at this instant."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.rule)
        self.verdict = verdict


@dataclass(frozen=True)
class Result:
    """What came out of a call."""

    outcome: str
    cause: str = ""
    note: str = ""
    offer_id: int = 0
    callback_at: dt.datetime | None = None
    satisfaction: int | None = None


@transaction.atomic
def save_result(result: Result, *, token: uuid.UUID, by: Staff, at: dt.datetime) -> Contact:
    """Log the call, close the item, keep and make promises. Raises LeaseLost and CauseMissing.

    Saving the same token again returns the contact of the first time: a second click changes nothing.
    """
    _check_cause(result)
    _own_home(token)
    if not claims.close(token=token, manager=by, at=at, status=QueueItem.Status.DONE, closed_at=at):
        return _saved_before(token=token, by=by, at=at)
    item = QueueItem.objects.select_related("customer", "callback").get(lease_token=token)
    contact = _log(result, item=item, by=by, at=at)
    _settle_promises(result, item=item, by=by, at=at)
    settle_by_call(
        item,
        outcome=result.outcome,
        cause=result.cause,
        callback_at=result.callback_at,
        satisfaction=result.satisfaction,
        by=by,
        at=at,
    )
    if result.outcome == Contact.Outcome.DO_NOT_CALL:
        set_do_not_disturb(item.customer, by=by, at=at, source="desk")
    _withdraw_others(result, item=item, at=at)
    if result.outcome == Contact.Outcome.NO_ANSWER and item.covers:
        arrivals.come_back(item, at=at)
    audit.record("desk.result", actor=by, at=at, subject=contact, outcome=result.outcome, item=item.pk)
    return contact


@transaction.atomic
def skip(*, token: uuid.UUID, by: Staff, at: dt.datetime, reason: str) -> None:
    """Put the customer in hand behind everybody else, with the reason. Raises LeaseLost."""
    item = QueueItem.objects.filter(lease_token=token).select_related("callback").first()
    last = QueueItem.objects.filter(manager=by, run=item.run_id if item else None).aggregate(last=Max("rank"))["last"]
    freed = {"status": QueueItem.Status.PENDING, "lease_token": None, "lease_expires_at": None, "leased_at": None}
    if item is None or not claims.close(token=token, manager=by, at=at, rank=(last or 0) + 1, **freed):
        raise LeaseLost(claims.why_lost(token=token, at=at))
    if item.callback:
        Callback.objects.filter(pk=item.callback.pk).update(due_at=at + SKIPPED_PROMISE_WAITS)
    audit.record("desk.skip", actor=by, at=at, subject=item, reason=reason)


@transaction.atomic
def reveal_number(*, token: uuid.UUID, by: Staff, at: dt.datetime, reason: str) -> str:
    """Return the clear number of the customer in hand and leave a trace in the same transaction.

    Raises LeaseLost, MayNotCall when the gate forbids a call now, RevealLimit.
    """
    Staff.objects.select_for_update(no_key=True).get(pk=by.pk)  # two reveals at the limit: one waits, then fails
    item = claims.held(token=token, manager=by, at=at)
    if item is None:
        raise LeaseLost(claims.why_lost(token=token, at=at))
    verdict = verdict_now(item, at=at)
    if not verdict.allowed:
        raise MayNotCall(verdict)
    since = at - dt.timedelta(hours=1)
    if AuditEntry.objects.filter(actor=by, at__gt=since, action=REVEAL).count() >= REVEALS_PER_HOUR:
        raise RevealLimit
    audit.record(REVEAL, actor=by, at=at, subject=item.customer, reason=reason, item=item.pk)
    return item.customer.msisdn


def hand_over_promises() -> int:
    """Let open promises follow customers who got another phone manager; returns how many moved.

    Their items in the old manager's queue follow with the new manager's next claim.
    """
    stray = Callback.objects.filter(status=Callback.Status.OPEN, customer__manager__isnull=False)
    stray = stray.exclude(manager=F("customer__manager"))
    owner = Customer.objects.filter(pk=OuterRef("customer")).values("manager")
    return stray.update(manager=Subquery(owner))


def _check_cause(result: Result) -> None:
    if result.outcome == Contact.Outcome.REFUSED and not result.cause:
        raise CauseMissing("refused")
    if result.cause == Contact.Cause.OTHER and not result.note.strip():
        raise CauseMissing("other")


def _own_home(token: uuid.UUID) -> None:
    """Keep everybody else from the household first of all, in the order of all who change what it is called for."""
    item = QueueItem.objects.filter(lease_token=token).only("customer_id").first()
    if item:
        home_day.own(item.customer_id)


def _saved_before(*, token: uuid.UUID, by: Staff, at: dt.datetime) -> Contact:
    contact = Contact.objects.filter(source_key=_key(token), staff=by).first()
    if contact is None:
        raise LeaseLost(claims.why_lost(token=token, at=at))
    return contact


def _log(result: Result, *, item: QueueItem, by: Staff, at: dt.datetime) -> Contact:
    return Contact.objects.create(
        customer=item.customer,
        staff=by,
        queue_item=item,
        started_at=item.leased_at or at,
        ended_at=at,
        outcome=result.outcome,
        is_service=item.serves,
        cause=result.cause,
        offer_id=result.offer_id,
        note=result.note.strip(),
        source_key=_key(token=item.lease_token),
    )


def _settle_promises(result: Result, *, item: QueueItem, by: Staff, at: dt.datetime) -> None:
    still_open = Callback.objects.filter(customer=item.customer, status=Callback.Status.OPEN)
    if item.callback:
        still_open.filter(pk=item.callback.pk).update(status=Callback.Status.KEPT)
    if result.outcome == Contact.Outcome.DO_NOT_CALL:
        still_open.update(status=Callback.Status.CANCELLED)
    if result.callback_at:
        Callback.objects.create(
            customer=item.customer, manager=by, due_at=result.callback_at, note=result.note[:200], created_at=at
        )


def _withdraw_others(result: Result, *, item: QueueItem, at: dt.datetime) -> None:
    """Take the customer's other items out of the queue once somebody spoke to them, or must not any more."""
    others = QueueItem.objects.filter(customer=item.customer).exclude(pk=item.pk)
    if result.outcome == Contact.Outcome.DO_NOT_CALL:
        others.filter(status__in=("pending", "leased")).update(
            status="withdrawn", withdrawn_reason="do_not_disturb", closed_at=at
        )
    elif result.outcome != Contact.Outcome.NO_ANSWER:
        others.filter(status="pending", callback=None).update(
            status="withdrawn", withdrawn_reason="served", closed_at=at
        )


def _key(token: uuid.UUID | None) -> str:
    return f"desk:{token}"
