"""The page and its timeline: door, one statement, words, render."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

import lifecycle.panels
import offers.panels
import retention.panels
import segmentation.panels
from customers import audit, credit_panel, panels
from customers.access import ANALYST, API, AUDITOR, Scope, can, requires, scope_of, staff_of
from customers.facets import codes
from customers.loading.bundles import NEVER
from customers.masking import sees_value
from customers.models import Customer, Run, Staff, Standing
from customers.panels import Reader, Term, in_language
from customers.verdict import Verdict
from cvm.context import published_run
from cvm.lib.months import day_number
from cvm.needs import panel as needs
from cvm.night.deciding import terms_of
from cvm.profile360 import circle, header, reading
from cvm.profile360 import timeline as happenings
from cvm.profile360.money import money
from lifecycle.life import life
from offers.budget_panel import budget, given_until
from offers.eligible import Economics
from segmentation import stickiness
from segmentation.tiers import TierThresholds

RELATED = ("county", "hall", "manager", "family", "group__account_manager")
# Who looks on without serving the customer leaves a trace (the others' contacts and corrections are theirs).
LOOKERS_ON = frozenset({ANALYST, AUDITOR, API})


@require_safe
@requires("customers.view")
def customer_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one visible customer; out of scope it does not exist, an alias leads to the record that counts."""
    user, now = staff_of(request), timezone.now()
    customer = get_object_or_404(Customer.objects.visible_to(user).select_related(*RELATED), pk=pk)
    if customer.merged_into_id:
        return redirect("customer", pk=customer.merged_into_id)
    run = published_run(request)
    known = reading.parameters(customer, run=run, now=now)
    page, sub_selects = _timeline_asked(request, now=now)
    found = reading.read_all(known | page["known"], **sub_selects)
    terms = panels.terms(found["bundles"], today=known["today"])
    if user.role in LOOKERS_ON:
        audit.record("customer.viewed", actor=user, at=now, subject=customer)
    context = {
        "customer": customer,
        "run": run,
        "sees_value": sees_value(user),
        "timeline": _timeline(found.get("timeline"), page),
        **_record(customer, found, scope=scope_of(user), newest=known["newest"]),
        **_ties(customer, found, terms=terms, run=run, user=user, today=known["today"]),
        **_verdicts(customer, found, terms=terms, run=run, user=user, year=known["today"].year),
        "calls": header.may_call(customer, found, run=run, now=now),
        **needs.panel(customer, user=user, now=now),
    }
    return render(request, "profile360/page.html", context)


@require_safe
@requires("customers.view")
def timeline_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer one page of the timeline alone, for the filters and "older" of the 360 page."""
    user, now = staff_of(request), timezone.now()
    customer = get_object_or_404(Customer.objects.visible_to(user), pk=pk)
    known = reading.parameters(customer, run=published_run(request), now=now)
    page, sub_selects = _timeline_asked(request, now=now)
    found = reading.read((), known | page["known"], **sub_selects) if sub_selects else {}
    context = {"customer": customer, "timeline": _timeline(found.get("timeline"), page), "is_older": page["is_older"]}
    return render(request, "profile360/_timeline.html", context)


def _timeline_asked(request: HttpRequest, *, now: dt.datetime) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what the address asks of the timeline, and the sub-select that answers it (none for unknown kinds)."""
    user = staff_of(request)
    reader = Reader(
        sees_value=sees_value(user),
        reads_notes=can(user, "customers.see_name"),
        sees_tests=can(user, "experiments.view"),
    )
    kinds = happenings.chosen_kinds(request.GET.getlist("show"))
    before = request.GET.get("before", "")
    try:
        known = happenings.place(before, now=now, reader=reader)
    except happenings.BadCursor as error:
        raise Http404 from error
    page = {"reader": reader, "kinds": kinds, "known": known, "is_older": bool(before)}
    return page, {} if kinds is None else {"timeline": happenings.statement(kinds)}


def _timeline(found: Any, page: dict[str, Any]) -> happenings.Timeline:
    if page["kinds"] is None:
        return happenings.nothing(page["reader"])
    return happenings.timeline(found, kinds=page["kinds"], reader=page["reader"])


def _record(customer: Customer, found: dict[str, Any], *, scope: Scope, newest: dt.date) -> dict[str, Any]:
    """Return what the customer's own record shows."""
    months = panels.bill_months(found["bills"], newest=newest)
    billed = [month for month in months if month.bill]
    return {
        "months": months,
        "latest": billed[-1] if billed else None,
        "bill_parts": panels.BILL_PARTS,
        "usages": panels.usages(customer, months),
        "family": [panels.relative_of(row) for row in found["family"]],
        "lines": [panels.relative_of(row) for row in found["lines"] if _is_visible(row, scope)],
        "permissions": retention.panels.permissions(found["consents"], found["quiet"]),
        "loyalty": panels.loyalty(found["loyalty"]),
    }


