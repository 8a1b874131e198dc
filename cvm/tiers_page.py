"""The value ladder's page: live policy, draft, its effect before saving, publication, apply now."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from customers.access import can, requires, staff_of
from customers.models import Run
from segmentation import actions, whatif
from segmentation.actions import Ladder
from segmentation.models import TierPolicy

YUAN = Decimal(100)


class LadderForm(forms.Form):
    """Four limits in yuan that must rise, and why."""

    high_from = forms.DecimalField(label=gettext_lazy("High from"), min_value=1, max_digits=8, decimal_places=2)
    mid_from = forms.DecimalField(label=gettext_lazy("Mid from"), min_value=1, max_digits=8, decimal_places=2)
    potential_from = forms.DecimalField(
        label=gettext_lazy("Potential from"), min_value=1, max_digits=8, decimal_places=2
    )
    low_from = forms.DecimalField(label=gettext_lazy("Low from"), min_value=1, max_digits=8, decimal_places=2)
    note = forms.CharField(label=gettext_lazy("Why"), max_length=200, required=False)

    LIMITS = ("high_from", "mid_from", "potential_from", "low_from")

    @classmethod
    def for_policy(cls, policy: TierPolicy) -> LadderForm:
        values: dict[str, Any] = {name: getattr(policy, f"{name}_fen") / YUAN for name in cls.LIMITS}
        return cls(initial={**values, "note": policy.note})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        limits: list[Decimal] = [cleaned[name] for name in self.LIMITS if name in cleaned]
        if len(limits) == len(self.LIMITS) and any(above <= below for above, below in itertools.pairwise(limits)):
            raise forms.ValidationError(_("Each band must start above the one below it."))
        return cleaned

    def ladder(self) -> Ladder:
        """Return the values in fen; only after the form is valid."""
        limits = {f"{name}_fen": int(self.cleaned_data[name] * YUAN) for name in self.LIMITS}
        return Ladder(**limits, note=self.cleaned_data["note"])


@require_safe
@requires("tiers.view")
def tiers(request: HttpRequest) -> HttpResponse:
    """Show the ladder in force, the draft if any, and the versions before it."""
    return _page(request)


@require_POST
@requires("tiers.edit")
def preview(request: HttpRequest) -> HttpResponse:
    """Show what the typed ladder would do, without saving anything."""
    form = LadderForm(request.POST)
    run = Run.objects.published()
    if not form.is_valid() or run is None:
        return render(
            request,
            "tiers/_effect.html",
            {"form": form, "run": run},
            status=200 if form.is_valid() else 422,
        )
    effect = whatif.effect(run=run, ladder=form.ladder())
    return render(request, "tiers/_effect.html", {"form": form, "run": run, "effect": effect})


@require_POST
@requires("tiers.edit")
def save(request: HttpRequest) -> HttpResponse:
    """Keep the typed ladder as the draft."""
    form = LadderForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    try:
        draft = actions.save_draft(form.ladder(), by=staff_of(request), at=timezone.now())
    except IntegrityError:
        form.add_error(None, _("Somebody else has just changed the draft. Look at it and save again."))
        return _page(request, form)
    messages.info(
        request,
        _("Draft v%(version)s is saved; nothing has changed for customers yet.") % vars(draft),
    )
    return redirect("tiers")


@require_POST
@requires("tiers.edit")
def publish(request: HttpRequest) -> HttpResponse:
    """Publish the draft whose effect was shown; the next night uses it."""
    form = LadderForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    run, seen = Run.objects.published(), form.ladder()
    stored = whatif.effect(run=run, ladder=seen).as_record() if run else {}
    try:
        policy = actions.publish_draft(seen, by=staff_of(request), at=timezone.now(), preview=stored)
    except actions.NoDraft:
        messages.error(request, _("There is no draft any more. Save one first."))
    except actions.DraftChanged:
        messages.error(
            request,
            _("The draft differs from what you saw. Save it, look at its effect, publish again."),
        )
    else:
        text = _("Version %(version)s is live. The next night uses it, or apply it now.")
        messages.success(request, text % {"version": policy.version})
    return redirect("tiers")


@require_POST
@requires("tiers.edit")
def discard(request: HttpRequest) -> HttpResponse:
    """Throw the draft away."""
    try:
        actions.discard_draft(by=staff_of(request), at=timezone.now())
    except actions.NoDraft:
        messages.error(request, _("There is no draft any more."))
    return redirect("tiers")


def _page(request: HttpRequest, form: LadderForm | None = None) -> HttpResponse:
    """Render the page; a refused form comes back with what was typed and status 422."""
    draft, live = actions.current_draft(), actions.live_policy()
    context = {
        "live": live,
        "draft": draft,
        "form": form or LadderForm.for_policy(draft or live),
        "history": TierPolicy.objects.select_related("created_by", "published_by").order_by("-version"),
        "comparison": whatif.preview_against_result(run=Run.objects.published()),
        "can_edit": can(request.user, "tiers.edit"),
    }
    return render(request, "tiers/page.html", context, status=422 if form else 200)
