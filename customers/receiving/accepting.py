"""Take a delivery: one transaction that stores what is good, says why the rest is not, and changes nothing twice.

rows = accepted + duplicates + rejected, held by the database. Two guards make repetition harmless: a delivery is known
by its client and idempotency key, an event by its source key. Events are inserted in the order of their keys, so that
two deliveries with events in common wait for each other instead of locking each other out.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from customers.models import Complaint, Customer, Event, EventDelivery, EventReceipt, SigningKey, Staff
from customers.numbers import hashes_of
from customers.receiving.reading import Said, Unreadable, key_shown, read_event
from customers.receiving.reasons import EventReason

Status = EventReceipt.Status


class KeyUsed(Exception):
    """The idempotency key came before with other events."""


@dataclass(frozen=True)
class Sender:
    """Who sends: an API client with the key it signed with, or a file of the inbox."""

    source: str
    client: Staff | None = None
    signing_key: SigningKey | None = None
    file_name: str = ""


@dataclass(frozen=True)
class Taken:
    """A delivery with its receipts in the order of the rows; `is_again` when it had been answered before."""

    delivery: EventDelivery
    receipts: list[EventReceipt]
    is_again: bool = False


_OPEN = """
insert into customers_eventdelivery
    (source, client_id, signing_key_id, file_name, idempotency_key, sha256, received_at, rows, accepted, duplicates, rejected)
values (%(source)s, %(client_id)s, %(signing_key_id)s, %(file_name)s, %(idempotency_key)s, %(sha256)s, %(received_at)s,
        %(rows)s, %(accepted)s, %(duplicates)s, %(rejected)s)
on conflict (client_id, idempotency_key) do nothing
returning id
"""

# Rows that were there already are left alone: `stored` names only the new ones.
_INSERT = """
insert into customers_event (customer_id, kind, occurred_at, channel, detail, source_key)
select * from unnest(%(customer)s::int[], %(kind)s::smallint[], %(occurred_at)s::timestamptz[], %(channel)s::text[],
                     %(detail)s::text[], %(source_key)s::text[])