def _is_visible(row: dict[str, Any], scope: Scope) -> bool:
    if scope.manager_id is not None:
        return bool(row["manager_id"] == scope.manager_id)
    return scope.is_everything or row["county_id"] in scope.county_ids


def _ties(
    customer: Customer, found: dict[str, Any], *, terms: list[Term], run: Run | None, user: Staff, today: dt.date
) -> dict[str, Any]:
    """Return what binds the customer and what protects them."""
    weights = stickiness.StickinessWeights(**(run.plan.get("stickiness", {}) if run else {}))
    parts, near = header.ties(customer, terms, today=today, weights=weights), circle.circle(found["circle"])
    return {
        "terms": terms,
        "circle": near,
        "stickiness": {"index": stickiness.index(parts), "parts": segmentation.panels.stickiness_parts(parts)},
        "protections": header.protections(
            customer, found, strong_a=near.strong_a, today=today, names_codes=sees_value(user)
        ),
    }


def _verdicts(
    customer: Customer, found: dict[str, Any], *, terms: list[Term], run: Run | None, user: Staff, year: int
) -> dict[str, Any]:
    """Return what the night decided and what follows from it, as far as the person may see it."""
    value = sees_value(user)
    economics = Economics(**run.plan["economics"]) if run else Economics()
    worth = money(found["bills"], found, margin_permille=economics.margin_permille) if value else None
    standing = found["standing"]
    if run is None or standing is None:
        return {"standing": None, "verdicts": [], "money": worth, "budget": None}
    credit = int(codes(standing.facets, "credit"))
    left = budget(standing.sum12_fen, found["given"], economics=economics, role=user.role, year=year)
    offer = next((in_language(row) for row in found["offers"] if row["id"] == standing.offer_id), "")
    return {
        "standing": standing,
        "playbook": found["playbook"],
        "families": offers.panels.families(found["playbook"]),
        "money": worth,
        "budget": left if value else None,
        "life": life(
            standing,
            customer,
            bills=found["bills"],
            signalled=[dt.date.fromisoformat(day) for day in found["signalled"]],
            plan=run.plan,
            as_of=run.as_of,
            month=run.month,
        ),
        "credit": credit,
        "verdicts": [
            *verdicts(standing, run=run, user=user, owners=found["layer_owners"] or {}),
            credit_panel.verdict(
                credit,
                customer,
                bills=found["bills"],
                payments=found["payments"],
                newest=run.month,
                terms=TierThresholds(**run.plan["tier"]).credit,
            ),
        ],
        "reasons": retention.panels.reasons(standing),
        "cause_days": retention.panels.days_since_cause(standing, as_of=run.as_of),
        "offer": offer,
        "prompt": header.prompt(standing, terms, offer=offer, sees_value=value),
        "considered": _considered(standing, customer, found, run=run) if value else [],
    }


def _considered(
    standing: Standing, customer: Customer, found: dict[str, Any], *, run: Run
) -> list[offers.panels.Considered]:
    policy, bound = terms_of(run.plan), panels.terms(found["bundles"], today=run.as_of)
    ends = [term.bundle.end_date for term in bound if term.is_running and term.is_hard]
    return offers.panels.considered(
        standing,
        customer,
        names=found["offers"],
        catalogue=policy.catalogue,
        economics=policy.economics,
        as_of=run.as_of,
        bound_until=max((day_number(end) if end else NEVER for end in ends), default=0),
        tags=found["tags"],
        given_fen=given_until(found["given"], at=run.started_at),
        arms=found["arms"],
    )


def verdicts(standing: Standing, *, run: Run, user: Any, owners: Mapping[str, str]) -> list[Verdict]:
    """Return what the night decided, as far as the person may see it, with the policy that night used."""
    plan, versions = run.plan, run.policies
    found = []
    if sees_value(user):
        found += segmentation.panels.verdicts(
            standing, plan=plan["tier"], cohort=plan["cohort"], version=versions["tier"], owners=owners
        )
    found.append(lifecycle.panels.verdict(standing, plan=plan["stage"], version=versions["stage"]))
    found.append(retention.panels.verdict(standing, plan=plan["warning"], version=versions["warning"]))
    return found
