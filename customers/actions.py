"""What people do about one customer, and what leaves a trace."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from customers import audit
from customers.models import AuditEntry, Customer, DoNotDisturb, Staff

# What "please do not call me" means when no end is named (DOMAIN 5.2).
DO_NOT_CALL_FOR = dt.timedelta(days=365)

NUMBER_SEARCH = "customer.search_number"
NUMBER_SEARCHES_PER_HOUR = 60


class NumberSearchLimit(Exception):
    """This person has looked for too many full numbers within an hour."""


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


@transaction.atomic
def note_number_search(*, by: Staff, at: dt.datetime) -> None:
    """Leave the trace of a search by full number, without the number. Raises NumberSearchLimit."""
    Staff.objects.select_for_update(no_key=True).get(pk=by.pk)  # two searches at the limit: one waits, then fails
    lately = AuditEntry.objects.filter(actor=by, action=NUMBER_SEARCH, at__gt=at - dt.timedelta(hours=1))
    if lately.count() >= NUMBER_SEARCHES_PER_HOUR:
        raise NumberSearchLimit
    audit.record(NUMBER_SEARCH, actor=by, at=at, subject=by)
