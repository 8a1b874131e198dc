"""The nights: what ran, how far the running one is, why one failed, and the button that starts one now."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from customers.access import can, requires
from customers.models import HistoryCheck, Run, RunBucket
from cvm.definitions.registry import POLICIES
from cvm.night.errors import NightError
from cvm.night.watching import STAGES, entered, failure, progress
from cvm.nightly import start_night
from retention.models import ChurnModel
from retention.queries import note_of

SHOWN = 60  # nights on the page
PARTS = {
    "load": gettext_lazy("reading"),
    "changes": gettext_lazy("comparing with the night before"),
    "decide": gettext_lazy("deciding"),
    "write": gettext_lazy("writing"),
    "waiting": gettext_lazy("tasks still open"),
    "tasks": gettext_lazy("new tasks"),
    "drafts": gettext_lazy("writing tasks"),
    "ladder": gettext_lazy("columns of the previews"),
    "stages": gettext_lazy("for drafts of the stage thresholds"),
    "notes": gettext_lazy("notes of the day"),
    "moments": gettext_lazy("key moments"),
    "older": gettext_lazy("earlier cohorts"),
    "report": gettext_lazy("sums"),
    "hash": gettext_lazy("checksum"),
}


@dataclass(frozen=True)
class StageTime:
    """How long one stage of a run took; None while it lasts or where it never came."""

    label: str
    seconds: float | None


@require_safe
@requires("runs.view")
def run_list(request: HttpRequest) -> HttpResponse:
    """Show the nights, newest first; htmx gets the running one only."""
    running = Run.objects.filter(status=Run.Status.RUNNING).first()
    context: dict[str, Any] = {
        "running": running,
        "progress": progress(running) if running else None,
        "can_start": can(request.user, "runs.start"),
        "today": timezone.localdate(),
    }
    if request.htmx and not request.htmx.boosted:
        return _running(request, context)
    nights = Run.objects.defer("plan", "error").select_related("requested_by").order_by("-pk")[:SHOWN]
    context["history"] = HistoryCheck.objects.order_by("-pk").first()
    context["nights"] = [(night, seconds_of(night), failure(night)) for night in nights]
    return render(request, "runs/list.html", context)


def _running(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Return the progress alone; when the run has just ended, have the page load again."""
    response = render(request, "runs/_running.html", context)
    if context["running"] is None:
        response["HX-Refresh"] = "true"
    return response


@require_safe
@requires("runs.view")
def run_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one night: stages with their times, policies, buckets."""
    run = get_object_or_404(Run, pk=pk)
    buckets = RunBucket.objects.filter(run=run).defer("partial").order_by("bucket")
    context = {
        "night": run,
        "seconds": seconds_of(run),
        "failure": failure(run),
        "stages": stage_times(run),
        "policies": [(str(POLICIES[name]), version) for name, version in run.policies.items() if name in POLICIES],
        "model": model_words(run),
        "buckets": buckets[:200],
        "bucket_count": run.buckets,
        "parts": _bucket_parts(list(buckets)),
    }
    return render(request, "runs/page.html", context)


@require_POST
@requires("runs.start")
def start(request: HttpRequest) -> HttpResponse:
    """Start a night for today; what stands in its way is said on the page of nights."""
    try:
        run = start_night(as_of=timezone.localdate(), requested_by=request.user, reason=request.POST.get("reason", ""))
    except NightError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Night %(number)s has started. This page follows it.") % {"number": run.pk})
    return redirect("runs")


def seconds_of(run: Run) -> float | None:
    """Return how long a run took from start to end, None while it runs."""
    return (run.finished_at - run.started_at).total_seconds() if run.finished_at else None


def stage_times(run: Run) -> list[StageTime]:
    """Return the stages in order with their seconds, from the instants the run entered each."""
    names = [name for name in STAGES if name != "done"]
    began: list[dt.datetime | None] = [run.started_at, *(entered(run, name) for name in names[1:])]
    ended = [*began[1:], entered(run, "done") or run.finished_at]
    return [
        StageTime(str(STAGES[name]), (end - begin).total_seconds() if begin and end else None)
        for name, begin, end in zip(names, began, ended, strict=True)
    ]


def model_words(run: Run) -> str:
    """Return what kind of churn model a night used, or why the score card did the work; empty before it has one."""
    found = ChurnModel.objects.defer("artifact").filter(pk=run.policies.get("model")).first()
    return (note_of(found) or str(found.get_kind_display())) if found else ""


def _bucket_parts(buckets: list[RunBucket]) -> list[tuple[str, float]]:
    """Return the seconds of each part of the bucket work in words, added over the buckets."""
    sums: dict[str, float] = {}
    for bucket in buckets:
        for part, seconds in bucket.timings.items():
            sums[part] = sums.get(part, 0) + seconds
    return sorted(((str(PARTS.get(part, part)), sums[part]) for part in sums), key=lambda item: -item[1])
