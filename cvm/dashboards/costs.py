"""What serving a band costs beside what it brings (S-002): a tier must not cost a far greater share than it earns."""

from __future__ import annotations

from django.utils.translation import gettext as _

from customers.queries import Cell, total
from cvm.dashboards.place import BANDS, Place
from cvm.dashboards.small_cells import LEAST
from cvm.dashboards.tiles import Board, Entry, Head, Line, Table, Tile, percent
from cvm.definitions.catalogue import define
from cvm.night.service import SERVICE, YEAR
from segmentation.models import Band

ALERT_PERCENT = 50  # the share of cost is above the share of revenue by more than this


def board(place: Place) -> Board:
    """Return cost share beside revenue share per band."""
    cells = place.cells([SERVICE, YEAR])
    if YEAR not in cells:
        return Board([], empty=_("This night has not counted services: the next one will."))
    service, year = cells.get(SERVICE, {}), cells[YEAR]
    costs = {band: total(service, row=band) for band in BANDS}
    return Board([_tile(costs, {band: total(year, row=band) for band in BANDS}, place)])


def is_out_of_proportion(cost: Cell, revenue: Cell, *, all_cost: Cell, all_revenue: Cell) -> bool:
    """Return whether a band's share of cost is above its share of revenue by more than half."""
    limit = (100 + ALERT_PERCENT) * max(revenue.revenue_fen, 0) * all_cost.revenue_fen
    return 100 * cost.revenue_fen * all_revenue.revenue_fen > limit


def _tile(costs: dict[Band, Cell], years: dict[Band, Cell], place: Place) -> Tile:
    all_cost, all_revenue = sum(costs.values(), Cell()), sum(years.values(), Cell())
    lines = [_line(band, costs[band], years[band], all_cost, all_revenue, place) for band in BANDS]
    lines.append(_sum(all_cost, all_revenue, place))
    dear = [
        str(band.label)
        for band in BANDS
        if is_out_of_proportion(costs[band], years[band], all_cost=all_cost, all_revenue=all_revenue)
        and (place.opens_lists or years[band].customers >= LEAST)
    ]
    heads = [
        Head(_("Band"), is_number=False),
        Head(_("Customers")),
        Head(_("Services")),
        Head(_("Cost to serve")),
        Head(_("Share of cost"), colour="--cvm-stage-4", is_series=True),
        Head(_("Revenue of 12 months")),
        Head(_("Share of revenue"), colour="--cvm-band-5", is_series=True),
    ]
    alert = _("Costs a far greater share than it brings: %(bands)s. Offer self-service first, never worse service.")
    return Tile(
        name="cost",
        title=_("Cost to serve against revenue"),
        definition=define("boards.cost"),
        table=Table(_("Cost and revenue by band"), heads, place.shown(lines, columns=[0])),
        chart="pairs",
        description=_("Share of cost beside share of revenue per band."),
        alert=alert % {"bands": ", ".join(dear)} if dear else "",
        note="" if all_cost.customers else _("No service has been recorded in these twelve months."),
        keeps_table=True,
        is_wide=True,
    )


def _line(band: Band, cost: Cell, year: Cell, all_cost: Cell, all_revenue: Cell, place: Place) -> Line:
    return Line(
        str(band.label),
        [
            Entry(year.customers, "count", place.list_url(band=int(band))),
            Entry(cost.customers),
            Entry(cost.revenue_fen, "yuan"),
            Entry(percent(cost.revenue_fen, all_cost.revenue_fen), "percent"),
            Entry(year.revenue_fen, "yuan"),
            Entry(percent(year.revenue_fen, all_revenue.revenue_fen), "percent"),
        ],
        colour=f"--cvm-band-{int(band)}",
    )


def _sum(cost: Cell, year: Cell, place: Place) -> Line:
    entries = [
        Entry(year.customers, "count", place.list_url(in_network="1")),
        Entry(cost.customers),
        Entry(cost.revenue_fen, "yuan"),
        Entry(percent(cost.revenue_fen, cost.revenue_fen), "percent"),
        Entry(year.revenue_fen, "yuan"),
        Entry(percent(year.revenue_fen, year.revenue_fen), "percent"),
    ]
    return Line(_("Total"), entries, is_sum=True)
