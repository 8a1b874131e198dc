"""What the customer's own record offers the 360 page: bills, usage, bundles, ties, consent, events."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, CharField, DateTimeField, F, QuerySet, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from customers.models import Bundle, Complaint, Consent, Customer, DoNotDisturb, Event, MonthlyBill
from cvm.lib.months import first_day, month_of

BILL_MONTHS = 24
# field of the bill, colour token, words: the structure of a bill in the order of the chart
BILL_PARTS = (
    ("plan_fee_fen", "plan", _("Plan")),
    ("voice_fee_fen", "voice", _("Voice")),
    ("data_fee_fen", "data", _("Data")),
    ("sms_fee_fen", "sms", _("SMS")),
    ("vas_fee_fen", "vas", _("Value-added")),
    ("roam_fee_fen", "roam", _("Roaming")),
)
# Every source of the timeline answers with these columns, so that one query reads them all.
TIMELINE = ("at", "source", "kind", "title", "detail", "extra", "number")


@dataclass(frozen=True)
class BillMonth:
    """One month of the bill chart; `parts_fen` in the order of BILL_PARTS, None without a bill."""

    month: int
    bill: MonthlyBill | None

    @property
    def parts_fen(self) -> list[int | None]:
        return [getattr(self.bill, field) if self.bill else None for field, _colour, _label in BILL_PARTS]

    @property
    def total_fen(self) -> int | None:
        return self.bill.arpu_fen if self.bill else None


@dataclass(frozen=True)
class Permission:
    """One word of the customer about being contacted: consent per channel, or do not disturb."""

    source: str
    channel: str
    is_given: bool
    until: dt.datetime | None


def bill_months(customer: Customer, *, newest: dt.date) -> list[BillMonth]:
    """Return the last 24 months up to `newest`, oldest first, with gaps where no bill arrived."""
    last = month_of(newest)
    first = last - BILL_MONTHS + 1
    rows = MonthlyBill.objects.filter(customer_id=customer.pk, month__gte=first_day(first), month__lte=newest)
    by_month = {month_of(row.month): row for row in rows}
    return [BillMonth(month, by_month.get(month)) for month in range(first, last + 1)]


def bundles(customer: Customer) -> list[Bundle]:
    """Return the bundles, running ones first, then by their end."""
    return list(customer.bundles.order_by("status", F("end_date").asc(nulls_last=True), "pk"))


def family_members(customer: Customer) -> list[Customer]:
    """Return the others of the family, deciding and paying ones first."""
    if customer.family_id is None:
        return []
    others = Customer.objects.filter(family_id=customer.family_id).exclude(pk=customer.pk)
    return list(others.order_by("family_role", "pk")[:12])


def permissions(customer: Customer, *, at: dt.datetime) -> list[Permission]:
    """Return consents and the do-not-disturb periods in force at this instant, in one query."""
    consents = Consent.objects.filter(customer=customer).values_list(
        Value("consent"), "channel", "is_given", Value(None, DateTimeField())
    )
    in_force = DoNotDisturb.objects.in_force(at).filter(customer=customer)
    quiet = in_force.values_list(Value("quiet"), Cast("scope", CharField()), Value(False, BooleanField()), "ends_at")
    return [Permission(*row) for row in consents.union(quiet, all=True)]


def event_rows(customer: Customer) -> QuerySet[Event, Any]:
    """Return the events as timeline rows."""
    return timeline_rows(
        Event.objects.filter(customer=customer),
        at="occurred_at",
        source=Value("event"),
        kind=Cast("kind", CharField()),
        title=F("channel"),
        detail=F("detail"),
        extra=Value(""),
        number=Value(0),
    )


def complaint_rows(customer: Customer) -> QuerySet[Complaint, Any]:
    """Return the complaints as timeline rows; `number` is the level, `extra` the status."""
    return timeline_rows(
        Complaint.objects.filter(customer=customer),
        at="opened_at",
        source=Value("complaint"),
        kind=Cast("level", CharField()),
        title=F("category"),
        detail=F("channel"),
        extra=Cast("status", CharField()),
        number=F("level"),
    )


def timeline_rows(rows: QuerySet[Any], **columns: Any) -> QuerySet[Any, Any]:
    """Return rows with the columns of TIMELINE; a text names a field, expressions stay."""
    renamed = {f"t_{name}": F(value) if isinstance(value, str) else value for name, value in columns.items()}
    return rows.annotate(**renamed).values_list(*(f"t_{name}" for name in TIMELINE))
