"""Near the edge: who crosses a line of the ladder next month, what keeps or lifts them, and how often that came true."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from customers.access import can, requires, scope_of, staff_of
from customers.models import Run, Standing
from customers.queries import one_of
from cvm.dashboards.files import csv_of
from cvm.dashboards.place import BANDS, MEMBERS_GONE, Place, place_of, run_of
from cvm.dashboards.showing import tile_named, with_files
from cvm.dashboards.tiles import Entry, Head, Line, Table, Tile, percent
from cvm.definitions.catalogue import define
from cvm.directory import list_url
from cvm.filters import EDGES
from cvm.night import partition
from cvm.segments.counting import sample_of
from segmentation import ladder_lists
from segmentation.edge import FALL, KINDS, REACH_FEN, RISE
from segmentation.ladder_frame import ladder_frame
from segmentation.models import Band
from segmentation.tiers import TierThresholds

SHOWN = ("name", "county", "band", "average", "edge", "nudge", "kept")
IN_LIST = "name,county,band,average,edge,nudge,kept,manager"
LINES = [band for band in BANDS if band >= Band.LOW]


@require_safe
@requires("edge.view")
def edge_page(request: HttpRequest) -> HttpResponse:
    """Show the reader's customers near a line, or with `file=<tile>` hand out a table."""
    run = run_of(request)
    if run is None:
        return render(request, "home/empty.html", {"can_start": can(request.user, "runs.start")})
    place = replace(place_of(request, run), policy=None, looks_back=False)  # what comes is told by the night's ladder
    if not partition.has_members(run):
        return render(request, "edge/page.html", {"place": place, "run": run, "empty": MEMBERS_GONE})
    policy = place.terms
    tiles = [_counts(place, request, policy), _tenths(run, policy)]
    if wanted := request.GET.get("file", ""):
        return csv_of(tile_named(tiles, wanted), place, board="edge")
    falling = ladder_lists.at_edge(run.pk, policy, kind=FALL)
    rows = Standing.objects.filter(one_of("customer_id", falling), run=run).visible_to(staff_of(request))
    if place.county:
        rows = rows.filter(county_id=place.county.pk)
    context = {
        "place": place,
        "run": run,
        "tiles": with_files(tiles, place),
        "sample": sample_of(rows, user=staff_of(request), shown=SHOWN, run=run),
        "all_url": _list(place, edge="fall"),
        "empty": "",
        "opens_customers": can(request.user, "customers.view"),
        "is_own": scope_of(staff_of(request)).manager_id is not None,
        "reach_fen": REACH_FEN,
    }
    return render(request, "edge/page.html", context)


def _list(place: Place, **filters: Any) -> str:
    county = place.county.pk if place.county else None
    return list_url(**filters, county=county, columns=IN_LIST) if place.opens_lists and not place.is_past else ""


def _mine(place: Place, request: HttpRequest) -> npt.NDArray[np.bool_]:
    """Tell which of everybody the reader sees here: the same scope as the lists."""
    frame, scope = ladder_frame(place.run.pk), scope_of(staff_of(request))
    mine = np.ones(len(frame), np.bool_)
    if scope.manager_id is not None:
        mine &= frame["manager_id"] == scope.manager_id
    if place.county is not None:
        mine &= frame["county_id"] == place.county.pk
    elif scope.manager_id is None and not scope.is_everything:
        mine &= np.isin(frame["county_id"], scope.county_ids)
    return mine


def _counts(place: Place, request: HttpRequest, policy: TierThresholds) -> Tile:
    _ids, found = ladder_lists.edges_of(place.run.pk, policy)
    mine = _mine(place, request)
    cells = np.bincount(found.kind[mine].astype(np.int64) * 6 + found.line[mine], minlength=36).reshape(6, 6)
    lines = [
        Line(
            _("Line of %(band)s") % {"band": band.label},
            [Entry(int(cells[KINDS[name], band]), "count", _list(place, edge=f"{name}:{int(band)}")) for name in EDGES],
            colour=f"--cvm-band-{int(band)}",
        )
        for band in LINES
    ]
    sums = [Entry(int(cells[KINDS[name]].sum()), "count", _list(place, edge=name)) for name in EDGES]
    lines.append(Line(_("Total"), sums, is_sum=True))
    return Tile(
        name="edges",
        title=_("Who crosses a line next month"),
        definition=define("edge.edges"),
        table=Table(
            _("Customers by line and by what is expected"),
            [Head(_("Line"), is_number=False), *(Head(str(words)) for words in EDGES.values())],
            lines,
        ),
        keeps_table=True,
        is_wide=True,
    )


def _tenths(run: Run, policy: TierThresholds) -> Tile:
    found = ladder_lists.hits_of(run.pk, policy)
    lines = [
        Line(
            str(number),
            [
                Entry(tenth.from_fen, "yuan"),
                Entry(tenth.to_fen, "yuan"),
                Entry(tenth.customers),
                Entry(percent(tenth.above, tenth.customers), "percent"),
            ],
        )
        for number, tenth in enumerate(found.tenths, start=1)
    ]
    heads = [
        Head(_("Tenth"), is_number=False),
        Head(_("Expected from the line: from")),
        Head(_("to")),
        Head(_("Cases")),
        Head(_("Really stood above"), colour="--cvm-accent", is_series=True),
    ]
    return Tile(
        name="precision",
        title=_("How often the forecast came true"),
        definition=define("edge.precision"),
        table=Table(_("Cases of past months by expected distance"), heads, lines),
        chart="rates",
        description=_("Share that stood above the line, by tenth of the expected distance."),
        pairs=_pairs(found),
        note="" if found.months else _("The history is too short to look back."),
        keeps_table=True,
        is_wide=True,
    )


def _pairs(found: ladder_lists.Hits) -> tuple[tuple[Entry, str], ...]:
    if not found.months:
        return ()
    words = {FALL: (_("of the falls foretold came"), _("of all falls were foretold")),
             RISE: (_("of the rises foretold came"), _("of all rises were foretold"))}  # fmt: skip
    return tuple(
        (Entry(percent(found.came[kind], whole), "percent"), said)
        for kind, (precise, complete) in words.items()
        for said, whole in ((precise, found.named[kind]), (complete, found.came[kind] + found.missed[kind]))
    )
