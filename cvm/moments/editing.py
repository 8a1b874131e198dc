"""The editor of one kind. Terms come into force by a back-test; where none can be had, for a reason that is kept."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from customers.access import requires, staff_of
from customers.models import Run
from cvm.backtests.actions import must_be_tried, reach_now, row_of
from cvm.backtests.words import reach_words
from cvm.moments.forms import KindForm
from cvm.moments.pages import kind_of
from lifecycle.models import MomentKind
from lifecycle.moment_actions import KindChanged, change_kind


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
    if not form.is_valid() or not _may_stand(form, kind):
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
            reason=said["reason"].strip(),
        )
    except KindChanged:
        form.add_error(None, _("Somebody saved this key moment in the meantime. Open it again and look first."))
        return _page(request, kind, form, status=409)
    messages.success(request, _("Saved; the next night uses it."))
    return redirect("moment", code=kind.code)


def _may_stand(form: KindForm, kind: MomentKind) -> bool:
    """Return whether the change may be saved here; the form says why not."""
    if not must_be_tried(row_of(kind), values=form.terms, is_enabled=form.cleaned_data["is_enabled"]):
        return True
    if _can_be_tried(kind):
        form.add_error(
            None,
            _(
                "Thresholds, cool-down, repeating, more counties and switching on come into force by a back-test: try them, then adopt them there."
            ),
        )
        return False
    if not form.cleaned_data["reason"].strip():
        form.add_error("reason", _("This key moment cannot be back-tested: say why its terms should change."))
        return False
    return True


def _can_be_tried(kind: MomentKind) -> bool:
    reach = reach_now(kind)
    return reach is not None and reach.first is not None


def _page(request: HttpRequest, kind: MomentKind, form: KindForm, *, status: int = 200) -> HttpResponse:
    reach, run = reach_now(kind), Run.objects.published()
    can_be_tried = reach is not None and reach.first is not None
    if can_be_tried and kind.is_enabled:
        form.keep_terms()
    context = {
        "kind": kind,
        "form": form,
        "can_be_tried": can_be_tried,
        "why_not": reach_words(reach, as_of=run.as_of) if reach and run and not can_be_tried else "",
    }
    return render(request, "moments/edit.html", context, status=status)
