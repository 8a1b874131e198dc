"""What an administrator does with a version of the stage thresholds; each deed is one action and a word about it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers import versioning
from customers.access import requires, staff_of
from customers.models import Run
from cvm.policy_deeds import REFUSALS, tell
from cvm.policy_forms import DayForm
from cvm.stage_policy.forms import ThresholdForm
from cvm.stage_policy.pages import policy_page
from lifecycle import whatif
from lifecycle.models import StagePolicy
from lifecycle.policies import stage_thresholds
from lifecycle.signs import StageThresholds
from lifecycle.stage_actions import STAGES

PAGE = "stage-policy"


@require_POST
@requires("stages.edit")
def save(request: HttpRequest) -> HttpResponse:
    """Keep the typed thresholds as the draft."""
    form = ThresholdForm(request.POST)
    if not form.is_valid():
        return policy_page(request, form)
    values = {**form.values(), "note": form.cleaned_data["note"]}
    try:
        draft = STAGES.save_draft(values, by=staff_of(request), at=timezone.now())
    except IntegrityError:
        form.add_error(None, _("Somebody else has just changed the draft. Look at it and save again."))
        return policy_page(request, form)
    except versioning.VersionWaits as error:
        messages.error(request, str(REFUSALS[type(error)]))
        return redirect(PAGE)
    saved = _("Draft v%(version)s is saved; nothing has changed for customers yet.")
    messages.info(request, saved % {"version": draft.version})
    return redirect(PAGE)


@require_POST
@requires("stages.edit")
def publish(request: HttpRequest) -> HttpResponse:
    """Send the draft whose effect was shown on its way: approval, its day, or into force."""
    form, day = ThresholdForm(request.POST), DayForm(request.POST)
    if not form.is_valid() or not day.is_valid():
        return policy_page(request, form)
    preview, effective_on = _effect_of(form.thresholds()), day.cleaned_data["effective_on"]
    tell(
        request,
        lambda **who: STAGES.publish_draft(form.values(), preview=preview, effective_on=effective_on, **who),
    )
    return redirect(PAGE)


@require_POST
@requires("stages.edit")
def approve(request: HttpRequest) -> HttpResponse:
    """Let the version another administrator asked for through."""
    tell(request, STAGES.approve)
    return redirect(PAGE)


@require_POST
@requires("stages.edit")
def take_back(request: HttpRequest) -> HttpResponse:
    """Make the waiting or scheduled version a draft again."""
    reason = request.POST.get("reason", "").strip()[:200]
    tell(request, lambda **who: STAGES.take_back(reason=reason, **who))
    return redirect(PAGE)


@require_POST
@requires("stages.edit")
def roll_back(request: HttpRequest, number: int) -> HttpResponse:
    """Put an earlier version's values into force at once."""
    found = get_object_or_404(StagePolicy, version=number, status=StagePolicy.Status.RETIRED)
    shown = _effect_of(stage_thresholds(found))
    tell(request, lambda **who: STAGES.roll_back(number, preview=shown, **who))
    return redirect(PAGE)


@require_POST
@requires("stages.edit")
def discard(request: HttpRequest) -> HttpResponse:
    """Throw the draft away."""
    tell(request, STAGES.discard_draft)
    return redirect(PAGE)


def _effect_of(draft: StageThresholds) -> dict[str, Any]:
    run = Run.objects.published()
    return whatif.effect(run=run, draft=draft).as_record() if run else {}
