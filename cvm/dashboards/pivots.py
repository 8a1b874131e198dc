"""Value bands against one other dimension (S-109 to S-114): who they are, what they bring, how much more than their share."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _

from customers.facets import FACETS
from customers.queries import Cell, Matrix, total
from cvm.dashboards.place import BANDS, Place
from cvm.dashboards.tiles import Board, Choice, Entry, Head, Line, Table, Tile, efficiency, heat, percent
from cvm.definitions.boards import MEANINGS
from cvm.definitions.catalogue import define
from segmentation.models import Band

DEFAULT = "brand"
EVERY_BAND = [*BANDS, Band.OFF]


def board(place: Place) -> Board:
    """Return the dimension of the address by band; raises Http404 for a dimension that does not exist."""
    name = place.query.get("by", "") or DEFAULT
    # Beside the board of products its withheld cells could be worked out: only for readers who see them all.
    options = [(key, str(words)) for key, (words, _choices) in FACETS.items() if key != "products" or place.opens_lists]
    if name not in dict(options):
        raise Http404(_("No such dimension."))
    choices = [Choice("by", _("Dimension"), options, name)]
    matrix = place.cells([f"by_{name}"]).get(f"by_{name}", {})
    if not matrix:
        return Board([], choices, empty=_("This night has not counted by this dimension: the next one will."))
    return Board([_shares(name, matrix, place), _pivot(name, matrix, place)], choices)


def _shares(name: str, matrix: Matrix, place: Place) -> Tile:
    words, choices = FACETS[name]
    values = [value for value in choices if total(matrix, row=value).customers]
    cells = {value: _on_network(matrix, value) for value in values}
    everybody = sum(cells.values(), Cell())
    lines = [
        _share_line(str(value.label), cells[value], everybody, place.list_url(**{name: int(value)}, in_network="1"))
        for value in values
    ]
    lines.append(_share_line(_("Total"), everybody, everybody, place.list_url(in_network="1"), is_sum=True))
    heads = [
        Head(str(words), is_number=False),
        Head(_("Customers")),
        Head(_("Share of customers"), colour="--cvm-band-2", is_series=True),
        Head(_("Revenue")),
        Head(_("Share of revenue"), colour="--cvm-band-5", is_series=True),
        Head(_("Efficiency")),
    ]
    return Tile(
        name="shares",
        title=str(words),
        definition=define("boards.shares", lead=MEANINGS[name]),
        table=Table(_("Customers and revenue"), heads, place.shown(lines, columns=[0])),
        chart="pairs",
        description=_("Share of customers beside share of revenue."),
        keeps_table=True,
        is_wide=True,
    )


def _share_line(label: str, cell: Cell, everybody: Cell, url: str, *, is_sum: bool = False) -> Line:
    entries = [
        Entry(cell.customers, "count", url),
        Entry(percent(cell.customers, everybody.customers), "percent"),
        Entry(cell.revenue_fen, "yuan"),
        Entry(percent(cell.revenue_fen, everybody.revenue_fen), "percent"),
        Entry(_efficiency(cell, everybody), "ratio"),
    ]
    return Line(label, entries, is_sum=is_sum)


def _pivot(name: str, matrix: Matrix, place: Place) -> Tile:
    words, choices = FACETS[name]
    # Without those who left for readers who see no small cells: beside the tile above they would be a difference.
    bands = EVERY_BAND if place.opens_lists else BANDS
    matrix = {(value, band): cell for (value, band), cell in matrix.items() if band in bands}
    values = [value for value in choices if total(matrix, row=value).customers]
    everybody = sum((_on_network(matrix, value) for value in values), Cell())
    most = max((matrix.get((value, band), Cell()).customers for value in values for band in BANDS), default=0)
    lines = [_pivot_line(name, value, bands, matrix, everybody, place, most=most) for value in values]
    sums = [_entry(total(matrix, column=band), everybody, place.list_url(band=int(band)), band) for band in bands]
    lines.append(Line(_("Total"), [*sums, Entry(total(matrix).customers, "count", place.list_url())], is_sum=True))
    heads = [Head(str(words), is_number=False), *(Head(str(band.label)) for band in bands), Head(_("Total"))]
    lines = place.shown(lines, columns=[len(bands)])
    return Tile(
        name="pivot",
        title=_("%(dimension)s by value band") % {"dimension": words},
        definition=define("boards.pivot", lead=MEANINGS[name]),
        table=Table(
            _("Customers, revenue and efficiency"),
            heads,
            place.shown(lines, columns=range(len(bands)), closes_rows=True),
        ),
        is_heat=True,
        is_wide=True,
    )


def _pivot_line(
    name: str, value: Any, bands: list[Band], matrix: Matrix, everybody: Cell, place: Place, *, most: int
) -> Line:
    entries = []
    for band in bands:
        cell = matrix.get((value, band), Cell())
        url = place.list_url(**{name: int(value)}, band=int(band))
        entries.append(_entry(cell, everybody, url, band, most=most))
    whole = total(matrix, row=value)
    return Line(str(value.label), [*entries, Entry(whole.customers, "count", place.list_url(**{name: int(value)}))])


def _entry(cell: Cell, everybody: Cell, url: str, band: Band, *, most: int = 0) -> Entry:
    ratio = None if band == Band.OFF else _efficiency(cell, everybody)
    shade = heat(cell.customers, most) if most and band != Band.OFF else None
    extra = (Entry(cell.revenue_fen, "yuan"), Entry(ratio, "ratio"))
    return Entry(cell.customers, "count", url, heat=shade, extra=extra)


def _on_network(matrix: Matrix, value: int) -> Cell:
    return sum((matrix.get((value, band), Cell()) for band in BANDS), Cell())


def _efficiency(cell: Cell, everybody: Cell) -> Any:
    return efficiency(
        cell.customers, cell.revenue_fen, all_customers=everybody.customers, all_revenue_fen=everybody.revenue_fen
    )
