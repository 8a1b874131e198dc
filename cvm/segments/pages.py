"""The pages of segments: all of them, one with its story, and the editor with its live count."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from customers.access import can, requires, scope_of, staff_of
from customers.models import Run, Staff, Standing
from cvm.context import published_run
from cvm.dashboards.files import csv_of
from cvm.dashboards.place import Place, place_of, run_of
from cvm.dashboards.showing import STRIP, Figure, strip, tile_named, with_files
from cvm.dashboards.tiles import Entry, Tile, percent
from cvm.definitions.catalogue import define
from cvm.directory.addresses import list_url
from cvm.segments import counting, story
from cvm.segments.counting import Counted, base_of, count_rule
from cvm.segments.fields import catalogue
from cvm.segments.forms import RuleForm, SegmentForm, written
from cvm.segments.from_list import rule_of
from cvm.segments.members import ENTERED, LEFT, listed
from cvm.segments.tiles import flow_tile, months_tile, nights_tile, overlap_tile, size_tile, stayed_tile
from segmentation.models import Segment, SegmentMember, SegmentSize, SegmentVersion
from segmentation.segment_actions import may_change
from segmentation.segment_words import rule_differences, rule_in_words, rule_lines
from segmentation.segments import CHOICE, Catalogue, Field

START = {"all": [{"field": "warning", "op": "in", "value": [2, 3]}]}


@require_safe
@requires("segments.view")
def segments(request: HttpRequest) -> HttpResponse:
    """Show the segments in use, with their size for this reader."""
    user, run, today = staff_of(request), published_run(request), timezone.localdate()
    known = Segment.objects.filter(is_active=True).visible_to(user).with_rule().select_related("owner")
    fields = catalogue(user)
    counted = dict(_sizes(user, run)) if run else {}
    rows = [
        (one, one.is_locked_on(today), rule_in_words(one.rule, fields), counted.get(one.pk), list_url(segment=one.pk))
        for one in known.order_by("name", "pk")
    ]
    context = {"rows": rows, "run": run, "can_edit": can(user, "segments.edit")}
    return render(request, "segments/list.html", context)


@require_safe
@requires("segments.view")
def segment_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one segment: its rule in words, its size and retention over time; or with `file=<tile>` one table."""
    user, run, segment = staff_of(request), run_of(request), visible_segment(request, pk)
    fields, today = catalogue(user), timezone.localdate()
    context: dict[str, Any] = {
        "segment": segment,
        "is_locked": segment.is_locked_on(today),
        "today": today,
        "lines": rule_lines(segment.rule, fields),
        "versions": _versions(segment, fields),
        "may_change": may_change(segment, user, on=today),
        "may_lock": segment.owner_id == user.pk and segment.is_active and can(user, "segments.edit"),
        "can_edit": can(user, "segments.edit"),
        "can_export": can(user, "exports.create"),
        "list_url": list_url(segment=segment.pk),
        "flow_url": f"{reverse('stages')}?segment={segment.pk}" if can(user, "dashboard.view") else "",
        "experiment_url": f"{reverse('experiment-new')}?segment={segment.pk}" if can(user, "experiments.run") else "",
        "run": run,
    }
    if run is not None:
        place, is_counted = place_of(request, run), _is_counted(segment, run)
        figures = _figures(segment, run, user, url=context["list_url"] if is_counted else "", is_counted=is_counted)
        year = story.sizes(segment, run=run, user=user, most=story.YEAR)
        days = year[: story.DAYS_SHOWN]
        tiles = [size_tile(days, segment, place), months_tile(story.months(year)), nights_tile(days)] if days else []
        if request.GET.get("file"):
            return _file(request, [strip(figures), *tiles], place, segment)
        context |= {"days": days, "place": place, "tiles": with_files(tiles, place), "is_counted": is_counted}
        context |= {"figures": figures, "figures_url": f"?{place.address(file=STRIP)}"}
    return render(request, "segments/page.html", context)


