"""The analyst's overview along the five steps (CCDVTP): figures of one night, each the door to exactly those customers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
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
from cvm.dashboards.tiles import Entry, Tile
from cvm.definitions.catalogue import define
from cvm.definitions.registry import Told
from cvm.ledger.tiles import retention_tile
from cvm.ledger.veil import Veil
from cvm.ledger.view import view_of
from cvm.lib.months import label
from retention.models import WarningLevel
from segmentation.models import Band, CohortState
from segmentation.queries import LedgerMonth, ledger_months

KINDS = ("band_stage", "band_previous", "warning_band", "cohort")


@dataclass(frozen=True)
class Step:
    """One of the five steps with its tiles; `more` are the pages that go on from there."""

    name: str
    question: str
    tiles: list[tuple[Tile, str]]
    more: list[tuple[str, str]]
    shows_cohort: bool = False


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
    steps = _steps(cells, place)
    months = ledger_months(run, county_ids=place.county_ids)
    veil = _veil(place) if months else Veil()
    retention = retention_tile(months, veil)
    wanted = request.GET.get("file", "")
    if wanted:
        found = {tile.name: tile for step in steps for tile, _url in step.tiles} | {retention.name: retention}
        if wanted not in found:
            raise Http404(_("No such table."))
        return csv_of(found[wanted], place, board="overview")
    context = {"place": place, "run": run, "steps": steps, "pins": True, "kpis": _kpis(cells, place)}
    context |= _cohort(months, cells.get("cohort", {}), place, veil)
    if months:
        context["retention"] = [(retention, f"?{place.address(file=retention.name)}")]
    return render(request, "home/page.html", context)


def _steps(cells: dict[str, Matrix], place: Place) -> list[Step]:
    stages = cells.get("band_stage", {})

    def with_files(*found: Tile) -> list[tuple[Tile, str]]:
        return [(tile, f"?{place.address(file=tile.name)}") for tile in found]

    def pages(*names: tuple[str, str]) -> list[tuple[str, str]]:
        return [(words, address(name)) for name, words in names if address(name)]

    return [
        Step(
            _("Target"),
            _("Whom do we serve first?"),
            with_files(tiles_of.pyramid(stages, place)),
            pages(
                ("board-concentration", _("Concentration of revenue")), ("board-pivots", _("Dimensions by value band"))
            ),
            shows_cohort=True,
        ),
        Step(
            _("Create value"),
            _("What do they hold, what is missing?"),
            with_files(*(replace(tile, is_wide=False) for tile in products.board(place).tiles)),
            pages(("board-products", _("Multi-product holding")), ("needs", _("Needs"))),
        ),
        Step(
            _("Communicate"),
            _("How do we reach them?"),
            with_files(tiles_of.risk(cells.get("warning_band", {}), place)),
            pages(("board-keep", _("Keep, don't fire"))),
        ),
        Step(
            _("Deliver value"),
            _("Do they stay and rise?"),
            with_files(
                tiles_of.stages_tile(stages, place),
                tiles_of.band_stage(stages, place),
                tiles_of.movement(cells.get("band_previous", {}), place),
            ),
            pages(("board-movement", _("Movement between bands")), ("ledger", _("Cohort ledger"))),
        ),
    ]


def _kpis(cells: dict[str, Matrix], place: Place) -> list[dict[str, Any]]:
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
    return [_kpi(define(key), cell, counted(cell.customers, place, **filters)) for key, cell, filters in rows]


def _kpi(said: Told, cell: Cell, entry: Entry) -> dict[str, Any]:
    fen = 0 if entry.is_hidden else cell.revenue_fen
    return {
        "label": said.definition.name,
        "definition": said,
        "entry": entry,
        "customers": cell.customers,
        "revenue_fen": fen,
    }


def _veil(place: Place) -> Veil:
    """Return what of the cohort's books this reader does not see: the same as in the ledger."""
    view = None if place.opens_lists else view_of(place, QueryDict())
    return view.veil if view else Veil()


def _cohort(known: list[LedgerMonth], members: Matrix, place: Place, veil: Veil) -> dict[str, Any]:
    if not known:
        return {"cohort": None}
    newest = known[-1]
    entered = label(newest.base_entry)
    states = [state for state in CohortState if state != CohortState.OUTSIDE]
    numbers = {state: total(members, row=state).customers for state in states}
    hides = place.hides(*numbers.values())
    hides |= veil.hides("members", "kept", month=newest.month)
    hides_base = veil.hides("base", "base_kept", month=newest.month)

    def entry(customers: int, **filters: Any) -> Entry:
        return replace(counted(customers, place, **filters), is_hidden=hides)

    def of_base(customers: int, **filters: Any) -> Entry:
        return replace(counted(customers, place, **filters), is_hidden=hides_base)

    return {
        "cohort": {
            "newest": newest,
            "static": Entry(newest.static_rate, "percent", is_hidden=hides_base),
            "dynamic": Entry(newest.dynamic_rate, "percent", is_hidden=hides),
            "revenue": Entry(newest.revenue_rate, "percent", is_hidden=hides_base),
            "bills": Entry(newest.base_revenue_fen, "yuan", is_hidden=hides_base),
            "base": of_base(newest.base, entry=entered),
            "base_kept": of_base(newest.base_kept, entry=entered, cohort=int(CohortState.RETAINED)),
            "states": [(state.label, entry(numbers[state], cohort=int(state))) for state in states],
            "members": entry(total(members).customers, cohort=[int(state) for state in states]),
        }
    }
