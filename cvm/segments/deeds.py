"""What people do with a segment: keep, change, lock, take out of use. Saving counts it for the published night."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from customers.access import requires, staff_of
from cvm.context import published_run
from cvm.segments.fields import catalogue
from cvm.segments.forms import LockForm, SegmentForm
from cvm.segments.members import rebuild_with_readers
from cvm.segments.pages import editor, visible_segment
from segmentation import segment_actions as actions
from segmentation.models import Segment
from segmentation.segments import SegmentCycle

REFUSALS = {
    actions.NotYours: gettext_lazy("Only the owner may change this segment. Make a copy of your own."),
    actions.SegmentChanged: gettext_lazy("Somebody else has changed this segment meanwhile. Open it again."),
    actions.LockOver: gettext_lazy("The last day of the lock is over already."),
    actions.SegmentInUse: gettext_lazy("Rules of other segments read this one. Change those first."),
    SegmentCycle: gettext_lazy("A segment cannot read itself, not even through other segments."),
}


@require_POST
@requires("segments.edit")
def create(request: HttpRequest) -> HttpResponse:
    """Keep a new segment."""
    return _kept(request, None, actions.create_segment)


@require_POST
@requires("segments.edit")
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Put another version of a segment into force, or rename it."""
    segment = visible_segment(request, pk)

    seen = request.POST.get("seen", "")  # the version the person saw
    return _kept(request, segment, partial(actions.change_segment, segment, seen=int(seen) if seen.isdecimal() else 0))


@require_POST
@requires("segments.edit")
def lock(request: HttpRequest, pk: int) -> HttpResponse:
    """Lock a segment, for good or `until` a last day, or open it again (`on`)."""
    segment, form = visible_segment(request, pk), LockForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Write the last day of the lock as 2026-03-31."))
        return redirect("segment", segment.pk)
    is_locked, until = form.cleaned_data["on"], form.cleaned_data["until"]
    return _done(request, segment, partial(actions.lock_segment, segment, is_locked=is_locked, until=until))


@require_POST
@requires("segments.edit")
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a segment out of use."""
    segment = visible_segment(request, pk)
    return _done(request, segment, lambda **who: actions.retire_segment(segment, **who))


def _kept(request: HttpRequest, segment: Segment | None, deed: Callable[..., Segment]) -> HttpResponse:
    user = staff_of(request)
    fields = catalogue(user)
    form = SegmentForm(request.POST, fields=fields)
    if not form.is_valid():
        return editor(request, form, fields, segment=segment)
    values = {name: form.cleaned_data[name] for name in ("name", "meaning", "rule")}
    try:
        kept = deed(**values, by=user, at=timezone.now())
    except IntegrityError as error:
        if "segment_name_once_per_owner" not in str(error):
            raise
        form.add_error("name", _("You already have a segment with this name."))
        return editor(request, form, fields, segment=segment)
    except tuple(REFUSALS) as error:
        form.add_error(None, str(REFUSALS[type(error)]))
        return editor(request, form, fields, segment=segment)
    run = published_run(request)
    if run is not None:
        rebuild_with_readers(kept, run=run)
    messages.success(request, _("Segment “%(name)s” is saved.") % {"name": kept.name})
    return redirect("segment", kept.pk)


def _done(request: HttpRequest, segment: Segment, deed: Callable[..., None]) -> HttpResponse:
    try:
        deed(by=staff_of(request), at=timezone.now())
    except tuple(REFUSALS) as error:
        messages.error(request, str(REFUSALS[type(error)]))
    return redirect("segment", segment.pk)