on conflict (source_key) do nothing
returning source_key, id
"""


def take_delivery(rows: Sequence[Any], *, sender: Sender, idempotency_key: str, sha256: str, now: dt.datetime) -> Taken:
    """Store a delivery and return its receipts; the same one again gives the first answer. Raises KeyUsed.

    Needs a transaction: whoever calls it sends the workers word when it commits.
    """
    delivery = _open(sender, rows=len(rows), idempotency_key=idempotency_key, sha256=sha256, now=now)
    if delivery is None:
        return _taken_before(sender, idempotency_key=idempotency_key, sha256=sha256)
    receipts = _receipts(rows, delivery, client=sender.client)
    EventReceipt.objects.bulk_create(receipts)
    counts = Counter(receipt.status for receipt in receipts)
    if counts[Status.ACCEPTED] != len(rows):
        delivery.accepted, delivery.duplicates = counts[Status.ACCEPTED], counts[Status.DUPLICATE]
        delivery.rejected = counts[Status.REJECTED]
        delivery.save(update_fields=["accepted", "duplicates", "rejected"])
    return Taken(delivery, receipts)


def _open(sender: Sender, *, rows: int, idempotency_key: str, sha256: str, now: dt.datetime) -> EventDelivery | None:
    """Make the row that stands for the delivery; None when it is there. Of two at once one waits here for the other."""
    delivery = EventDelivery(
        source=sender.source,
        client=sender.client,
        signing_key=sender.signing_key,
        file_name=sender.file_name,
        idempotency_key=idempotency_key,
        sha256=sha256,
        received_at=now,
        rows=rows,
        accepted=rows,  # the sum holds at every moment; where it is not so, the true counts follow
    )
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, {field.attname: getattr(delivery, field.attname) for field in delivery._meta.fields})
        if (found := cursor.fetchone()) is None:
            return None
    (delivery.pk,) = found
    return delivery


def _taken_before(sender: Sender, *, idempotency_key: str, sha256: str) -> Taken:
    delivery = EventDelivery.objects.get(client=sender.client, idempotency_key=idempotency_key)
    if delivery.sha256 != sha256:
        raise KeyUsed(idempotency_key)
    return Taken(delivery, list(delivery.receipts.order_by("position")), is_again=True)


def _receipts(rows: Sequence[Any], delivery: EventDelivery, *, client: Staff | None) -> list[EventReceipt]:
    """Return one receipt a row: read, find whose it is, store what is new, compare what is not."""
    zone = ZoneInfo(settings.TIME_ZONE)
    receipts, said = [], {}
    for position, row in enumerate(rows):
        receipt = EventReceipt(delivery=delivery, position=position, source_key=key_shown(row), status=Status.ACCEPTED)
        try:
            said[position] = read_event(row, now=delivery.received_at, zone=zone)
            receipt.kind, receipt.said = said[position].kind, said[position].more
        except Unreadable as error:
            _reject(receipt, error.reason, error.name)
        receipts.append(receipt)
    _find_customers(receipts, said, client=client)
    _refuse_foreign_cases(receipts, said)
    _store(receipts, said)
    return receipts


def _find_customers(receipts: list[EventReceipt], said: dict[int, Said], *, client: Staff | None) -> None:
    """Name the customer of each row by user code, or else by the number's present user, within the client's reach."""
    visible = Customer.objects.visible_to(client) if client else Customer.objects.all()
    hashes = dict(zip(said, hashes_of(one.msisdn for one in said.values()), strict=True))
    codes = {one.user_code for one in said.values() if one.user_code}
    by_code = dict(visible.filter(user_code__in=codes).values_list("user_code", "pk")) if codes else {}
    numbers = {found for found in hashes.values() if found}
    in_use = visible.filter(number_hash__in=numbers, state__in=Customer.IN_NETWORK)
    by_number = dict(in_use.values_list("number_hash", "pk")) if numbers else {}
    for position, one in said.items():
        pk = by_code.get(one.user_code) if one.user_code else by_number.get(hashes[position])
        if pk is None:
            name = "user_code" if one.user_code else "msisdn"
            _reject(receipts[position], EventReason.UNKNOWN_CUSTOMER, name)
        receipts[position].customer_id = pk


def _refuse_foreign_cases(receipts: list[EventReceipt], said: dict[int, Said]) -> None:
    cases = {one.more["case"] for one in said.values() if "case" in one.more}
    if not cases:
        return
    owners = dict(Complaint.objects.filter(case_code__in=cases).values_list("case_code", "customer_id"))
    for position, one in said.items():
        receipt, case = receipts[position], one.more.get("case")
        if receipt.status == Status.ACCEPTED and case:
            owner = owners.setdefault(case, receipt.customer_id)
            if owner != receipt.customer_id:
                _reject(receipt, EventReason.CASE_OF_ANOTHER, "case")


def _store(receipts: list[EventReceipt], said: dict[int, Said]) -> None:
    first: dict[str, EventReceipt] = {}
    for receipt in receipts:
        if receipt.status == Status.ACCEPTED:
            first.setdefault(receipt.source_key, receipt)
    stored = _insert(sorted(first), first, said)
    unlike = first.keys() - stored.keys()
    known = {event.source_key: event for event in Event.objects.filter(source_key__in=unlike)} if unlike else {}
    for receipt in receipts:
        if receipt.status != Status.ACCEPTED:
            continue
        one, twin = said[receipt.position], first[receipt.source_key]
        if receipt is twin and receipt.source_key in stored:
            receipt.event_id = stored[receipt.source_key]
        elif twin.status == Status.REJECTED:
            _reject(receipt, EventReason(twin.reason), twin.field)
        elif receipt is not twin:
            same = _content(receipt, one) == _content(twin, said[twin.position])
            _repeat(receipt, event_id=twin.event_id, is_same=same)
        else:
            event = known[receipt.source_key]
            same = _content(receipt, one)[:3] == (event.customer_id, event.kind, event.occurred_at)
            _repeat(receipt, event_id=event.pk, is_same=same)


def _insert(keys: list[str], first: dict[str, EventReceipt], said: dict[int, Said]) -> dict[str, int]:
    if not keys:
        return {}
    rows = [(first[key], said[first[key].position]) for key in keys]
    values = {
        "customer": [receipt.customer_id for receipt, _one in rows],
        "kind": [one.kind.value for _receipt, one in rows],
        "occurred_at": [one.occurred_at for _receipt, one in rows],
        "channel": [one.channel for _receipt, one in rows],
        "detail": [one.detail for _receipt, one in rows],
        "source_key": keys,
    }
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)
        return dict(cursor.fetchall())


def _content(receipt: EventReceipt, one: Said) -> tuple[Any, ...]:
    return receipt.customer_id, one.kind, one.occurred_at, one.more


def _repeat(receipt: EventReceipt, *, event_id: int | None, is_same: bool) -> None:
    receipt.said = {}
    if is_same:
        receipt.status, receipt.event_id = Status.DUPLICATE, event_id
    else:
        _reject(receipt, EventReason.KEY_USED, "source_key")


def _reject(receipt: EventReceipt, reason: EventReason, name: str) -> None:
    receipt.status, receipt.reason, receipt.field, receipt.said = Status.REJECTED, reason.value, name, {}