@require_safe
@requires("segments.view")
def segment_story(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who came and went last night and why, the overlap with other segments, and who stayed on the network."""
    user, run, segment = staff_of(request), run_of(request), visible_segment(request, pk)
    context: dict[str, Any] = {"segment": segment, "run": run}
    if run is not None:
        place = place_of(request, run)
        if place.is_past:
            days = [day for day in story.sizes(segment, run=run, user=user, most=1) if day.as_of == run.as_of]
            flows, retention = story.as_stored(days[0] if days else None)
            overlap: list[tuple[int, str, int]] | None = None
        else:
            flows = [story.flow(segment, run=run, user=user, part=part) for part in (ENTERED, LEFT)]
            overlap = story.overlap(segment, run=run, user=user)
            retention = story.retention(segment, run=run, user=user)
        tiles = [flow_tile(flows, segment, place), overlap_tile(overlap), stayed_tile(retention)]
        if request.GET.get("file"):
            return _file(request, tiles, place, segment)
        here = reverse("segment-story", args=[pk])
        context |= {"place": place, "tiles": with_files(tiles, place, here=here)}
        context |= {"flows": flows, "overlap": overlap, "retention": retention}
    template = "segments/_story.html" if request.htmx else "segments/story.html"
    return render(request, template, context)


@require_safe
@requires("segments.edit")
def new(request: HttpRequest) -> HttpResponse:
    """Show the editor: empty, with the rule of another segment (`copy`), or with the filters of a list."""
    user = staff_of(request)
    initial = {"rule": written(rule_of(request.GET) or START)}
    if request.GET.get("copy", "").isdecimal():
        source = visible_segment(request, int(request.GET["copy"]))
        name = _("Copy of %(name)s") % {"name": source.name}
        initial = {"name": name[:64], "meaning": source.meaning, "rule": written(source.rule)}
    fields = catalogue(user)
    return editor(request, SegmentForm(initial=initial, fields=fields), fields)


@require_safe
@requires("segments.edit")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the editor with a segment's rule; those who may not change it get 403."""
    segment = visible_segment(request, pk)
    if not may_change(segment, staff_of(request), on=timezone.localdate()):
        raise PermissionDenied
    fields = catalogue(staff_of(request))
    initial = {"name": segment.name, "meaning": segment.meaning, "rule": written(segment.rule), "seen": segment.version}
    return editor(request, SegmentForm(initial=initial, fields=fields), fields, segment=segment)


@require_POST
@requires("segments.edit")
def count(request: HttpRequest) -> HttpResponse:
    """Count the written rule for the reader's customers: for htmx the figures, without scripts the editor again."""
    user, run, fields = staff_of(request), published_run(request), catalogue(staff_of(request))
    form = RuleForm(request.POST, fields=fields)
    segment = _changed_segment(request)
    is_valid, counted = form.is_valid(), None
    if is_valid and run is not None:
        pk = segment.pk if segment else None
        counted = count_rule(form.cleaned_data["rule"], fields, run=run, user=user, segment=pk)
    if not request.htmx:
        again = SegmentForm(initial=request.POST.dict(), fields=fields)
        problems = [] if is_valid else [str(error) for error in form.errors.get("rule", [])]
        return editor(request, again, fields, segment=segment, counted=counted, problems=problems)
    lines = rule_lines(form.cleaned_data["rule"], fields) if is_valid else []
    context = {"form": form, "counted": counted, "lines": lines, "run": run}
    return render(request, "segments/_count.html", context)


def editor(
    request: HttpRequest,
    form: SegmentForm,
    fields: Catalogue,
    *,
    segment: Segment | None = None,
    counted: Counted | None = None,
    problems: list[str] | None = None,
) -> HttpResponse:
    """Render the editor; a refused form comes back with what was written and status 422."""
    context = {
        "form": form,
        "segment": segment,
        "counted": counted,
        "problems": problems,
        "fields": [_described(field) for field in fields.values() if field.kind != CHOICE or field.choices],
        "run": published_run(request),
        "is_circle": segment.is_circle if segment else scope_of(staff_of(request)).manager_id is not None,
    }
    return render(request, "segments/editor.html", context, status=422 if form.is_bound or problems else 200)


def visible_segment(request: HttpRequest, pk: int) -> Segment:
    """Return a segment with its rule; to outsiders it does not exist."""
    known = Segment.objects.visible_to(staff_of(request)).with_rule().select_related("owner")
    return get_object_or_404(known, pk=pk)


def _is_counted(segment: Segment, run: Run) -> bool:
    """Return whether the newest night has counted the version in force."""
    return run.is_current and SegmentSize.objects.filter(segment=segment, run=run, version=segment.version).exists()


def _figures(segment: Segment, run: Run, user: Staff, *, url: str, is_counted: bool) -> list[Figure]:
    """Return how many customers are in it, of those the reader sees, and what they bring."""
    if not is_counted:
        waiting = _("Being counted; look again in two minutes.") if run.is_current else ""
        return [
            Figure(define("segments.customers", tail=define("segments.share")), Entry(None), hint=waiting),
            Figure(define("segments.revenue"), Entry(None)),
        ]
    rows = listed(Standing.objects.filter(run=run).visible_to(user), segment=segment.pk, run=run)
    customers, revenue_fen = counting.figures(rows)
    share = percent(customers, base_of(run, user), places=1)
    hint = _("%(part)s%% of those you see") % {"part": share} if share is not None else ""
    return [
        Figure(define("segments.customers", tail=define("segments.share")), Entry(customers, "count", url), hint=hint),
        Figure(define("segments.revenue"), Entry(revenue_fen, "yuan")),
    ]


def _file(request: HttpRequest, tiles: list[Tile], place: Place, segment: Segment) -> HttpResponse:
    """Hand out the table of one tile; raises Http404 for one that is not there."""
    wanted = tile_named(tiles, request.GET["file"])
    return csv_of(wanted, place, board=f"segment-{segment.pk}", about=[segment.name])


def _changed_segment(request: HttpRequest) -> Segment | None:
    pk = request.POST.get("segment", "")
    return visible_segment(request, int(pk)) if pk.isdecimal() else None


def _described(field: Field) -> dict[str, Any]:
    choices = [[value, str(label)] for value, label in field.choices.items()]
    return {"name": field.name, "label": str(field.label), "kind": field.kind, "unit": field.unit, "choices": choices}


def _versions(segment: Segment, fields: Catalogue) -> list[tuple[SegmentVersion, list[str]]]:
    found = list(segment.versions.select_related("created_by").order_by("-number"))
    before = [version.rule for version in found[1:]] + [None]
    return [
        (version, rule_differences(earlier, version.rule, fields) if earlier else [])
        for version, earlier in zip(found, before, strict=True)
    ]


def _sizes(user: Staff, run: Run) -> Iterable[tuple[int, int]]:
    """Return each segment with the customers this person sees of it, in one question."""
    seen = Standing.objects.filter(run=run).visible_to(user).order_by().values("customer_id")
    members = SegmentMember.objects.filter(run=run)
    if not scope_of(user).is_everything:
        members = members.filter(customer_id__in=seen)
    return members.values_list("segment_id").annotate(number=Count("customer_id"))
