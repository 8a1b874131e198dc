"""What came in: the list of imports, newest first, and the page of one of them, which follows its status."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from customers.access import can, requires
from customers.importing import receipts, undo
from customers.importing.errors import ImportRefused
from customers.models import ImportBatch, MappingTemplate
from cvm.imports import inbox, sketch
from cvm.imports.forms import FilterForm
from cvm.imports.showing import view_of
from cvm.lib.months import label, month_of

PAGE_SIZE = 50
Status = ImportBatch.Status
MOVING = (Status.CHECKING, Status.QUEUED, Status.RUNNING)
BEHIND_FROM = 2  # months: last month's file comes in the course of this month


@dataclass(frozen=True)
class Lag:
    """A kind of file whose newest month is behind."""

    kind: str
    newest: str
    months: int


@require_safe
@requires("imports.view")
def batch_list(request: HttpRequest) -> HttpResponse:
    """Show the imports with their receipts, newest first, by kind, status and way in."""
    form = FilterForm(request.GET)
    said = form.cleaned_data if form.is_valid() else {}
    chosen = {name: said[name] for name in ("kind", "status", "source") if said.get(name)}
    batches = list(_after(receipts.batches().filter(**chosen), said.get("before"))[: PAGE_SIZE + 1])
    context = {
        "batches": batches[:PAGE_SIZE],
        "page": _pager(batches, chosen, is_later=bool(said.get("before"))),
        "form": form,
        "is_filtered": bool(chosen),
        "lags": lags(today=timezone.localdate()),
        "waiting": [] if chosen or said.get("before") else inbox.waiting(),
        "can_run": can(request.user, "imports.run"),
    }
    return render(request, "imports/list.html", context)


@require_safe
@requires("imports.view")
def batch_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one import: its mapping, what the check found, its receipt. htmx gets what changes while it works."""
    batch = get_object_or_404(receipts.batches(), pk=pk)
    context = page_context(request, batch)
    wants_part = request.htmx and not request.htmx.boosted
    return render(request, "imports/_body.html" if wants_part else "imports/page.html", context)


def page_context(request: HttpRequest, batch: ImportBatch, drawn: sketch.Sketch | None = None) -> dict[str, Any]:
    """Return what the page of a batch shows; `drawn` is the mapping as typed, if it was."""
    can_run = can(request.user, "imports.run")
    context: dict[str, Any] = {
        "batch": batch,
        "can_run": can_run,
        "is_moving": is_moving(batch) and "mapping" not in request.GET,
        "shows_mapping": drawn is not None or (can_run and wants_mapping(batch, request)),
        "kinds": [(kind, label) for kind, label in MappingTemplate.Kind.choices if kind in _importable()],
    }
    if context["shows_mapping"]:
        context |= _mapping(batch, drawn)
    return context | {"view": view_of(batch)} | _undo(batch, can_run)


def is_moving(batch: ImportBatch) -> bool:
    """Return whether the page has to follow a worker: also while a mapped file waits for one."""
    return batch.status in MOVING or (batch.status == Status.UPLOADED and batch.progress_at is not None)


def wants_mapping(batch: ImportBatch, request: HttpRequest) -> bool:
    """Return whether the mapping is to be shown: a file waits for it, or somebody asks to change it."""
    if batch.status == Status.UPLOADED:
        return batch.progress_at is None or "mapping" in request.GET
    return "mapping" in request.GET and batch.status in (Status.READY, Status.FAILED) and bool(batch.spool_name)


def _mapping(batch: ImportBatch, drawn: sketch.Sketch | None) -> dict[str, Any]:
    try:
        return {"sketch": drawn or sketch.draw(batch)}
    except ImportRefused as error:
        return {"unreadable": str(error)}


def _undo(batch: ImportBatch, can_run: bool) -> dict[str, Any]:
    if batch.status != Status.COMMITTED or not can_run:
        return {}
    refusal = undo.refusal(batch)
    return {"undo_refusal": refusal, "can_undo": refusal is None}


def _importable() -> set[str]:
    return {one.kind for one in sketch.known_kinds().kinds}


def lags(*, today: dt.date) -> list[Lag]:
    """Return the kinds of file whose newest month lies more than the closed month back."""
    newest = (
        ImportBatch.objects.filter(status=Status.COMMITTED)
        .values("kind")
        .annotate(month=Max("month"), came_at=Max("started_at"))
        .order_by("kind")
    )
    names, now = dict(MappingTemplate.Kind.choices), month_of(today)
    found = [(one["kind"], month_of(one["month"] or timezone.localdate(one["came_at"]))) for one in newest]
    return [
        Lag(str(names.get(kind, kind)), label(month), now - month)
        for kind, month in found
        if now - month >= BEHIND_FROM
    ]


def _after(batches: QuerySet[ImportBatch], before: int | None) -> QuerySet[ImportBatch]:
    """Return the batches that stand after one in the order of the list."""
    last = ImportBatch.objects.filter(pk=before).only("started_at").first() if before else None
    if last is None:
        return batches
    return batches.filter(started_at__lte=last.started_at).filter(Q(started_at__lt=last.started_at) | Q(pk__lt=last.pk))


def _pager(batches: list[ImportBatch], chosen: dict[str, str], *, is_later: bool) -> dict[str, str]:
    home = reverse("imports")
    more = len(batches) > PAGE_SIZE
    return {
        "showing": _("%(count)s imports on this page") % {"count": min(len(batches), PAGE_SIZE)},
        "first_url": f"{home}?{urlencode(chosen)}" if is_later else "",
        "next_url": f"{home}?{urlencode({**chosen, 'before': batches[PAGE_SIZE - 1].pk})}" if more else "",
    }
