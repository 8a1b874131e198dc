"""How much of the revenue the best customers bring: the Pareto curve of the night."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from customers.models import Rollup
from customers.queries import Cell, total
from cvm.dashboards.place import BANDS, MID_HIGH, Place
from cvm.dashboards.small_cells import LEAST
from cvm.dashboards.tiles import Board, Entry, Head, Line, Table, Tile, percent
from cvm.definitions.catalogue import define
from cvm.night.concentration import EVERYBODY, KIND

STEPS = (1, 2, 4, 5, 10, 20, 25, 50, 100)  # percent between two points; all divide 100


def board(place: Place) -> Board:
    """Return the curve of the branch or of one county, and the share of the mid/high-end."""
    points = _points(place)
    if place.county is None and place.county_ids is not None and len(place.county_ids) != 1:
        return Board([], empty=_("The curve is drawn for the whole branch or for one county: choose a county."))
    if not points or not points[-1][1].customers:
        return Board([], empty=_("This night has no curve yet: it is drawn with the next one."))
    return Board([_tile(points, place)])


def _points(place: Place) -> list[tuple[int, Cell]]:
    county = place.county.pk if place.county else (place.county_ids or [EVERYBODY])[0]
    rows = Rollup.objects.filter(run=place.run, kind=KIND, county_id=county).order_by("row")
    return [(row, Cell(many, fen)) for row, many, fen in rows.values_list("row", "customers", "revenue_fen")]


def _tile(points: list[tuple[int, Cell]], place: Place) -> Tile:
    everybody = points[-1][1]
    step = 1 if place.opens_lists else _step(everybody.customers)
    lines = [
        Line(
            f"{at}%",
            [
                Entry(cell.customers, "count", place.list_url(in_network="1") if at == 100 else ""),
                Entry(cell.revenue_fen, "yuan"),
                Entry(percent(cell.revenue_fen, everybody.revenue_fen), "percent"),
                Entry(Decimal(at), "percent"),
            ],
        )
        for at, cell in points
        if at % step == 0
    ]
    heads = [
        Head(_("Best customers"), is_number=False),
        Head(_("Customers")),
        Head(_("Revenue")),
        Head(_("Share of revenue"), colour="--cvm-accent", is_series=True),
        Head(_("If all paid alike"), colour="--cvm-ink-3", is_series=True),
    ]
    return Tile(
        name="curve",
        title=_("Concentration of revenue"),
        definition=define("boards.concentration"),
        table=Table(_("Cumulative revenue by share of customers"), heads, lines),
        chart="curve",
        description=_("Cumulative share of revenue over customers from the best to the last."),
        pairs=_pair(place) + _fifth(points),
        is_wide=True,
    )


def _pair(place: Place) -> tuple[tuple[Entry, str], ...]:
    stages = place.cells(["band_stage"]).get("band_stage", {})
    everybody = sum((total(stages, row=band) for band in BANDS), Cell())
    best = sum((total(stages, row=band) for band in MID_HIGH), Cell())
    if not place.opens_lists and min(best.customers, everybody.customers - best.customers) < LEAST:
        return ()
    return (
        (
            Entry(best.customers, "count", place.list_url(band=[int(band) for band in MID_HIGH])),
            _("customers are mid/high-end"),
        ),
        (Entry(percent(best.customers, everybody.customers), "percent"), _("of customers")),
        (Entry(percent(best.revenue_fen, everybody.revenue_fen), "percent"), _("of revenue comes from them")),
    )


def _fifth(points: list[tuple[int, Cell]]) -> tuple[tuple[Entry, str], ...]:
    of_all = points[-1][1].revenue_fen
    return ((Entry(percent(points[20][1].revenue_fen, of_all), "percent"), _("of revenue from the best fifth")),)


def _step(customers: int) -> int:
    """Return the percent between points so that each step holds customers enough to be shown to everybody."""
    return next((step for step in STEPS if customers * step >= 100 * LEAST), STEPS[-1])
