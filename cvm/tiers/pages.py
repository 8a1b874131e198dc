"""The value ladder's page: live policy, draft and its effect before saving; versions beside each other."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from callcenter.models import PhoneManager
from customers.access import can, requires
from customers.models import Run
from cvm.policy_deeds import day_in, version_urls
from cvm.tiers import reach
from cvm.tiers.doors import Doors
from cvm.tiers.forms import LadderForm
from retention.queries import doubt_of
from segmentation import actions, backtest, whatif
from segmentation.actions import Ladder
from segmentation.beside import beside
from segmentation.ladder_frame import ladder_frame
from segmentation.models import TierPolicy
from segmentation.policies import policy_on
from segmentation.wording import differences, label

Status = TierPolicy.Status
PEOPLE = ("created_by", "requested_by", "approved_by", "published_by", "copy_of")


@require_safe
@requires("tiers.view")
def tiers(request: HttpRequest) -> HttpResponse:
    """Show the ladder in force, the version in the making if any, and the versions before it."""
    return ladder_page(request)


@require_POST
@requires("tiers.edit")
def preview(request: HttpRequest) -> HttpResponse:
    """Show what the typed ladder would do, without saving anything."""
    form = LadderForm(request.POST)
    run = Run.objects.published()
    if not form.is_valid() or run is None:
        status = 200 if form.is_valid() else 422
        return render(request, "tiers/_effect.html", {"form": form, "run": run}, status=status)
    ladder = form.ladder()
    effect = whatif.effect(run=run, ladder=ladder)
    staffed = PhoneManager.objects.filter(is_absent=False, staff__is_active=True).count()
    doors = Doors(request.user).of_bands(effect)
    context = {"form": form, "run": run, "effect": effect, "doors": doors, "staffed": staffed, **_range(effect, run)}
    return render(
        request,
        "tiers/_effect.html",
        context | {"conflicts": reach.conflicts(ladder, run=run, today=timezone.localdate())},
    )


@require_POST
@requires("tiers.edit")
def codes(request: HttpRequest) -> HttpResponse:
    """Show codes, credit, stickiness and kept rate under the typed ladder; slower, so asked once the hand rests."""
    form, run = LadderForm(request.POST), Run.objects.published()
    if not form.is_valid() or run is None:
        return HttpResponse(status=204)
    return _beside(request, form.ladder(), run=run, doors=Doors(request.user))


@require_POST
@requires("tiers.edit")
def back_test(request: HttpRequest) -> HttpResponse:
    """Show how the typed ladder would have ruled the last twelve months, with and without its grace."""
    form, run = LadderForm(request.POST), Run.objects.published()
    if not form.is_valid() or run is None:
        return HttpResponse(status=204)
    live, draft = whatif.policies_of(form.ladder())
    frame = ladder_frame(run.pk)
    with_grace = backtest.back_test(frame, draft)
    without = backtest.back_test(frame, replace(draft, grace_months=1))
    totals = [
        (words, backtest.year_of(months))
        for words, months in (
            (_("Ladder in force"), backtest.back_test(frame, live)),
            (_("This draft"), with_grace),
            (_("This draft without grace"), without),
        )
        if months
    ]
    months = list(zip(with_grace, without, strict=True))
    context = {"months": months, "grace_months": draft.grace_months, "totals": totals}
    return render(request, "tiers/_back_test.html", context)


@require_safe
@requires("tiers.view")
def density(request: HttpRequest) -> HttpResponse:
    """Show where customers stand on the ladder's scale, with the limits as handles."""
    run = Run.objects.published()
    policy = actions.current_draft() or actions.live_policy()
    found = whatif.density(run=run, grace_months=policy.grace_months) if run else None
    context = {"density": found, "policy": policy, "can_edit": can(request.user, "tiers.edit")}
    return render(request, "tiers/_density.html", context)


@require_safe
@requires("tiers.view")
def version(request: HttpRequest, number: int) -> HttpResponse:
    """Show one version: its limits, how it came about, and what differs from the one in force."""
    return _version(request, get_object_or_404(TierPolicy.objects.select_related(*PEOPLE), version=number))


