"""One customer on one page: every app offers its panel, this file puts them together."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

import lifecycle.panels
import retention.panels
import segmentation.panels
from callcenter.models import Contact
from customers import panels
from customers.access import can, requires
from customers.masking import sees_value
from customers.models import Bundle, Complaint, Consent, Customer, DoNotDisturb, Event, Run, Standing
from customers.verdict import Verdict
from cvm.context import published_run
from offers.models import Offer

TIMELINE_ROWS = 100
SOURCES = (
    ("", gettext_lazy("All")),
    ("event", gettext_lazy("Events")),
    ("complaint", gettext_lazy("Complaints")),
    ("moment", gettext_lazy("Key moments")),
    ("contact", gettext_lazy("Contacts")),
    ("bundle", gettext_lazy("Bundles")),
)
ICONS = {"event": "bolt", "complaint": "alert-triangle", "moment": "bell", "contact": "phone", "bundle": "notes"}


@dataclass(frozen=True)
class Happening:
    """One line of the timeline."""

    at: dt.datetime
    source: str
    title: str
    detail: str
    level: int = 0

    @property
    def icon(self) -> str:
        return ICONS[self.source]


@require_safe
@requires("customers.view")
def customer_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one visible customer; a customer out of scope does not exist."""
    related = ("county", "hall", "manager", "family", "group__account_manager")
    customer = get_object_or_404(Customer.objects.visible_to(request.user).select_related(*related), pk=pk)
    run = published_run(request)
    now = timezone.now()
    running = panels.bundles(customer)
    context = {
        "customer": customer,
        "run": run,
        "sees_value": sees_value(request.user),
        "permissions": [_permission(said) for said in panels.permissions(customer, at=now)],
        "bundles": running,
        "family": panels.family_members(customer),
        "bill_parts": panels.BILL_PARTS,
        **_bills(customer, run=run, now=now),
        **_standing(customer, run=run, user=request.user),
        **_timeline(request, customer, bundles=running, now=now),
    }
    return render(request, "profile360/page.html", context)


def _bills(customer: Customer, *, run: Run | None, now: dt.datetime) -> dict[str, Any]:
    newest = run.month if run else timezone.localdate(now).replace(day=1)
    months = panels.bill_months(customer, newest=newest)
    billed = [month for month in months if month.bill]
    return {"months": months, "latest": billed[-1] if billed else None, "has_bills": bool(billed)}


def _standing(customer: Customer, *, run: Run | None, user: Any) -> dict[str, Any]:
    standing = Standing.objects.filter(run=run, customer_id=customer.pk).first() if run else None
    if run is None or standing is None:
        return {"standing": None, "verdicts": []}
    return {
        "standing": standing,
        "verdicts": verdicts(standing, run=run, user=user),
        "reasons": retention.panels.reasons(standing),
        "offer": Offer.objects.filter(pk=standing.offer_id).first() if standing.offer_id else None,
    }


def verdicts(standing: Standing, *, run: Run, user: Any) -> list[Verdict]:
    """Return what the night decided, as far as the person may see it, with the policy that night used."""
    plan, versions = run.plan, run.policies
    found = []
    if sees_value(user):
        found += segmentation.panels.verdicts(
            standing, plan=plan["tier"], cohort=plan["cohort"], version=versions["tier"]
        )
    found.append(lifecycle.panels.verdict(standing, plan=plan["stage"], version=versions["stage"]))
    found.append(retention.panels.verdict(standing, plan=plan["warning"], version=versions["warning"]))
    return found


def _permission(said: panels.Permission) -> dict[str, Any]:
    if said.source == "quiet":
        return {"is_given": False, "until": said.until, "words": DoNotDisturb.Scope(int(said.channel)).label}
    channel = Consent.Channel(said.channel).label
    words = _("%(channel)s: agreed") if said.is_given else _("%(channel)s: refused")
    return {"is_given": said.is_given, "until": None, "words": words % {"channel": channel}}


def _timeline(request: HttpRequest, customer: Customer, *, bundles: list[Bundle], now: dt.datetime) -> dict[str, Any]:
    chosen = request.GET.get("show", "")
    happenings = _happenings(customer, chosen, with_notes=can(request.user, "customers.see_name"))
    happenings += _of_bundles(bundles, now=now) if chosen in ("", "bundle") else []
    newest_first = sorted(happenings, key=lambda happening: happening.at, reverse=True)
    return {
        "timeline": newest_first[:TIMELINE_ROWS],
        "is_cut": len(newest_first) > TIMELINE_ROWS,
        "sources": [{"value": value, "label": label, "is_current": value == chosen} for value, label in SOURCES],
    }


def _happenings(customer: Customer, chosen: str, *, with_notes: bool) -> list[Happening]:
    """Read events, complaints, moments and contacts in one query; notes of calls for who speaks to customers."""
    sources = {
        "event": panels.event_rows(customer),
        "complaint": panels.complaint_rows(customer),
        "moment": lifecycle.panels.moment_rows(customer),
        "contact": _contact_rows(customer, with_notes=with_notes),
    }
    wanted = [rows for name, rows in sources.items() if chosen in ("", name)]
    if not wanted:
        return []
    union = wanted[0].union(*wanted[1:], all=True) if len(wanted) > 1 else wanted[0]
    return [_happening(*row) for row in union.order_by("-t_at")[: TIMELINE_ROWS + 1]]


def _contact_rows(customer: Customer, *, with_notes: bool) -> QuerySet[Contact, Any]:
    return panels.timeline_rows(
        Contact.objects.filter(customer=customer),
        at="started_at",
        source=Value("contact"),
        kind="outcome",
        title="staff__display_name",
        detail="note" if with_notes else Value(""),
        extra="channel",
        number=Value(0),
    )


def _happening(at: dt.datetime, source: str, kind: str, title: str, detail: str, extra: str, number: int) -> Happening:
    if source == "event":
        label = str(Event.Kind(int(kind)).label)
        return Happening(at, source, label, _joined(title, detail))
    if source == "complaint":
        words = {"level": Complaint.Level(int(kind)).label, "status": Complaint.Status(int(extra)).label}
        return Happening(at, source, _("Complaint: %(level)s, %(status)s") % words, _joined(title, detail), number)
    if source == "moment":
        return Happening(at, source, f"{extra} {title}", detail, number)
    return Happening(at, source, str(Contact.Outcome(kind).label), _joined(title, detail))


def _joined(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)


def _of_bundles(bundles: list[Bundle], *, now: dt.datetime) -> list[Happening]:
    today = timezone.localdate(now)
    starts = [(bundle.start_date, _("Bundle starts"), bundle) for bundle in bundles]
    ends = [(bundle.end_date, _("Bundle ended"), bundle) for bundle in bundles if bundle.end_date]
    happened = [(day, words, bundle) for day, words, bundle in (*starts, *ends) if day <= today]
    return [Happening(_midnight(day), "bundle", words, bundle.product_name) for day, words, bundle in happened]


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))
