"""Pages and deeds of the focus groups."""

from __future__ import annotations

import secrets
from collections import Counter
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from customers.access import can, requires, staff_of
from customers.models import Customer, Run
from customers.needs import UnknownNeed
from cvm.focus_groups.drawing import draw
from cvm.focus_groups.forms import MOST_SEED, GroupForm, IdeaForm, NeedForm
from lifecycle import focus_groups
from lifecycle.models import FocusGroup, FocusGroupMember
from offers.models import Offer

SHOWN = 100


@require_safe
@requires("focus_groups.view")
def groups(request: HttpRequest) -> HttpResponse:
    """Show the focus groups, newest first, and the form to draw another."""
    return _list(request)


@require_POST
@requires("focus_groups.manage")
def convene(request: HttpRequest) -> HttpResponse:
    """Draw a group at random from the published night."""
    form, run, by = GroupForm(request.POST), Run.objects.published(), staff_of(request)
    if not form.is_valid() or run is None:
        return _list(request, form)
    values, now = form.cleaned_data, timezone.now()
    seed = values["seed"] or 1 + secrets.randbelow(MOST_SEED)
    drawing = draw(run=run, stage=values["stage"], size=values["size"], seed=seed, by=by, at=now)
    try:
        group = focus_groups.convene(**{**values, "seed": seed}, run=run, **vars(drawing), by=by, at=now)
    except focus_groups.NobodyToDraw:
        form.add_error(None, _("Nobody of this stage may be contacted."))
        return _list(request, form)
    return redirect("focus-group", pk=group.pk)


@require_safe
@requires("focus_groups.view")
def group(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one group: who was drawn, who was there, what they need, what could answer it."""
    found = get_object_or_404(FocusGroup.objects.select_related("run", "created_by"), pk=pk)
    visible = Customer.objects.visible_to(staff_of(request))
    members = list(
        found.members.filter(customer__in=visible)
        .select_related("customer__county")
        .prefetch_related("needs__kind")
        .order_by("position")
    )
    kinds = Counter(need.kind for member in members for need in member.needs.all())
    context = {
        "group": found,
        "members": [(member, focus_groups.NEXT[FocusGroupMember.Status(member.status)]) for member in members],
        "labels": dict(FocusGroupMember.Status.choices),
        "kinds": sorted(kinds.items(), key=lambda one: (-one[1], one[0].code)),
        "ideas": found.ideas.select_related("kind", "created_by").order_by("kind__code", "pk"),
        "offers": {offer.code: offer.name for offer in Offer.objects.filter(is_active=True).order_by("priority", "pk")},
        "can_manage": can(request.user, "focus_groups.manage"),
        "opens_customers": can(request.user, "customers.view"),
    }
    return render(request, "focus_groups/one.html", context)


@require_POST
@requires("focus_groups.manage")
def member(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a member was invited, declined, was there or did not come."""
    found, to = _member(request, pk), request.POST.get("to", "")
    try:
        focus_groups.move_on(found, to=to, by=staff_of(request), at=timezone.now())
    except focus_groups.StepNotOpen:
        messages.error(request, _("This step is not open for that member any more."))
    return redirect("focus-group", pk=found.group_id)


@require_POST
@requires("focus_groups.manage")
def need(request: HttpRequest, pk: int) -> HttpResponse:
    """Record what somebody who was there needs."""
    found, form = _member(request, pk), NeedForm(request.POST)
    if form.is_valid():
        try:
            focus_groups.record(found, text=form.cleaned_data["text"], by=staff_of(request), at=timezone.now())
        except (focus_groups.WasNotThere, UnknownNeed):
            messages.error(request, _("A need is recorded of somebody who was there, in words that say what it is."))
    return redirect("focus-group", pk=found.group_id)


@require_POST
@requires("focus_groups.manage")
def idea(request: HttpRequest, pk: int) -> HttpResponse:
    """Note what could answer a kind of need."""
    found, form = get_object_or_404(FocusGroup, pk=pk), IdeaForm(request.POST)
    if form.is_valid():
        values: dict[str, Any] = form.cleaned_data
        offer = values["offer"].code if values["offer"] else ""
        words = {"kind": values["kind"], "words": values["words"], "offer_code": offer}
        focus_groups.note_idea(found, **words, by=staff_of(request), at=timezone.now())
    else:
        messages.error(request, _("Write the idea down and choose the need it answers."))
    return redirect("focus-group", pk=found.pk)


def _list(request: HttpRequest, form: GroupForm | None = None) -> HttpResponse:
    found = FocusGroup.objects.select_related("created_by").order_by("-created_at", "-pk")[:SHOWN]
    context = {
        "groups": found,
        "form": form or GroupForm(),
        "run": Run.objects.published(),
        "can_manage": can(request.user, "focus_groups.manage"),
    }
    return render(request, "focus_groups/page.html", context, status=422 if form else 200)


def _member(request: HttpRequest, pk: int) -> FocusGroupMember:
    visible = Customer.objects.visible_to(staff_of(request))
    return get_object_or_404(FocusGroupMember.objects.select_related("customer", "group"), pk=pk, customer__in=visible)
