"""The page on which an administrator says which department looks after which layer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from customers.access import can, requires, staff_of
from segmentation.models import Department, Layer
from segmentation.owners import owners, set_owners


class OwnersForm(forms.Form):
    """One department for each layer."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for layer in Layer:
            self.fields[f"layer_{int(layer)}"] = forms.ChoiceField(label=layer.label, choices=Department.choices)

    def chosen(self) -> dict[int, Department]:
        """Return the department of each layer; only after the form is valid."""
        return {int(layer): Department(self.cleaned_data[f"layer_{int(layer)}"]) for layer in Layer}


@require_safe
@requires("dashboard.view")
def owners_page(request: HttpRequest) -> HttpResponse:
    """Show the owner of each layer."""
    return _page(request, OwnersForm(initial={f"layer_{layer}": code for layer, code in owners().items()}))


@require_POST
@requires("tiers.edit")
def save(request: HttpRequest) -> HttpResponse:
    """Keep what the administrator chose; it shows at once, nothing waits for a night."""
    form = OwnersForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    changed = set_owners(form.chosen(), by=staff_of(request), at=timezone.now())
    words = ngettext("%(many)s layer changed hands.", "%(many)s layers changed hands.", len(changed))
    messages.info(request, words % {"many": len(changed)} if changed else _("Nothing changed."))
    return redirect("layer-owners")


def _page(request: HttpRequest, form: OwnersForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "can_edit": can(request.user, "tiers.edit")}
    return render(request, "layers/owners.html", context, status=status)
