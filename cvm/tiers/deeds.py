"""What an administrator does with a version of the ladder; each deed is one action and a word about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.access import requires, staff_of
from customers.models import Run
from cvm.policy_deeds import REFUSALS, tell
from cvm.policy_forms import DayForm
from cvm.tiers.forms import LadderForm
from cvm.tiers.pages import ladder_page
from segmentation import actions, whatif
from segmentation.actions import Ladder
from segmentation.codes import code_effect
from segmentation.models import TierPolicy


@require_POST
@requires("tiers.edit")
def save(request: HttpRequest) -> HttpResponse:
    """Keep the typed ladder as the draft."""
    form = LadderForm(request.POST)
    if not form.is_valid():
        return ladder_page(request, form)
    try:
        draft = actions.save_draft(form.ladder(), by=staff_of(request), at=timezone.now())
    except IntegrityError:
        form.add_error(None, _("Somebody else has just changed the draft. Look at it and save again."))
        return ladder_page(request, form)
    except actions.VersionWaits as error:
        messages.error(request, str(REFUSALS[type(error)]))
        return redirect("tiers")
    saved = _("Draft v%(version)s is saved; nothing has changed for customers yet.")
    messages.info(request, saved % {"version": draft.version})
    return redirect("tiers")


@require_POST
@requires("tiers.edit")
def publish(request: HttpRequest) -> HttpResponse:
    """Send the draft whose effect was shown on its way: approval, its day, or into force."""
    form, day = LadderForm(request.POST), DayForm(request.POST)
    if not form.is_valid() or not day.is_valid():
        return ladder_page(request, form)
    seen = form.ladder()
    return _done(
        request,
        lambda **who: actions.publish_draft(
            seen, preview=_effect_of(seen), effective_on=day.cleaned_data["effective_on"], **who
        ),
    )


@require_POST
@requires("tiers.edit")
def approve(request: HttpRequest) -> HttpResponse:
    """Let the version another administrator asked for through."""
    return _done(request, actions.approve)


@require_POST
@requires("tiers.edit")
def take_back(request: HttpRequest) -> HttpResponse:
    """Make the waiting or scheduled version a draft again."""
    reason = request.POST.get("reason", "").strip()[:200]
    return _done(request, lambda **who: actions.take_back(reason=reason, **who))


@require_POST
@requires("tiers.edit")
def roll_back(request: HttpRequest, number: int) -> HttpResponse:
    """Put an earlier version's values into force at once."""
    policy = get_object_or_404(TierPolicy, version=number, status=TierPolicy.Status.RETIRED)
    shown = _effect_of(Ladder.of(policy))
    return _done(request, lambda **who: actions.roll_back(number, preview=shown, **who))


@require_POST
@requires("tiers.edit")
def discard(request: HttpRequest) -> HttpResponse:
    """Throw the draft away."""
    tell(request, actions.discard_draft)
    return redirect("tiers")


def _done(request: HttpRequest, deed: Callable[..., TierPolicy]) -> HttpResponse:
    tell(request, deed)
    return redirect("tiers")


def _effect_of(ladder: Ladder) -> dict[str, Any]:
    """Return what the preview said, by the same functions on the same kept frame; nobody is looked up."""
    run = Run.objects.published()
    if run is None:
        return {}
    # whoever gets another code moves too
    return whatif.effect(run=run, ladder=ladder).as_record() | code_effect(run=run, ladder=ladder).as_record()
