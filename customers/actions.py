"""Writes by people about one customer."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from customers import audit
from customers.models import Customer, DoNotDisturb, Staff

# What "please do not call me" means when no end is named (DOMAIN 5.2).
DO_NOT_CALL_FOR = dt.timedelta(days=365)


@transaction.atomic
def set_do_not_disturb(
    customer: Customer,
    *,
    by: Staff | None,
    at: dt.datetime,
    source: str,
    scope: int = DoNotDisturb.Scope.CONTACT,
    ends_at: dt.datetime | None = None,
) -> DoNotDisturb:
    """Start a period without contact, twelve months unless `ends_at` says otherwise.

    Nothing else has to be told: every queue, count and claim asks this table in its own statement.
    """
    period = DoNotDisturb.objects.create(
        customer=customer,
        scope=scope,
        starts_at=at,
        ends_at=ends_at or at + DO_NOT_CALL_FOR,
        source=source,
        set_by=by,
    )
    audit.record("customer.do_not_disturb", actor=by, at=at, subject=customer, reason=source, scope=int(scope))
    return period
