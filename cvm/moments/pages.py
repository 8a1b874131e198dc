"""The catalogue of key moments with its hit statistics, and one kind's playbook with what came of it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from customers.access import can, requires, staff_of
from customers.models import AuditEntry
from cvm.context import published_run
from cvm.directory.addresses import list_url
from cvm.moments import counts
from cvm.moments.words import deadlines, threshold_rows
from lifecycle.models import MomentKind
from offers.models import Offer
from segmentation.models import Code

VERSIONS = 20
Category = MomentKind.Category


@require_safe
@requires("moments.view")
def catalogue(request: HttpRequest) -> HttpResponse:
    """Show every kind with its terms and how often it fired."""
    user, run = staff_of(request), published_run(request)
    kinds = list(MomentKind.objects.order_by("code").prefetch_related("counties"))
    hits = counts.hits_by_kind(run, user=user, kinds=kinds) if run else {}
    opens = can(user, "customers.list")
    rows = [
        {
            "kind": kind,
            "hits": hits.get(kind.pk, counts.Hits()),
            "deadlines": deadlines(kind),
            "url": list_url(moment=kind.code) if opens and run else "",
        }
        for kind in kinds
    ]
    groups = [(label, [row for row in rows if row["kind"].category == value]) for value, label in Category.choices]
    context = {
        "groups": groups,
        "run": run,
        "total": sum(row["hits"].last_night for row in rows),
        "enabled": sum(kind.is_enabled for kind in kinds),
        "can_log": can(user, "moments.log"),
        "days": counts.WINDOW_DAYS,
    }
    return render(request, "moments/catalogue.html", context)


@require_safe
@requires("moments.view")
def kind_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show one kind: how it is found, what to do, how often it fired, what came of it, who changed it."""
    user, run, kind = staff_of(request), published_run(request), kind_of(code)
    context: dict[str, Any] = {
        "kind": kind,
        "run": run,
        "deadlines": deadlines(kind),
        "thresholds": threshold_rows(kind),
        "script": [line for line in kind.script.splitlines() if line.strip()],
        "offers": Offer.objects.filter(is_active=True, moments__contains=[kind.code]).order_by("priority", "pk"),
        "versions": _versions(kind),
        "days": counts.WINDOW_DAYS,
        "can_edit": can(user, "moments.edit"),
        "can_log": can(user, "moments.log"),
        "can_score": can(user, "scoreboard.view"),
        "list_url": list_url(moment=kind.code) if can(user, "customers.list") else "",
    }
    if run is not None:
        by_day = counts.hits_by_day(kind, run, user=user)
        by_code = counts.hits_by_code(kind, run, user=user)
        context |= {
            "by_day": by_day,
            "most": max((number for _day, number in by_day), default=0),
            "by_code": [(label, by_code.get(value, 0)) for value, label in Code.choices if by_code.get(value)],
            "outcome": counts.outcome(kind, run, user=user, now=timezone.now()),
        }
    return render(request, "moments/page.html", context)


def kind_of(code: str) -> MomentKind:
    """Return the kind with this code; 404 for any other."""
    found: MomentKind = get_object_or_404(MomentKind.objects.prefetch_related("counties"), code=code)
    return found


def _versions(kind: MomentKind) -> list[tuple[AuditEntry, list[str]]]:
    entries = AuditEntry.objects.filter(subject=kind._meta.label_lower, subject_id=kind.pk, action="moment.change")
    newest = entries.select_related("actor").order_by("-at", "-pk")[:VERSIONS]
    return [(entry, sorted(entry.detail.get("changed", {}))) for entry in newest]
