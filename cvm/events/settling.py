"""Act upon what was accepted: each event in one transaction, so that it happened whole or not at all.

Nothing remembers who works on what: a receipt is waiting until its transaction says otherwise. A worker that is killed
leaves it waiting, and the next look takes it again; two looks at once share the work by skipping locked rows. The
order of a customer's events does not matter: what they change is a fold over their own instants
(customers/receiving/folding.py), every judgement reads all that is stored, and one worker judges a customer at a time.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q, QuerySet

from customers.models import Customer, Event, EventReceipt, Run
from customers.receiving.folding import fold
from cvm.events import locks
from cvm.events.judging import act, judge

log = logging.getLogger(__name__)

AT_ONCE = 100  # how many one look takes up
MOST_ATTEMPTS = 5  # then it is set aside: one event that cannot be judged keeps no other waiting
AGAIN_AFTER = dt.timedelta(seconds=10)  # an attempt that ended in silence, with its worker, is made again
LOCK_PATIENCE_MS = 3_000  # with an import that holds the customer, or a night that is being published
TRANSIENT = (OperationalError, InterfaceError)

Status, Outcome = EventReceipt.Status, EventReceipt.Outcome


@dataclass(frozen=True)
class Settled:
    """What became of one event."""

    outcome: str
    moments: int = 0


def settle_waiting(*, clock: Callable[[], dt.datetime]) -> int:
    """Act upon everything that waits, in the order of arrival; returns how many were settled."""
    settled = 0
    while found := take_up(at=clock()):
        settled += sum(settle(receipt_id, clock=clock) for receipt_id in found)
    return settled


def take_up(*, at: dt.datetime) -> list[int]:
    """Return receipts nobody works on, each counted as tried: so a killed worker's attempt counts too."""
    with transaction.atomic():
        rows = waiting(at=at).select_for_update(skip_locked=True, no_key=True).order_by("pk")[:AT_ONCE]
        found = [receipt.pk for receipt in rows.only("pk")]
        if found:
            EventReceipt.objects.filter(pk__in=found).update(tried_at=at, attempts=F("attempts") + 1)
    return found


def waiting(*, at: dt.datetime) -> QuerySet[EventReceipt]:
    """Return the accepted events nobody has settled or is trying just now; walks event_receipt_waiting."""
    is_free = Q(tried_at=None) | Q(tried_at__lte=at - AGAIN_AFTER)
    return EventReceipt.objects.filter(is_free, status=Status.ACCEPTED, outcome="")


def settle(receipt_id: int, *, clock: Callable[[], dt.datetime]) -> bool:
    """Act upon one receipt; False when it stays waiting. A failure is its own: it is tried again, then set aside."""
    try:
        with transaction.atomic():
            receipt = _held(receipt_id)
            if receipt is None:
                return False
            _close(receipt, _act(receipt, at=clock()), at=clock())
            return True
    except TRANSIENT as error:
        log.warning("event receipt %s waits: %s", receipt_id, type(error).__name__)
        EventReceipt.objects.filter(pk=receipt_id).update(attempts=F("attempts") - 1)
    except Exception as error:  # one event must not keep the others waiting, whatever is wrong with it
        _note_failure(receipt_id, error, at=clock())
    return False


def _held(receipt_id: int) -> EventReceipt | None:
    locks.patience(LOCK_PATIENCE_MS)
    rows = EventReceipt.objects.filter(pk=receipt_id, status=Status.ACCEPTED, outcome="")
    return rows.select_for_update(skip_locked=True, no_key=True).first()


def _act(receipt: EventReceipt, *, at: dt.datetime) -> Settled:
    """Change what the event changes, judge its customer and write what was found."""
    locks.share_publication()
    event = Event.objects.get(pk=receipt.event_id)
    customer_id = _main_record(event.customer_id)
    locks.own_customer(customer_id)
    fold(event, receipt.said)
    run = Run.objects.published()
    if run is None:
        return Settled(Outcome.NO_NIGHT)
    judged = judge(event, customer_id=customer_id, run=run, at=at)
    became = act(judged, event=event, run=run, at=at)
    return Settled(became or (Outcome.MOMENT if judged.moments else Outcome.NOTHING), len(judged.moments))


def _main_record(customer_id: int) -> int:
    merged = Customer.objects.filter(pk=customer_id).values_list("merged_into", flat=True).get()
    return merged or customer_id


def _close(receipt: EventReceipt, settled: Settled, *, at: dt.datetime) -> None:
    EventReceipt.objects.filter(pk=receipt.pk).update(
        outcome=settled.outcome, moments=settled.moments, settled_at=at, said={}, problem=""
    )


def _note_failure(receipt_id: int, error: Exception, *, at: dt.datetime) -> None:
    log.exception("event receipt %s cannot be settled", receipt_id)
    receipt = EventReceipt.objects.filter(pk=receipt_id)
    receipt.update(problem=type(error).__name__)
    receipt.filter(attempts__gte=MOST_ATTEMPTS).update(outcome=Outcome.FAILED, settled_at=at)
