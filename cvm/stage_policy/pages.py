"""The page of the stage thresholds: in force, draft and its effect before saving, a year back, versions."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from customers import audit
from customers.access import can, requires, staff_of
from customers.masking import masked_number
from customers.models import PolicyVersion, Run
from cvm.exports.tables import csv_answer
from cvm.lib.money import yuan_text
from cvm.policy_deeds import day_in, version_urls
from cvm.stage_policy.forms import ThresholdForm
from lifecycle import stage_backtest, whatif
from lifecycle.models import Stage, StagePolicy
from lifecycle.policies import stage_thresholds
from lifecycle.stage_actions import LIMITS, STAGES
from lifecycle.stage_frame import past_frames
from lifecycle.wording import differences, label, value_text

Status = PolicyVersion.Status
PEOPLE = ("created_by", "requested_by", "approved_by", "published_by", "copy_of")


@require_safe
@requires("stages.view")
def policy(request: HttpRequest) -> HttpResponse:
    """Show the thresholds in force, the version in the making if any, and the versions before it."""
    return policy_page(request)


@require_POST
@requires("stages.edit")
def preview(request: HttpRequest) -> HttpResponse:
    """Show what the typed thresholds would do, without saving anything."""
    form, run = ThresholdForm(request.POST), Run.objects.published()
    if not form.is_valid() or run is None:
        status = 200 if form.is_valid() else 422
        return render(request, "stage_policy/_effect.html", {"form": form, "run": run}, status=status)
    effect = whatif.effect(run=run, draft=form.thresholds())
    return render(request, "stage_policy/_effect.html", {"form": form, "run": run, "effect": effect})


@require_POST
@requires("stages.edit")
def movers(request: HttpRequest) -> HttpResponse:
    """Answer everybody who would move under the typed thresholds as a file: masked, formula-safe, audited."""
    form, run = ThresholdForm(request.POST), Run.objects.published()
    if not form.is_valid() or run is None:
        return HttpResponse(status=422)
    found = whatif.effect(run=run, draft=form.thresholds()).movers
    audit.record("stage_policy.movers", actor=staff_of(request), at=timezone.now(), subject=run, rows=len(found.ids))
    heads = [_("Customer"), _("Number"), _("County"), _("From"), _("To"), _("3-month average")]
    return csv_answer([heads, *map(_mover_row, found.named())], name=f"stage-movers-{run.as_of:%Y%m%d}.csv")


@require_POST
@requires("stages.edit")
def back_test(request: HttpRequest) -> HttpResponse:
    """Show how the typed thresholds would have ruled the last twelve months, beside those in force."""
    form, run = ThresholdForm(request.POST), Run.objects.published()
    if not form.is_valid() or run is None:
        return HttpResponse(status=204)
    draft = stage_backtest.back_test(past_frames(run), form.thresholds())
    live = stage_backtest.back_test(past_frames(run), stage_thresholds(STAGES.live()))
    context = {
        "months": list(zip(draft, live, strict=True)),
        "total": (stage_backtest.year(draft), stage_backtest.year(live)),
        "run": run,
    }
    return render(request, "stage_policy/_back_test.html", context)


@require_safe
@requires("stages.view")
def version(request: HttpRequest, number: int) -> HttpResponse:
    """Show one version: its values, how it came about, and what differs from the one in force."""
    return _version(request, get_object_or_404(StagePolicy.objects.select_related(*PEOPLE), version=number))


@require_safe
@requires("stages.view")
def version_effect(request: HttpRequest, number: int) -> HttpResponse:
    """Show what one version would do to the customers of the published night."""
    found = get_object_or_404(StagePolicy, version=number)
    run = Run.objects.published()
    effect = whatif.effect(run=run, draft=stage_thresholds(found)) if run else None
    return render(request, "stage_policy/_effect.html", {"run": run, "effect": effect})


@require_safe
@requires("stages.view")
def on_day(request: HttpRequest) -> HttpResponse:
    """Show the version that was in force at the end of a day."""
    day = day_in(request.GET.get("day", ""))
    found = STAGES.on(day) if day else None
    if found is None:
        raise Http404(_("No stage policy was in force on that day."))
    return _version(request, found)


def policy_page(request: HttpRequest, form: ThresholdForm | None = None) -> HttpResponse:
    """Render the page; a refused form comes back with what was typed and status 422."""
    draft, live = STAGES.in_the_making(), STAGES.live()
    shown = form or ThresholdForm.for_policy(draft or live)
    context = {
        "live": live,
        "draft": draft,
        "is_waiting": draft is not None and draft.status != Status.DRAFT,
        "may_approve": draft is not None and draft.requested_by_id != request.user.pk,
        "differences": differences(live, draft) if draft else [],
        "form": shown,
        "groups": list(shown.groups(live)),
        "values": _values(live),
        "history": _history(live),
        "comparison": whatif.preview_against_result(run=Run.objects.published()),
        "can_edit": can(request.user, "stages.edit"),
        "tomorrow": timezone.localdate() + dt.timedelta(days=1),
    }
    return render(request, "stage_policy/page.html", context, status=422 if form else 200)


def _history(live: StagePolicy) -> list[tuple[StagePolicy, list[str]]]:
    """Return the versions from the newest, each with what it changed in the one before it."""
    found = list(StagePolicy.objects.select_related(*PEOPLE).order_by("-version"))
    return [(one, differences(before, one)) for one, before in pairwise(found)] + [(found[-1], [])]


def _version(request: HttpRequest, found: StagePolicy) -> HttpResponse:
    live = STAGES.live()
    context = {
        "policy": found,
        "live": live,
        "values": _values(found),
        "differences": differences(live, found),
        "can_roll_back": can(request.user, "stages.edit") and found.status == Status.RETIRED,
        "urls": version_urls("stage-policy", found.version),
    }
    return render(request, "stage_policy/version.html", context)


def _values(found: StagePolicy) -> list[tuple[str, str]]:
    return [(label(name), value_text(found, name)) for name in LIMITS]


def _mover_row(mover: whatif.Mover) -> list[Any]:
    names = (str(Stage(stage).label) for stage in (mover.before, mover.after))
    return [mover.customer_id, masked_number(mover.msisdn), mover.county, *names, yuan_text(mover.average_fen)]
