"""The analyst's overview: every figure of the published night, each the door to exactly those customers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from customers.access import can, requires, scope_of
from customers.models import Branch
from customers.queries import Cell, Matrix, cells_by_kind, counties_in, total
from cvm.context import published_run, start_url
from cvm.directory import list_url
from cvm.filters import MOVE_NAMES
from cvm.lib.months import label
from cvm.templatetags.cvm_format import percent_of
from lifecycle.models import Stage
from retention.models import WarningLevel
from segmentation.models import Band, CohortState
from segmentation.queries import LedgerMonth, ledger_months

BANDS = [Band.HIGH, Band.MID, Band.POTENTIAL, Band.LOW, Band.VERY_LOW]
MID_HIGH = (Band.MID, Band.HIGH)
KINDS = ("band_stage", "band_previous", "warning_band", "cohort")
STEPS = 5  # colours of a heat map

Address = Callable[..., str]


@dataclass(frozen=True)
class Figure:
    """A number of customers and where to see them; `heat` 0..5 colours a cell."""

    customers: int
    url: str
    revenue_fen: int = 0
    heat: int = 0
    is_diagonal: bool = False


@dataclass(frozen=True)
class Row:
    """One row of a table of figures."""

    label: str
    figures: list[Figure]
    sum: Figure


@dataclass(frozen=True)
class Table:
    """A two-way table of customers."""

    columns: list[str]
    rows: list[Row]


@require_safe
def front_door(request: HttpRequest) -> HttpResponseBase:
    """Show the overview, or lead those without one to where their job is."""
    if request.user.is_authenticated and not can(request.user, "dashboard.view"):
        return redirect(start_url(request.user))
    answer: HttpResponseBase = overview(request)
    return answer


@requires("dashboard.view")
def overview(request: HttpRequest) -> HttpResponse:
    """Show the overview of the published run for the counties the person sees, or for one of them."""
    run = published_run(request)
    scope = scope_of(request.user)
    counties = counties_in(scope)
    county = _county(request, counties)
    if run is None:
        return render(request, "home/empty.html", {"can_start": can(request.user, "runs.start")})
    county_ids = [county.pk] if county else None if scope.is_everything else list(scope.county_ids)
    address = _address(request, county)
    cells = cells_by_kind(run, county_ids=county_ids, kinds=KINDS)
    context = {"counties": counties, "county": county, "run": run, **_tiles(cells, address)}
    context |= _cohort(ledger_months(run, county_ids=county_ids), cells["cohort"], address)
    return render(request, "home/page.html", context)


def _county(request: HttpRequest, counties: list[Branch]) -> Branch | None:
    wanted = request.GET.get("county", "")
    found = next((county for county in counties if str(county.pk) == wanted), None)
    if wanted and found is None:
        raise Http404(_("No such county."))
    return found


def _address(request: HttpRequest, county: Branch | None) -> Address:
    """Return how to address a list; no address at all for those who may not open lists."""
    if not can(request.user, "customers.list"):
        return lambda **filters: ""
    return lambda **filters: list_url(**filters, county=county.pk if county else None)


def _tiles(cells: dict[str, Matrix], address: Address) -> dict[str, Any]:
    stages, movement, warnings = cells["band_stage"], cells["band_previous"], cells["warning_band"]
    everybody = sum((total(stages, row=band) for band in BANDS), Cell())
    mid_high = sum((total(stages, row=band) for band in MID_HIGH), Cell())
    return {
        "kpis": _kpis(stages, everybody, mid_high, warnings, address),
        "mid_high": {
            "customers": percent_of(mid_high.customers, everybody.customers),
            "revenue": percent_of(mid_high.revenue_fen, everybody.revenue_fen),
        },
        "pyramid": _pyramid(stages, everybody, address),
        "stages": _stages(stages, address),
        "band_stage": _table(stages, ("band", BANDS), ("stage", list(Stage)), address),
        "movement": _movement(movement, address),
        "risk": _table(
            warnings,
            ("warning", [WarningLevel.RED, WarningLevel.ORANGE, WarningLevel.YELLOW, WarningLevel.NONE]),
            ("band", BANDS),
            address,
            in_network="1",
        ),
    }


def _kpis(stages: Matrix, everybody: Cell, mid_high: Cell, warnings: Matrix, address: Address) -> list[dict[str, Any]]:
    off = total(stages, row=Band.OFF)
    red = total(warnings, row=WarningLevel.RED)
    return [
        _kpi(_("Customers on the network"), everybody, address(in_network="1")),
        _kpi(_("Mid/high-end"), mid_high, address(band=[int(band) for band in MID_HIGH])),
        _kpi(_("Red warnings"), red, address(warning=int(WarningLevel.RED), in_network="1")),
        _kpi(_("Off the network"), off, address(band=int(Band.OFF))),
    ]


def _kpi(words: str, cell: Cell, url: str) -> dict[str, Any]:
    return {"label": words, "customers": cell.customers, "revenue_fen": cell.revenue_fen, "url": url}


def _pyramid(stages: Matrix, everybody: Cell, address: Address) -> list[dict[str, Any]]:
    rows = []
    for band in BANDS:
        cell = total(stages, row=band)
        rows.append(
            {
                "band": int(band),
                "label": band.label,
                "figure": Figure(cell.customers, address(band=int(band)), cell.revenue_fen),
                "share": percent_of(cell.customers, everybody.customers),
                "revenue_share": percent_of(cell.revenue_fen, everybody.revenue_fen),
            }
        )
    return rows


def _stages(stages: Matrix, address: Address) -> list[dict[str, Any]]:
    figures = [(stage, total(stages, column=stage)) for stage in Stage]
    everybody = sum((cell.customers for _stage, cell in figures), 0)
    return [
        {
            "stage": int(stage),
            "label": stage.label,
            "figure": Figure(cell.customers, address(stage=int(stage)), cell.revenue_fen),
            "share": percent_of(cell.customers, everybody),
        }
        for stage, cell in figures
    ]


def _movement(movement: Matrix, address: Address) -> dict[str, Any]:
    everywhere = [*BANDS, Band.OFF]
    table = _table(movement, ("previous_band", everywhere), ("band", everywhere), address, is_square=True)
    moves = {
        "up": [(before, now) for before, now in movement if now > before > 0],
        "down": [(before, now) for before, now in movement if 0 < now < before],
        "left": [(before, now) for before, now in movement if now == 0 < before],
        "joined": [(before, now) for before, now in movement if before == 0 < now],
    }
    return {
        "table": table,
        "moves": [
            {"label": name, "figure": Figure(sum(movement[at].customers for at in moves[move]), address(moved=move))}
            for move, name in MOVE_NAMES
        ],
    }


def _table(
    matrix: Matrix,
    row_axis: tuple[str, Sequence[Any]],
    column_axis: tuple[str, Sequence[Any]],
    address: Address,
    *,
    is_square: bool = False,
    **always: str,
) -> Table:
    """Return a matrix as a table: parameter name and values per axis; `always` is added to every address."""
    (row_name, rows), (column_name, columns) = row_axis, column_axis
    most = max(
        (matrix.get((r, c), Cell()).customers for r in rows for c in columns if not (is_square and r == c)), default=0
    )
    found = []
    for row in rows:
        figures = [
            _figure(
                matrix.get((row, column), Cell()),
                address(**{row_name: int(row), column_name: int(column)}, **always),
                most=most,
                is_diagonal=is_square and row == column,
            )
            for column in columns
        ]
        row_cell = total(matrix, row=row)
        found.append(Row(str(row.label), figures, _figure(row_cell, address(**{row_name: int(row)}, **always), most=0)))
    return Table([str(column.label) for column in columns], found)


def _figure(cell: Cell, url: str, *, most: int, is_diagonal: bool = False) -> Figure:
    return Figure(cell.customers, url, cell.revenue_fen, 0 if is_diagonal else _heat(cell.customers, most), is_diagonal)


def _heat(customers: int, most: int) -> int:
    """Return 0 for nothing, else 1..5 by the square root of the share: small cells stay visible beside large ones."""
    if not customers or not most:
        return 0
    return min(STEPS, 1 + int((customers / most) ** 0.5 * STEPS))


def _cohort(months: Iterable[LedgerMonth], members: Matrix, address: Address) -> dict[str, Any]:
    known = list(months)
    if not known:
        return {"cohort": None}
    newest = known[-1]
    entered = label(newest.base_entry)
    states = [state for state in CohortState if state != CohortState.OUTSIDE]
    return {
        "cohort": {
            "newest": newest,
            "months": known,
            "base_url": address(entry=entered),
            "base_kept_url": address(entry=entered, cohort=int(CohortState.RETAINED)),
            "states": [
                {
                    "label": state.label,
                    "figure": Figure(total(members, row=state).customers, address(cohort=int(state))),
                }
                for state in states
            ],
            "members": Figure(total(members).customers, address(cohort=[int(state) for state in states])),
        }
    }
