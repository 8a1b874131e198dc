"""The editor of one kind."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from customers.access import requires, staff_of
from cvm.moments.forms import THRESHOLD, KindForm
from cvm.moments.pages import kind_of
from lifecycle.models import MomentKind
from lifecycle.moment_actions import KindChanged, change_kind
from lifecycle.thresholds import ThresholdError


@require_safe
@requires("moments.edit")
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """Show the form of a kind."""
    kind = kind_of(code)
    return _page(request, kind, KindForm(instance=kind))


@require_POST
@requires("moments.edit")
def change(request: HttpRequest, code: str) -> HttpResponse:
    """Save a kind as its next version, or show what is wrong."""
    kind = kind_of(code)
    form = KindForm(request.POST, instance=kind_of(code))
    if not form.is_valid():
        return _page(request, kind, form, status=422)
    said = form.cleaned_data
    try:
        change_kind(
            kind,
            seen_version=said["seen"],
            values=said,
            thresholds=form.thresholds,
            counties=list(said["counties"]),
            by=staff_of(request),
            at=timezone.now(),
        )
    except ThresholdError as error:
        form.add_error(THRESHOLD + error.name, str(error))
        return _page(request, kind, form, status=422)
    except KindChanged:
        form.add_error(None, _("Somebody saved this key moment in the meantime. Open it again and look first."))
        return _page(request, kind, form, status=409)
    messages.success(request, _("Saved; the next night uses it."))
    return redirect("moment", code=kind.code)


def _page(request: HttpRequest, kind: MomentKind, form: KindForm, *, status: int = 200) -> HttpResponse:
    return render(request, "moments/edit.html", {"kind": kind, "form": form}, status=status)
