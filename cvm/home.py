"""The analyst's overview along the five steps (CCDVTP): figures of one night, each the door to exactly those customers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from customers.access import can, requires
from customers.queries import Cell, Matrix, total
from cvm.context import address, start_url
from cvm.dashboards import overview as tiles_of
from cvm.dashboards import products
from cvm.dashboards.files import csv_of
from cvm.dashboards.overview import counted
from cvm.dashboards.place import BANDS, MID_HIGH, Place, place_of, run_of
from cvm.dashboards.showing import STRIP, Figure, strip, tile_named, with_files
from cvm.dashboards.tiles import Entry, Tile
from cvm.definitions.catalogue import define
from cvm.definitions.registry import Told
from cvm.ledger import short
from cvm.ledger.short import Short
from cvm.ledger.tiles import retention_tile
from cvm.templatetags.cvm_format import yuan_short
from retention.models import WarningLevel
from segmentation.models import Band

KINDS = ("band_stage", "band_previous", "warning_band", "cohort")


@dataclass(frozen=True)
class Step:
    """One of the five steps with its tiles; `more` are the pages that go on from there."""

    name: str
    question: str
    tiles: list[tuple[Tile, str]]
    more: list[tuple[str, str]]


@require_safe
def front_door(request: HttpRequest) -> HttpResponseBase:
    """Show the overview, or lead those without one to where their job is."""
    if request.user.is_authenticated and not can(request.user, "dashboard.view"):
        return redirect(start_url(request.user))
    answer: HttpResponseBase = overview(request)
    return answer


@requires("dashboard.view")
def overview(request: HttpRequest) -> HttpResponse:
    """Show the overview of a run for the counties the person sees, or with `file=<tile>` hand out a table."""
    run = run_of(request)
    if run is None:
        return render(request, "home/empty.html", {"can_start": can(request.user, "runs.start")})
    place = place_of(request, run)
    cells = place.cells(KINDS)
    cohort = short.cohort_of(place, cells.get("cohort", {}))
    steps, figures = _steps(cells, place, cohort), _figures(cells, place, cohort)
    if wanted := request.GET.get("file", ""):
        tiles = [tile for step in steps for tile, _url in step.tiles]
        return csv_of(tile_named([strip(figures), *tiles], wanted), place, board="overview")
    context = {
        "place": place,
        "run": run,
        "steps": steps,
        "figures": figures,
        "figures_url": f"?{place.address(file=STRIP)}",
    }
    return render(request, "home/page.html", context)


def _steps(cells: dict[str, Matrix], place: Place, cohort: Short | None) -> list[Step]:
    stages = cells.get("band_stage", {})

    def step(name: str, question: str, tiles: Iterable[Tile], *more: tuple[str, str]) -> Step:
        pages = [(words, address(page)) for page, words in more if address(page)]
        return Step(name, question, with_files(tiles, place), pages)

    return [
        step(
            _("Target"),
            _("Whom do we serve first?"),
            [tiles_of.pyramid(stages, place), short.cohort_tile(cohort)],
            ("board-concentration", _("Concentration of revenue")),
            ("board-pivots", _("Dimensions by value band")),
        ),
        step(
            _("Create value"),
            _("What do they hold, what is missing?"),
            [replace(tile, is_wide=False) for tile in products.board(place).tiles],
            ("board-products", _("Multi-product holding")),
            ("needs", _("Needs")),
        ),
        step(
            _("Communicate"),
            _("How do we reach them?"),
            [tiles_of.risk(cells.get("warning_band", {}), place)],
            ("board-keep", _("Keep, don't fire")),
        ),
        step(
            _("Deliver value"),
            _("Do they stay and rise?"),
            [
                tiles_of.stages_tile(stages, place),
                tiles_of.band_stage(stages, place),
                tiles_of.movement(cells.get("band_previous", {}), place),
            ],
            ("board-movement", _("Movement between bands")),
            ("ledger", _("Cohort ledger")),
        ),
        step(
            _("Profit"),
            _("What remains?"),
            [retention_tile(cohort.months, cohort.veil)] if cohort else [],
            ("board-costs", _("Cost to serve against revenue")),
        ),
    ]


def _figures(cells: dict[str, Matrix], place: Place, cohort: Short | None) -> list[Figure]:
    stages, warnings = cells.get("band_stage", {}), cells.get("warning_band", {})
    everybody = sum((total(stages, row=band) for band in BANDS), Cell())
    mid_high = sum((total(stages, row=band) for band in MID_HIGH), Cell())
    red = total(warnings, row=WarningLevel.RED)
    rows: tuple[tuple[str, Cell, dict[str, Any]], ...] = (
        ("overview.on-network", everybody, {"in_network": "1"}),
        ("overview.mid-high", mid_high, {"band": [int(band) for band in MID_HIGH]}),
        ("overview.red", red, {"warning": int(WarningLevel.RED), "in_network": "1"}),
        ("overview.off-network", total(stages, row=Band.OFF), {"band": int(Band.OFF)}),
    )
    found = [_figure(define(key), cell, counted(cell.customers, place, **filters)) for key, cell, filters in rows]
    return [*found, *(short.figures(cohort) if cohort else [])]


def _figure(said: Told, cell: Cell, entry: Entry) -> Figure:
    if entry.is_hidden or not cell.revenue_fen:
        return Figure(said, entry)
    return Figure(said, entry, hint=_("%(amount)s in three months") % {"amount": yuan_short(cell.revenue_fen)})
