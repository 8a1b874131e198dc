"""The page of needs: what is needed where, how far it got, and the two decisions: analyse and apply."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from customers import need_actions
from customers.access import can, requires, scope_of, staff_of
from customers.models import Need, NeedKind, Run, Standing
from customers.needs import visible_to
from customers.queries import counties_in
from cvm.context import published_run
from cvm.directory.addresses import list_url
from cvm.needs import counts

SEGMENT_NAMES = {
    "band": gettext_lazy("Band"),
    "stage": gettext_lazy("Stage"),
    "layer": gettext_lazy("Layer"),
    "county": gettext_lazy("County"),
}
STEP_NAMES = {counts.OPEN_STEP: gettext_lazy("Open"), **dict(Need.Status.choices)}


@require_safe
@requires("needs.view")
def overview(request: HttpRequest) -> HttpResponse:
    """Show needs per kind and segment; every number leads to exactly its customers."""
    run = published_run(request)
    kinds = list(NeedKind.objects.order_by("code"))
    if run is None:
        return render(request, "needs/page.html", {"is_before_first_night": True})
    segment = _one_of(counts.COLUMNS, request.GET.get("by", ""))
    step = _one_of(counts.STEPS, request.GET.get("step", ""))
    scope = scope_of(request.user)
    columns = counts.segments(segment, counties=counties_in(scope))
    found = counts.cells(run=run, scope=scope, segment=segment)
    opens, now, together = can(request.user, "customers.list"), timezone.now(), counts.together(found)
    context = {
        "run": run,
        "kpis": _steps(together, now=now, opens=False),
        "together": together,
        "loops": [(loop, _steps(loop, now=now, opens=opens)) for loop in counts.loops(found, kinds)],
        "columns": [label for _value, label in columns],
        "rows": [
            _linked(row, columns, segment=segment, step=step, opens=opens)
            for row in counts.rows(found, kinds, step=step, columns=[value for value, _label in columns])
        ],
        "tabs": _tabs(SEGMENT_NAMES, "by", segment, {"step": step}),
        "step_tabs": _tabs(STEP_NAMES, "step", step, {"by": segment}),
        "segment": segment,
        "segment_label": SEGMENT_NAMES[segment],
        "step_label": STEP_NAMES[step],
        "values": columns,
        "kinds": kinds,
        "can_decide": can(request.user, "needs.analyse"),
        "can_tag": can(request.user, "tags.manage"),
    }
    return render(request, "needs/page.html", context)


@require_POST
@requires("needs.analyse")
def analyse(request: HttpRequest) -> HttpResponse:
    """Conclude the collected needs the form names."""
    return _decide(request, lambda needs, said, at: need_actions.analyse(
        needs, conclusion=said, by=staff_of(request), at=at
    ))  # fmt: skip


@require_POST
@requires("needs.analyse")
def apply(request: HttpRequest) -> HttpResponse:
    """Turn the analysed needs the form names into tags."""
    return _decide(request, lambda needs, _said, at: need_actions.apply(needs, by=staff_of(request), at=at))


@require_POST
@requires("needs.analyse")
def drop(request: HttpRequest) -> HttpResponse:
    """Close the open needs the form names without applying them."""
    return _decide(request, lambda needs, said, at: need_actions.drop(
        needs, reason=said, by=staff_of(request), at=at
    ))  # fmt: skip


def _decide(request: HttpRequest, act: Callable[[QuerySet[Need], str, dt.datetime], int]) -> HttpResponse:
    needs = _chosen(request, published_run(request))
    if needs is None:
        messages.error(request, _("Choose a kind of need first."))
        return redirect("needs")
    try:
        number = act(needs, request.POST.get("words", ""), timezone.now())
    except need_actions.WordsMissing:
        messages.error(request, _("Write the conclusion, or the reason for dropping, first."))
    except need_actions.KindHasNoTag as missing:
        words = _(
            "“%(kind)s” has no tag in use, so it cannot be applied. Analyse it further, or drop it with a reason."
        )
        messages.error(request, words % {"kind": missing.kind.name})
    else:
        words = ngettext("%(number)s need moved on.", "%(number)s needs moved on.", number)
        messages.success(request, words % {"number": f"{number:,}"})
    return _back(request)


def _chosen(request: HttpRequest, run: Run | None) -> QuerySet[Need] | None:
    """Return the visible needs a form names: one by its number, or a kind, perhaps within one segment.

    Suggestions nobody confirmed come along only when the form says so.
    """
    said, visible = request.POST, visible_to(request.user)
    if said.get("need", "").isdigit():
        return visible.filter(pk=int(said["need"]))
    if not said.get("kind"):
        return None
    of_kind = visible.filter(kind__code=said["kind"])
    return _within(of_kind if said.get("suggested") else of_kind.filter(is_suggested=False), said, run)


def _within(needs: QuerySet[Need], said: QueryDict, run: Run | None) -> QuerySet[Need]:
    column, value = counts.COLUMNS.get(said.get("by", "")), said.get("value", "")
    if not value:
        return needs
    if run is None or column is None or not value.isdigit():
        return needs.none()
    standings = Standing.objects.filter(run=run, **{column: int(value)})
    return needs.filter(customer_id__in=standings.values("customer_id"))


def _back(request: HttpRequest) -> HttpResponse:
    number = request.POST.get("need", "")
    if request.POST.get("back") == "customer" and number.isdigit():
        customer = visible_to(request.user).filter(pk=int(number)).values_list("customer_id", flat=True).first()
        if customer:
            return redirect("customer", pk=customer)
    return redirect("needs")


def _steps(loop: counts.Loop, *, now: dt.datetime, opens: bool) -> dict[str, dict[str, Any]]:
    """Return each step of a loop as the template shows it: number, age of the oldest in days, its list."""
    code = loop.kind.code if loop.kind else ""
    return {
        str(status): {
            "number": step.customers,
            "days": (now - step.oldest_at).days if step.oldest_at else None,
            "url": list_url(need=f"{code}:{status}") if opens and step.customers else "",
        }
        for status in Need.Status
        for step in [loop.steps[str(status)]]
    }


def _linked(row: counts.Row, columns: list[tuple[int, str]], *, segment: str, step: str, opens: bool) -> dict[str, Any]:
    need = f"{row.kind.code}:{step}"
    figures = [
        {"number": number, "heat": heat, "url": list_url(need=need, **{segment: value}) if opens and number else ""}
        for (number, heat), (value, _label) in zip(row.figures, columns, strict=True)
    ]
    return {"kind": row.kind, "figures": figures, "total": row.total, "url": list_url(need=need) if opens else ""}


def _tabs(names: dict[str, Any], key: str, current: str, kept: dict[str, str]) -> list[dict[str, Any]]:
    found = []
    for value, label in names.items():
        query = QueryDict(mutable=True)
        query.update({**kept, key: value})
        found.append({"url": f"?{query.urlencode()}", "label": label, "is_current": value == current})
    return found


def _one_of(names: dict[str, Any], wanted: str) -> str:
    return wanted if wanted in names else next(iter(names))
