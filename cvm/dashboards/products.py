"""How many products a customer holds beside the number (S-012), by value band."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext as _

from customers.facets import Products
from customers.queries import Cell, Matrix
from cvm.dashboards.place import BANDS, Place
from cvm.dashboards.tiles import Board, Entry, Head, Line, Table, Tile, guarded, percent
from cvm.definitions.catalogue import define
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
    groups = _groups(place)
    lines = [_line(str(band.label), [band], groups, matrix, place, colour=f"--cvm-band-{int(band)}") for band in BANDS]
    lines.append(_line(_("Total"), BANDS, groups, matrix, place, is_sum=True))
    heads = [
        Head(_("Band"), is_number=False),
        Head(_("With several products"), colour="--cvm-accent", is_series=True),
        *(Head(words) for words, _values in groups),
        Head(_("Total")),
    ]
    shown = lines if place.opens_lists else _guarded(lines, groups=len(groups))
    return Tile(
        name="holding",
        title=_("Multi-product holding"),
        definition=define("boards.holding"),
        table=Table(_("Customers by band and number of products"), heads, shown),
        chart="rates",
        description=_("Share of customers with two or more products per band."),
        pairs=((shown[-1].entries[0], _("of customers hold several products")),),
        keeps_table=True,
        is_wide=True,
    )


def _groups(place: Place) -> list[tuple[str, list[Products]]]:
    """Return the columns: each number of products, or one or several for readers who see no small cells."""
    if place.opens_lists:
        return [(str(value.label), [value]) for value in Products]
    few = [value for value in Products if value not in SEVERAL]
    return [(_("At most one product"), few), (_("Two or more"), SEVERAL)]


def _guarded(lines: list[Line], *, groups: int) -> list[Line]:
    """Return the lines without small cells; the rate of a line with gaps would fill them."""
    shown = guarded(guarded(lines, columns=[groups + 1]), columns=range(1, groups + 1), closes_rows=True)
    return [
        replace(line, entries=[replace(line.entries[0], is_hidden=True), *line.entries[1:]])
        if any(entry.is_hidden for entry in line.entries)
        else line
        for line in shown
    ]


def _line(
    label: str,
    bands: list[Band],
    groups: list[tuple[str, list[Products]]],
    matrix: Matrix,
    place: Place,
    *,
    colour: str = "",
    is_sum: bool = False,
) -> Line:
    who = {"band": [int(band) for band in bands]}
    held = {value: sum(matrix.get((value, band), Cell()).customers for band in bands) for value in Products}
    counts = [
        Entry(
            sum(held[value] for value in values),
            "count",
            place.list_url(products=[int(value) for value in values], **who),
        )
        for _words, values in groups
    ]
    everybody = sum(held.values())
    rate = Entry(percent(sum(held[value] for value in SEVERAL), everybody), "percent")
    whole = Entry(everybody, "count", place.list_url(**who))
    return Line(label, [rate, *counts, whole], colour=colour, is_sum=is_sum)
