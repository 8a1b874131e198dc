"""What the customer's own record offers the 360 page: bills, usage, bundles, ties and their happenings in words.

Rows come as the JSON values of customers/queries360.py; here they become what the templates show.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from customers.loading.bundles import SOFT
from customers.masking import masked_text
from customers.models import Bundle, Complaint, Customer, CustomerTag, Event, MonthlyBill, Need
from customers.queries360 import TIMELINE
from cvm.lib.money import yuan_text
from cvm.lib.months import month_of

BILL_MONTHS, FEWEST_MONTHS = 24, 6
QUOTA_MONTHS = 12
# field of the bill, colour token, words: the structure of a bill in the order of the chart
BILL_PARTS = (
    ("plan_fee_fen", "plan", gettext_lazy("Plan")),
    ("voice_fee_fen", "voice", gettext_lazy("Voice")),
    ("data_fee_fen", "data", gettext_lazy("Data")),
    ("sms_fee_fen", "sms", gettext_lazy("SMS")),
    ("vas_fee_fen", "vas", gettext_lazy("Value-added")),
    ("roam_fee_fen", "roam", gettext_lazy("Roaming")),
)


@dataclass(frozen=True)
class Reader:
    """What the person before the page may read of a happening."""

    sees_value: bool
    reads_notes: bool
    sees_tests: bool = False


@dataclass(frozen=True)
class Told:
    """A happening in words; `level` 1 to 3 for warnings of that colour."""

    title: str
    detail: str = ""
    level: int = 0


@dataclass(frozen=True)
class Source:
    """One source of the timeline: its sub-select (customers/queries360.py), its icon, and its rows in words.

    A row without words (None) is not for this reader.
    """

    sql: str
    icon: str
    words: Callable[[Mapping[str, Any], Reader], Told | None]


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
class Usage:
    """What the newest bill used of one quota, and in how many of the last twelve months it was used up."""

    label: str
    unit: str
    used: int
    quota: int
    months_over: int
    months_counted: int

    @property
    def percent(self) -> int | None:
        """Return the share used, rounded down; None without a quota."""
        return 100 * self.used // self.quota if self.quota else None


@dataclass(frozen=True)
class Term:
    """A bundle with what is left of it on a day: months begun, and the first day without penalty."""

    bundle: Bundle
    is_running: bool
    is_hard: bool
    months_left: int | None
    free_from: dt.date | None


@dataclass(frozen=True)
class Loyalty:
    """Where the word on loyalty comes from (survey or a checked field), and when it was given."""

    source: str
    at: dt.datetime


def loyalty(row: Mapping[str, Any] | None) -> Loyalty | None:
    """Return the source of the loyalty type; None when it only came with a file."""
    if row is None:
        return None
    sources = {"survey": _("survey"), "checked": _("checked with the customer")}
    return Loyalty(sources[row["source"]], dt.datetime.fromisoformat(row["at"]))


def relative_of(row: Mapping[str, Any]) -> Customer:
    """Return a row of the parts "family" or "lines" as a customer with only these fields."""
    return Customer(**{name: value for name, value in row.items() if name != "code"})


def model_of(model: type[models.Model], row: Mapping[str, Any]) -> Any:
    """Return a row of JSON as an unsaved instance of its model: dates are dates again."""
    columns = {field.column: field for field in model._meta.concrete_fields if field.column}
    return model(**{columns[name].attname: columns[name].to_python(value) for name, value in row.items()})


def bill_months(bills: list[MonthlyBill], *, newest: dt.date) -> list[BillMonth]:
    """Return the months of the chart, oldest first: from the first bill on, at least 6, at most 24, with gaps."""
    by_month = {month_of(bill.month): bill for bill in bills}
    last = month_of(newest)
    first = min(min(by_month, default=last), last - FEWEST_MONTHS + 1)
    return [BillMonth(month, by_month.get(month)) for month in range(max(first, last - BILL_MONTHS + 1), last + 1)]


def usages(customer: Customer, months: list[BillMonth]) -> list[Usage]:
    """Return voice and data of the newest bill against the present plan's quotas."""
    bills = [month.bill for month in months if month.bill]
    if not bills:
        return []
    lately = bills[-QUOTA_MONTHS:]
    kinds = (
        (_("Outgoing minutes"), _("min"), "voice_min", customer.voice_quota_min),
        (_("Data"), _("MB"), "data_mb", customer.data_quota_mb),
    )
    return [
        Usage(
            label=label,
            unit=unit,
            used=getattr(bills[-1], fact),
            quota=quota,
            months_over=sum(getattr(bill, fact) > quota for bill in lately) if quota else 0,
            months_counted=len(lately),
        )
        for label, unit, fact, quota in kinds
    ]


def terms(bundles: list[Bundle], *, today: dt.date) -> list[Term]:
    """Return the bundles with what is left of them, in the order given."""
    return [_term(bundle, today=today) for bundle in bundles]


def _term(bundle: Bundle, *, today: dt.date) -> Term:
    end = bundle.end_date
    is_running = bundle.status == Bundle.Status.ACTIVE and bundle.start_date <= today and (not end or end >= today)
    is_hard = bundle.kind not in SOFT
    left = month_of(end) - month_of(today) + (end.day >= today.day) if is_running and end else None
    free = end + dt.timedelta(days=1) if is_running and is_hard and end else None
    return Term(bundle, is_running, is_hard, left, free)


