"""How many products a customer holds beside the number (S-012), by value band."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext as _

from customers.facets import Products
from customers.queries import Cell, Matrix
from cvm.dashboards.pivots import MEANINGS
from cvm.dashboards.place import BANDS, Place
from cvm.dashboards.tiles import Board, Entry, Head, Line, Table, Tile, guarded, percent
from segmentation.models import Band

KIND = "by_products"
SEVERAL = [value for value in Products if value >= Products.TWO]


def board(place: Place) -> Board:
    """Return who holds several products, by band."""
    matrix = place.cells([KIND]).get(KIND, {})
    if not matrix:
        return Board([], empty=_("This night has not counted by this dimension: the next one will."))
    return Board([_tile(matrix, place)])


def _tile(matrix: Matrix, place: Place) -> Tile:
    lines = [_line(str(band.label), [band], matrix, place, colour=f"--cvm-band-{int(band)}") for band in BANDS]
    everybody = _line(_("Total"), BANDS, matrix, place, is_sum=True)
    lines = [*lines, everybody]
    heads = [
        Head(_("Band"), is_number=False),
        Head(_("With several products"), colour="--cvm-accent", is_series=True),
        *(Head(str(value.label)) for value in Products),
        Head(_("Total")),
    ]
    shown = lines if place.opens_lists else _guarded(lines)
    rate = shown[-1].entries[0]
    return Tile(
        name="holding",
        title=_("Multi-product holding"),
        definition=_("%(counted)s Customers on the network; several means two or more.")
        % {"counted": MEANINGS["products"]},
        table=Table(_("Customers by band and number of products"), heads, shown),
        chart="rates",
        description=_("Share of customers with two or more products per band."),
        pairs=((rate, _("of customers hold several products")),),
        keeps_table=True,
        is_wide=True,
    )


def _guarded(lines: list[Line]) -> list[Line]:
    """Return the lines without small cells; a rate of a line with gaps would fill one of them."""
    counts = range(1, len(Products) + 1)
    shown = guarded(guarded(lines, columns=[len(Products) + 1]), columns=counts, closes_rows=True)
    return [
        replace(line, entries=[replace(line.entries[0], is_hidden=True), *line.entries[1:]])
        if any(entry.is_hidden for entry in line.entries)
        else line
        for line in shown
    ]


def _line(
    label: str, bands: list[Band], matrix: Matrix, place: Place, *, colour: str = "", is_sum: bool = False
) -> Line:
    chosen = {value: sum((matrix.get((value, band), Cell()) for band in bands), Cell()) for value in Products}
    everybody = sum((cell.customers for cell in chosen.values()), 0)
    several = sum(chosen[value].customers for value in SEVERAL)
    who = {"band": [int(band) for band in bands]}
    counts = [
        Entry(cell.customers, "count", place.list_url(products=int(value), **who)) for value, cell in chosen.items()
    ]
    rate = Entry(percent(several, everybody), "percent")
    return Line(label, [rate, *counts, Entry(everybody, "count", place.list_url(**who))], colour=colour, is_sum=is_sum)