@require_safe
@requires("tiers.view")
def version_effect(request: HttpRequest, number: int) -> HttpResponse:
    """Show what one version would do to today's customers: any report as the ladder stood then."""
    policy = get_object_or_404(TierPolicy, version=number)
    run = Run.objects.published()
    effect = whatif.effect(run=run, ladder=Ladder.of(policy)) if run else None
    context: dict[str, Any] = {"run": run, "effect": effect, "policy": policy}
    if effect and run:
        context |= {"doors": Doors(request.user, policy).of_bands(effect), **_range(effect, run)}
    return render(request, "tiers/_effect.html", context)


@require_safe
@requires("tiers.view")
def version_codes(request: HttpRequest, number: int) -> HttpResponse:
    """Show what one version would do to codes, credit, stickiness and kept rate."""
    policy, run = get_object_or_404(TierPolicy, version=number), Run.objects.published()
    if run is None:
        raise Http404(_("There is no published night."))
    return _beside(request, Ladder.of(policy), run=run, doors=Doors(request.user, policy))


@require_safe
@requires("tiers.view")
def version_file(request: HttpRequest, number: int) -> HttpResponse:
    """Send whom one version moves by county and band."""
    policy, run = get_object_or_404(TierPolicy, version=number), Run.objects.published()
    if run is None:
        raise Http404(_("There is no published night."))
    return reach.moves_file(policy, run=run)


@require_safe
@requires("tiers.view")
def on_day(request: HttpRequest) -> HttpResponse:
    """Show the version that was in force at the end of a day."""
    day = day_in(request.GET.get("day", ""))
    policy = policy_on(day) if day else None
    if policy is None:
        raise Http404(_("No ladder was in force on that day."))
    return _version(request, policy)


def ladder_page(request: HttpRequest, form: LadderForm | None = None) -> HttpResponse:
    """Render the page; a refused form comes back with what was typed and status 422."""
    draft, live = actions.current_draft(), actions.live_policy()
    shown = form or LadderForm.for_policy(draft or live)
    context = {
        "live": live,
        "draft": draft,
        "is_waiting": draft is not None and draft.status != Status.DRAFT,
        "may_approve": draft is not None and draft.requested_by_id != request.user.pk,
        "differences": differences(live, draft) if draft else [],
        "form": shown,
        "groups": list(shown.groups(live)),
        "is_open": bool(form) or _differs_beside(draft, live),
        "values": values_beside(live),
        "history": TierPolicy.objects.select_related(*PEOPLE).order_by("-version"),
        "comparison": whatif.preview_against_result(run=Run.objects.published()),
        "can_edit": can(request.user, "tiers.edit"),
        "tomorrow": timezone.localdate() + dt.timedelta(days=1),
    }
    return render(request, "tiers/page.html", context, status=422 if form else 200)


def _beside(request: HttpRequest, ladder: Ladder, *, run: Run, doors: Doors) -> HttpResponse:
    found = beside(run=run, ladder=ladder)
    return render(request, "tiers/_beside.html", {"found": found, "run": run, "doors": doors.of_codes(found.code)})


def _range(effect: whatif.Effect, run: Run) -> dict[str, Any]:
    """Return half the width of the range around the value protected after, and around what the draft adds to it."""
    doubt, before, after = doubt_of(run), effect.work_before.protected_fen, effect.work_after.protected_fen
    return {
        "half_after": doubt.half_fen(after),
        "half_change": doubt.half_fen(after - before),
        "change_fen": after - before,
    }


def values_beside(policy: TierPolicy) -> list[tuple[str, Any]]:
    """Return what decides beside the bands, in words and numbers."""
    return [(label(name), getattr(policy, name)) for name in actions.BESIDE]


def _differs_beside(draft: TierPolicy | None, live: TierPolicy) -> bool:
    return draft is not None and any(getattr(draft, name) != getattr(live, name) for name in actions.BESIDE)


def _version(request: HttpRequest, policy: TierPolicy) -> HttpResponse:
    live = actions.live_policy()
    context = {
        "policy": policy,
        "values": values_beside(policy),
        "live": live,
        "differences": differences(live, policy),
        "can_roll_back": can(request.user, "tiers.edit") and policy.status == Status.RETIRED,
        "urls": version_urls("tiers", policy.version),
    }
    return render(request, "tiers/version.html", context)
