"""What people do to keep a customer's record true: confirm a field, or correct it. Each is one transaction."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone

from customers import audit, verified
from customers.importing.pinyin import spelled
from customers.models import Customer, FieldCheck, Staff


class StaleAnswer(Exception):
    """Somebody else changed the field meanwhile: look at it again before confirming or correcting."""


@transaction.atomic
def confirm(customer: Customer, *, field: str, by: Staff, at: dt.datetime, seen: str | None = None) -> FieldCheck:
    """Note that the customer confirmed what stands in the field. Raises NotCorrectable, StaleAnswer.

    `seen` is the value the person had before their eyes, as `verified.written` gives it; None does not compare.
    """
    if field not in verified.EDITABLE:
        raise verified.NotCorrectable(field)
    held = _held(customer, field=field, seen=seen)
    return _note(held, field=field, before=getattr(held, field), after=getattr(held, field), by=by, at=at)


@transaction.atomic
def correct(
    customer: Customer, *, field: str, answer: str, by: Staff, at: dt.datetime, seen: str | None = None
) -> FieldCheck:
    """Put the customer's answer into the field and note old and new; the same value again confirms it.

    Raises NotCorrectable, BadAnswer, StaleAnswer. The audit entry names the field, never a value.
    """
    value = verified.parse(field, answer, today=timezone.localdate(at))
    held = _held(customer, field=field, seen=seen)
    before = getattr(held, field)
    if before != value:
        Customer.objects.filter(pk=held.pk).update(**_changes(field, value))
    return _note(held, field=field, before=before, after=value, by=by, at=at)


def _held(customer: Customer, *, field: str, seen: str | None) -> Customer:
    """Return the customer as stored now, locked until the transaction ends: two corrections take turns."""
    held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    if seen is not None and verified.written(getattr(held, field)) != seen:
        raise StaleAnswer(field)
    return held


def _changes(field: str, value: Any) -> dict[str, Any]:
    if field != "name":
        return {field: value}
    pinyin, initials = spelled(value)
    return {"name": value, "name_pinyin": pinyin, "name_initials": initials}


def _note(customer: Customer, *, field: str, before: Any, after: Any, by: Staff, at: dt.datetime) -> FieldCheck:
    is_correction = before != after
    check = FieldCheck.objects.create(
        customer=customer,
        field=field,
        checked_at=at,
        checked_by=by,
        is_correction=is_correction,
        before=verified.written(before),
        after=verified.written(after),
    )
    action = "customer.correct" if is_correction else "customer.confirm"
    audit.record(action, actor=by, at=at, subject=customer, field=field)
    return check
