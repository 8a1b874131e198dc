"""Calls that cannot wait for the night: an event puts its customer into the queue of today, at the right place.

Leases stay as they are: whoever has the customer in hand keeps them, and finds the new moment on the card.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from callcenter import home_calls, home_day
from callcenter.arrival import Arrival, ranks_of
from callcenter.issuing import link_calls
from callcenter.models import Dispatch, QueueItem
from callcenter.task_terms import STRATEGIC
from customers.models import Run
from retention.gate import Purpose

NEW, RAISED = "task", "raised"

# the columns home_calls.py wants -> what they are called here
CANDIDATE = {
    "id": "customer_id",
    "household": "household",
    "role": "role",
    "manager": "manager_id",
    "layer": "layer",
    "warning": "level",
    "moments": "moment_bits",
    "offer_id": "offer_id",
    "kept_fen": "kept_fen",
    "priority": "priority",
}


def put_all(arrivals: Sequence[Arrival], *, run: Run, at: dt.datetime) -> dict[int, str]:
    """Put customers into the run's queue and link the calls with their tasks; returns NEW or RAISED by customer.

    As put_in_queue does with one after the other; who lives alone, or is served, is put there in a few statements.
    """
    alone = [one for one in arrivals if one.is_service or not one.household]
    of_homes = [one for one in arrivals if not one.is_service and one.household]
    queued = _queue_all(alone, run=run, at=at)
    if of_homes:
        home_day.own_all([one.customer_id for one in of_homes])
    for one in of_homes:
        if found := put_in_queue(one, run=run, at=at):
            queued[one.customer_id] = found
    link_calls([item for _became, item in queued.values()], at=at)
    return {customer: became for customer, (became, _item) in queued.items()}


def put_in_queue(arrival: Arrival, *, run: Run, at: dt.datetime) -> tuple[str, int] | None:
    """Give the customer an item in the run's queue, or raise the one there is; returns NEW or RAISED, and its key.

    Of a household one person is called (home_calls.py): the item may be another's, who is called for both, or who is
    being called just now: then it is one more thing to say in that call. None when nobody of it may be called. Needs a
    transaction in which nobody else judges this customer.
    """
    called = _called_for(arrival, run=run, at=at) if arrival.household and not arrival.is_service else arrival
    if called is None:
        return None
    became, item_id = _queue(called, run=run, at=at)
    if called is not arrival:
        covered = {"member": np.array([arrival.customer_id]), "receiver": np.array([called.customer_id])}
        home_calls.cover(covered, run=run.pk)
    return became, item_id


def _called_for(arrival: Arrival, *, run: Run, at: dt.datetime) -> Arrival | None:
    """Return the arrival as the call of whoever speaks for the household; the same object when that is the customer."""
    home_day.own(arrival.customer_id)
    in_hand = home_calls.in_hand(arrival.household, run=run.pk, at=at)
    if in_hand:
        return arrival if in_hand == arrival.customer_id else _joined(arrival, in_hand, run=run)
    known = {name: getattr(arrival, field) for name, field in CANDIDATE.items()}
    calls, covered = home_calls.placed({name: np.array([value]) for name, value in known.items()}, run=run.pk, at=at)
    if not len(covered["member"]):
        return arrival if len(calls["id"]) else None
    receiver = int(covered["receiver"][0])
    if not len(calls["id"]):  # their call waits already
        return _joined(arrival, receiver, run=run)
    theirs: dict[str, Any] = {field: int(calls[name][0]) for name, field in CANDIDATE.items() if name != "moments"}
    bits = int(calls["moments"][0]) | arrival.moment_bits
    level = max(arrival.level, int(calls["warning"][0]))
    is_strategic = theirs["layer"] == STRATEGIC
    return replace(arrival, **theirs | {"moment_bits": bits, "level": level, "is_strategic": is_strategic})


def _joined(arrival: Arrival, receiver: int, *, run: Run) -> Arrival:
    """Return the arrival as part of the call of a relative that waits or is in hand."""
    item = QueueItem.objects.get(run=run, customer=receiver, callback=None, status__in=("pending", "leased"))
    whose: dict[str, Any] = {"manager_id": item.manager_id, "offer_id": item.offer_id, "kept_fen": item.kept_fen}
    return replace(arrival, customer_id=receiver, **whose)


def _queue(arrival: Arrival, *, run: Run, at: dt.datetime) -> tuple[str, int]:
    return _queue_all([arrival], run=run, at=at)[arrival.customer_id]


def _queue_all(arrivals: Sequence[Arrival], *, run: Run, at: dt.datetime) -> dict[int, tuple[str, int]]:
    """Give each customer an item, or raise the one there is; the most urgent first, who is called first of equal ranks."""
    items = _items_of([one.customer_id for one in arrivals], run=run)
    new = sorted((one for one in arrivals if one.customer_id not in items), key=lambda one: one.urgency, reverse=True)
    ranks = ranks_of(new, run=run) if new else []
    made = QueueItem.objects.bulk_create(
        _item(one, rank=rank, run=run, at=at) for one, rank in zip(new, ranks, strict=True)
    )
    queued = {item.customer_id: (NEW, item.pk) for item in made}
    for one in arrivals:
        if item := items.get(one.customer_id):
            _raise(item, one, run=run, at=at)
            queued[one.customer_id] = (NEW if item.status == QueueItem.Status.WITHDRAWN else RAISED, item.pk)
    return queued


def _item(arrival: Arrival, *, rank: int, run: Run, at: dt.datetime) -> QueueItem:
    return QueueItem(
        run=run,
        customer_id=arrival.customer_id,
        manager_id=arrival.manager_id,
        rank=rank,
        level=arrival.level,
        moment_bits=arrival.moment_bits,
        offer_id=arrival.offer_id,
        kept_fen=arrival.kept_fen,
        is_service=arrival.is_service,
        arrived_at=at,
    )


def come_back(item: QueueItem, *, at: dt.datetime) -> int:
    """Queue anew what events brought for relatives whom a call in vain was to speak for; returns how many.

    The night's own tasks wait for the next night. In the transaction that ends the call.
    """
    run = Run.objects.published()
    brought = Dispatch.objects.filter(
        Dispatch.lead_filter(),
        customer__in=item.covers,
        customer__manager__isnull=False,
        event__isnull=False,
        channel=Dispatch.Channel.CALL,
        owner_role=Dispatch.OwnerRole.PHONE_MANAGER,
    )
    back = 0
    for task in brought.select_related("customer", "kind").order_by("-priority", "pk") if run else ():
        queued = put_in_queue(_arrival_of(task), run=run, at=at) if task.purpose == Purpose.MARKETING else None
        if queued:
            Dispatch.objects.filter(pk=task.pk).update(receiver=None)
            link_calls([queued[1]], at=at)
            back += 1
    return back


def _arrival_of(task: Dispatch) -> Arrival:
    return Arrival(
        customer_id=task.customer_id,
        manager_id=task.customer.manager_id,
        priority=task.priority,
        level=task.level,
        is_strategic=task.layer == STRATEGIC,
        moment_bits=1 << task.kind.bit if task.kind else 0,
        offer_id=task.offers[0]["offer"] if task.offers else 0,
        kept_fen=task.kept_fen,
        household=task.customer.family_id or 0,
        role=task.customer.family_role,
        layer=task.layer,
    )


def _items_of(customers: Sequence[int], *, run: Run) -> dict[int, QueueItem]:
    """Return the items that are not done, by customer: of those a run has one a customer, withdrawn or not."""
    items = QueueItem.objects.filter(run=run, customer__in=customers, callback=None).exclude(status="done")
    return {item.customer_id: item for item in items.order_by("pk").select_for_update(no_key=True)}


def _raise(item: QueueItem, arrival: Arrival, *, run: Run, at: dt.datetime) -> None:
    changes: dict[str, Any] = {
        "level": max(item.level, arrival.level),
        "moment_bits": item.moment_bits | arrival.moment_bits,
        "is_service": arrival.is_service,
        "arrived_at": at,
    }
    if item.status != QueueItem.Status.LEASED:
        (place,), is_same = ranks_of([arrival], run=run), item.status == QueueItem.Status.PENDING
        changes |= {"offer_id": arrival.offer_id, "kept_fen": arrival.kept_fen, "manager_id": arrival.manager_id}
        changes |= {"status": QueueItem.Status.PENDING, "withdrawn_reason": "", "closed_at": None}
        changes["rank"] = min(item.rank, place) if is_same and item.manager_id == arrival.manager_id else place
    QueueItem.objects.filter(pk=item.pk).update(**changes)
