"""Pages of the playbooks: the five side by side, and one stage's with its versions and its draft."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from customers import versioning
from customers.access import can, requires, staff_of
from customers.versioning import Way
from cvm.playbooks.forms import PlaybookForm
from cvm.policy_deeds import REFUSALS, tell
from lifecycle.models import Playbook, Stage
from lifecycle.playbooks import WAYS, differences
from offers.actions import set_stages
from offers.models import Offer
from offers.panels import families

PUBLISHED = gettext_lazy("Version %(version)s is in force: everybody sees it from now on.")


@require_safe
@requires("playbooks.view")
def playbooks(request: HttpRequest) -> HttpResponse:
    """Show the playbooks in force, one a stage."""
    found = list(Playbook.objects.filter(status=Playbook.Status.LIVE).order_by("stage"))
    context = {
        "playbooks": [(one, families(one)) for one in found],
        "offers": Offer.objects.filter(is_active=True).order_by("priority", "pk"),
        "stages": Stage.choices,
        "can_edit": can(request.user, "playbooks.edit"),
    }
    return render(request, "playbooks/page.html", context)


@require_POST
@requires("playbooks.edit")
def offer_stages(request: HttpRequest, pk: int) -> HttpResponse:
    """Say in which stages the next night may suggest an offer; none ticked means in every stage."""
    offer = get_object_or_404(Offer, pk=pk, is_active=True)
    ticked = [int(value) for value in request.POST.getlist("stage") if value in map(str, Stage.values)]
    if set_stages(offer, stages=ticked, by=staff_of(request), at=timezone.now()):
        messages.info(request, _("The next night knows the stages of “%(offer)s”.") % {"offer": offer.name})
    return redirect("playbooks")


@require_safe
@requires("playbooks.view")
def playbook(request: HttpRequest, stage: int) -> HttpResponse:
    """Show one stage's playbook, its draft for who may edit, and what each version changed."""
    return _page(request, _stage(stage))


@require_POST
@requires("playbooks.edit")
def save(request: HttpRequest, stage: int) -> HttpResponse:
    """Keep what was typed as the draft."""
    way, form = _way(stage), PlaybookForm(request.POST)
    if not form.is_valid():
        return _page(request, _stage(stage), form)
    try:
        draft = way.save_draft(form.values(before=_shown(way)), by=staff_of(request), at=timezone.now())
    except IntegrityError:
        form.add_error(None, _("Somebody else has just changed the draft. Look at it and save again."))
        return _page(request, _stage(stage), form)
    messages.info(request, _("Draft v%(version)s is saved; nobody sees it yet.") % {"version": draft.version})
    return redirect("playbook", stage=stage)


@require_POST
@requires("playbooks.edit")
def publish(request: HttpRequest, stage: int) -> HttpResponse:
    """Put the draft into force, if it is the one that was looked at."""
    way, form = _way(stage), PlaybookForm(request.POST)
    if not form.is_valid():
        return _page(request, _stage(stage), form)
    seen = form.values(before=_shown(way))
    try:
        done = way.publish_draft(seen, preview={}, by=staff_of(request), at=timezone.now())
    except (versioning.NoDraft, versioning.DraftChanged) as error:
        messages.error(request, str(REFUSALS[type(error)]))
    else:
        messages.success(request, str(PUBLISHED) % {"version": done.version})
    return redirect("playbook", stage=stage)


@require_POST
@requires("playbooks.edit")
def discard(request: HttpRequest, stage: int) -> HttpResponse:
    """Throw the draft away."""
    tell(request, _way(stage).discard_draft)
    return redirect("playbook", stage=stage)


@require_POST
@requires("playbooks.edit")
def roll_back(request: HttpRequest, stage: int, number: int) -> HttpResponse:
    """Put an earlier version into force again, as a new one."""
    try:
        done = _way(stage).roll_back(number, preview={}, by=staff_of(request), at=timezone.now())
    except Playbook.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, str(PUBLISHED) % {"version": done.version})
    return redirect("playbook", stage=stage)


def _page(request: HttpRequest, stage: Stage, form: PlaybookForm | None = None) -> HttpResponse:
    way = WAYS[stage]
    live, draft = way.live(), way.in_the_making()
    context: dict[str, Any] = {
        "stage": stage,
        "playbook": live,
        "families": families(live),
        "draft": draft,
        "draft_differences": differences(live, draft) if draft else [],
        "form": form or PlaybookForm.for_playbook(draft or live),
        "history": _history(way),
        "can_edit": can(request.user, "playbooks.edit"),
    }
    return render(request, "playbooks/one.html", context, status=422 if form else 200)


def _shown(way: Way[Playbook]) -> Playbook:
    return way.in_the_making() or way.live()


def _history(way: Way[Playbook]) -> list[tuple[Playbook, list[Any]]]:
    found = list(
        way.versions().exclude(status=Playbook.Status.DRAFT).select_related("published_by").order_by("-version")
    )
    return [(one, differences(before, one)) for one, before in pairwise(found)] + [(found[-1], [])]


def _stage(stage: int) -> Stage:
    if stage not in Stage.values:
        raise Http404
    return Stage(stage)


def _way(stage: int) -> Way[Playbook]:
    return WAYS[_stage(stage)]
