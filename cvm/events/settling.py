"""Act upon what was accepted: a few events in one transaction, so that they happened whole or not at all.

Nothing remembers who works on what: a receipt is waiting until its transaction says otherwise. A worker that is killed
leaves it waiting, and the next look takes it again; two looks at once share the work by skipping locked rows. The
order of a customer's events does not matter: what they change is a fold over their own instants
(customers/receiving/folding.py), every judgement reads all that is stored, and one worker judges a customer at a time.

What waits is judged together, since two dozen rows cost hardly more than one; when anything is wrong with them, each
is judged alone.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from collections.abc import Callable, Sequence

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet

from customers.models import Customer, Event, EventReceipt, Run
from customers.receiving.folding import fold
from cvm.events import locks
from cvm.events.judging import act, judge

log = logging.getLogger(__name__)

AT_ONCE = 24  # how many are judged together
GATHER_SECONDS = 0.2
MOST_ATTEMPTS = 5  # then it is set aside: one event that cannot be judged keeps no other waiting
AGAIN_AFTER = dt.timedelta(seconds=10)  # an attempt that ended in silence, with its worker, is made again
LOOK_LASTS = dt.timedelta(seconds=20)  # then whoever looks sends another, so that no task outlives its time limit
LOCK_PATIENCE_MS = 3_000  # with an import that holds the customer, or a night that is being published
TRANSIENT = (OperationalError, InterfaceError)

_CLOSE = """
update customers_eventreceipt as receipt
set outcome = came.outcome, moments = came.moments, settled_at = %(at)s, said = '{}', problem = ''
from unnest(%(receipts)s::bigint[], %(outcomes)s::text[], %(moments)s::int[]) as came (receipt, outcome, moments)
where receipt.id = came.receipt
"""

Status, Outcome = EventReceipt.Status, EventReceipt.Outcome
Clock = Callable[[], dt.datetime]


def settle_waiting(*, clock: Clock, pause: Callable[[float], None] | None = None) -> int:
    """Act upon what waits, in the order of arrival, for as long as a look lasts; returns how many were settled.

    The first is acted upon at once; with `pause` (seconds to sleep), whatever comes then is left to gather for a moment:
    judged one by one as they arrive, fifty a second would keep both processors busy and everybody waiting.
    """
    settled, until = 0, clock() + LOOK_LASTS
    while clock() < until and (found := take_up(at=clock())):
        settled += settle(found, clock=clock)
        if pause and len(found) < AT_ONCE:
            pause(GATHER_SECONDS)
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


def settle(receipts: Sequence[int], *, clock: Clock) -> int:
    """Act upon receipts; returns how many were settled. A failure is its own: it is tried again, then set aside."""
    try:
        with transaction.atomic():
            return _settle_together(_held(receipts), at=clock())
    except SoftTimeLimitExceeded:
        raise
    except TRANSIENT as error:
        log.warning("%s events wait: %s", len(receipts), type(error).__name__)
        EventReceipt.objects.filter(pk__in=receipts).update(attempts=F("attempts") - 1)
    except Exception as error:  # one event must not keep the others waiting, whatever is wrong with it
        if len(receipts) > 1:
            return sum(settle([one], clock=clock) for one in receipts)
        _note_failure(receipts[0], error, at=clock())
    return 0


def _held(receipts: Sequence[int]) -> list[EventReceipt]:
    locks.patience(LOCK_PATIENCE_MS)
    rows = EventReceipt.objects.filter(pk__in=receipts, status=Status.ACCEPTED, outcome="")
    return list(rows.select_for_update(skip_locked=True, no_key=True).order_by("pk"))


def _settle_together(receipts: list[EventReceipt], *, at: dt.datetime) -> int:
    """Change what the events change, judge their customers once and write what was found.

    Of several events of a customer the first is settled, the others wait for the next round.
    """
    if not receipts:
        return 0
    locks.share_publication()
    known = Event.objects.in_bulk([receipt.event_id for receipt in receipts if receipt.event_id])
    first, later = _by_customer(receipts, known)
    EventReceipt.objects.filter(pk__in=later).update(tried_at=None, attempts=F("attempts") - 1)
    locks.own_customers(first)
    for receipt in first.values():
        fold(known[receipt.event_id], receipt.said)
    _judge_and_close(first, {customer: known[receipt.event_id] for customer, receipt in first.items()}, at=at)
    return len(first)


def _by_customer(receipts: list[EventReceipt], known: dict[int, Event]) -> tuple[dict[int, EventReceipt], list[int]]:
    """Return the first receipt of each main record, and the rest. Raises KeyError for an event that is gone."""
    owners = {known[receipt.event_id].customer_id for receipt in receipts if receipt.event_id}
    merged = dict(Customer.objects.filter(pk__in=owners).values_list("pk", "merged_into"))
    first: dict[int, EventReceipt] = {}
    later = []
    for receipt in receipts:
        owner = known[receipt.event_id or 0].customer_id
        if first.setdefault(merged[owner] or owner, receipt) is not receipt:
            later.append(receipt.pk)
    return first, later


def _judge_and_close(receipts: dict[int, EventReceipt], events: dict[int, Event], *, at: dt.datetime) -> None:
    run = Run.objects.published()
    became: dict[int, str] = {}
    found: Counter[int] = Counter()
    if run is not None:
        judged = judge(events, run=run, at=at)
        found = Counter(moment.customer_id for moment in judged.moments)
        became = act(judged, events=events, run=run, at=at)
    _close(receipts, found=found, became=became, nothing=Outcome.NO_NIGHT if run is None else Outcome.NOTHING, at=at)


def _close(
    receipts: dict[int, EventReceipt], *, found: Counter[int], became: dict[int, str], nothing: str, at: dt.datetime
) -> None:
    """Note what became of each; one statement however many there are."""
    outcomes = [became.get(customer, Outcome.MOMENT if found[customer] else nothing) for customer in receipts]
    values = {
        "receipts": [receipt.pk for receipt in receipts.values()],
        "outcomes": [str(outcome) for outcome in outcomes],
        "moments": [found[customer] for customer in receipts],
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, values)


def _note_failure(receipt_id: int, error: Exception, *, at: dt.datetime) -> None:
    log.exception("event receipt %s cannot be settled", receipt_id)
    receipt = EventReceipt.objects.filter(pk=receipt_id)
    receipt.update(problem=type(error).__name__)
    receipt.filter(attempts__gte=MOST_ATTEMPTS).update(outcome=Outcome.FAILED, settled_at=at)