def age_years(customer: Customer, *, on: dt.date) -> int | None:
    """Return the age in full years, None when the birth date is unknown."""
    born = customer.birth_date
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day)) if born else None


def joined(*parts: str | None) -> str:
    """Return the parts that say something, separated by dots."""
    return " · ".join(masked_text(part) for part in parts if part)


def in_language(row: Mapping[str, Any]) -> str:
    """Return the name of a row that has a Chinese and an English one."""
    return str(row["en"] if get_language() == "en" else row["zh"])


# --- happenings in words -------------------------------------------------------------------------


def bill_words(row: Mapping[str, Any], reader: Reader) -> Told:
    beyond = _("%(amount)s beyond the plan") % {"amount": yuan_text(row["over_fee_fen"])} if row["over_fee_fen"] else ""
    words = {"month": row["month"][:7], "amount": yuan_text(row["arpu_fen"])}
    return Told(_("Bill of %(month)s: %(amount)s") % words, beyond)


def event_words(row: Mapping[str, Any], reader: Reader) -> Told:
    detail = row["detail"]
    if row["kind"] == Event.Kind.PAYMENT_DELAY and detail.isdecimal():
        days = int(detail)
        detail = ngettext("%(days)s day late", "%(days)s days late", days) % {"days": days}
    return Told(str(Event.Kind(row["kind"]).label), joined(row["channel"], detail))


def ownership_words(row: Mapping[str, Any], reader: Reader) -> Told:
    if "alias" not in row:
        return event_words(row, reader)
    undone = _("undone on %(day)s") % {"day": row["undone_at"][:10]} if row["undone_at"] else ""
    return Told(_("Record %(number)s counts as this customer") % {"number": f"#{row['alias']}"}, undone)


def complaint_words(row: Mapping[str, Any], reader: Reader) -> Told:
    words = {"level": Complaint.Level(row["level"]).label, "status": Complaint.Status(row["status"]).label}
    mark = _("satisfaction %(mark)s") % {"mark": row["satisfaction"]} if row["satisfaction"] is not None else ""
    return Told(
        _("Complaint: %(level)s, %(status)s") % words, joined(row["category"], row["channel"], mark), row["level"]
    )


def service_words(row: Mapping[str, Any], reader: Reader) -> Told:
    title = row["category"] or _("Service")
    return Told(title, joined(row["channel"], row["content"] if reader.reads_notes else ""))


def network_words(row: Mapping[str, Any], reader: Reader) -> Told:
    poor = {"voice": row["poor_voice"], "data": row["poor_data"]}
    outage = _("outage ended on %(day)s") % {"day": row["outage_ended_at"][:10]} if row["outage_ended_at"] else ""
    return Told(_("Network: %(voice)s poor calls, %(data)s poor data sessions") % poor, outage)


def bundle_words(row: Mapping[str, Any], reader: Reader) -> Told:
    if not row["is_end"]:
        return Told(_("Bundle starts"), joined(row["name"]))
    cancelled = row["status"] == Bundle.Status.CANCELLED
    return Told(_("Bundle cancelled") if cancelled else _("Bundle ended"), joined(row["name"]))


def need_words(row: Mapping[str, Any], reader: Reader) -> Told:
    said = row["words"] if reader.reads_notes else ""
    status, source = Need.Status(row["status"]).label, Need.Source(row["source"]).label
    title = _("Need: %(name)s") % {"name": in_language(row)}
    return Told(title, joined(str(status), str(source), said))


def tag_words(row: Mapping[str, Any], reader: Reader) -> Told:
    until = _("until %(day)s") % {"day": row["ends_on"]} if row["ends_on"] else ""
    title = _("%(thing)s: %(name)s") % {
        "thing": CustomerTag._meta.get_field("tag").verbose_name,
        "name": in_language(row),
    }
    return Told(title, until)


def survey_words(row: Mapping[str, Any], reader: Reader) -> Told:
    number = row["answers"]
    said = ngettext("%(answers)s answer", "%(answers)s answers", number) % {"answers": number}
    return Told(_("Survey: %(name)s") % {"name": in_language(row)}, said)


def correction_words(row: Mapping[str, Any], reader: Reader) -> Told:
    """Say which field and who; the values are personal and stay in the log."""
    words = {"field": _field_label(row["field"])}
    title = _("%(field)s corrected") % words if row["is_correction"] else _("%(field)s confirmed") % words
    return Told(title, joined(row["by"]))


def _field_label(name: str) -> str:
    try:
        return str(Customer._meta.get_field(name).verbose_name)
    except FieldDoesNotExist:
        return name


def day_text(day: dt.date | dt.datetime) -> str:
    """Return a day as every page writes it."""
    return date_format(day, "Y-m-d")


SOURCES = {
    "bill": Source(TIMELINE["bill"], "coin", bill_words),
    "event": Source(TIMELINE["event"], "bolt", event_words),
    "ownership": Source(TIMELINE["ownership"], "users", ownership_words),
    "complaint": Source(TIMELINE["complaint"], "alert-triangle", complaint_words),
    "service": Source(TIMELINE["service"], "help", service_words),
    "network": Source(TIMELINE["network"], "api", network_words),
    "bundle": Source(TIMELINE["bundle"], "notes", bundle_words),
    "need": Source(TIMELINE["need"], "list", need_words),
    "tag": Source(TIMELINE["tag"], "list", tag_words),
    "survey": Source(TIMELINE["survey"], "list", survey_words),
    "correction": Source(TIMELINE["correction"], "check", correction_words),
}
