"""The vintages of a cohort as a tile: the triangle of entry months and month ends."""

from __future__ import annotations

from django.utils.translation import gettext as _

from cvm.dashboards.tiles import Entry, Head, Line, Table, Tile, rounded
from cvm.definitions.catalogue import define
from cvm.ledger.tiles import door_entry
from cvm.ledger.triangle import VintageRow, triangle
from cvm.ledger.view import View
from cvm.lib.months import parse_label


def vintages_tile(view: View) -> Tile:
    """Return the kept share of each entry month at each month end."""
    note = "" if view.vintages else _("The members of this night are gone: nobody can say when they entered.")
    return Tile(
        name="vintages",
        title=_("Vintages"),
        definition=define("ledger.vintages"),
        table=vintages_table(view, months=view.books.months),
        note=note,
        is_heat=True,
        is_wide=True,
    )


def vintages_table(view: View, *, months: list[int], places: int = 2) -> Table:
    """Return the triangle of these month ends: entry months down, month ends across, the kept share as heat."""
    found = triangle(view.vintages, months=months, year=view.year, opens=view.door)
    heads = [
        Head(_("Entered"), is_number=False),
        Head(_("Members of the cohort")),
        *(Head(month) for month in found.months),
    ]
    lines = [_vintage(row, months, view, places=places) for row in found.rows]
    return Table(_("Share kept by month of entry and month end"), heads, lines)


def _vintage(row: VintageRow, months: list[int], view: View, *, places: int) -> Line:
    entry = parse_label(row.entry)
    hides_members = view.veil.hides_vintage("vintage", entry)
    cells = [door_entry(row.members, shut=view.shut, hides=hides_members)]
    for month, cell in zip(months, row.cells, strict=True):
        if cell is None:
            cells.append(Entry(None))
            continue
        hides = view.veil.hides_vintage("vintage_kept", entry, month) or hides_members
        cells.append(
            Entry(
                rounded(cell.rate, places), "percent", cell.kept.url, heat=0 if hides else cell.heat, shut=view.shut, is_hidden=hides,
                behind=cell.kept.customers if cell.kept.behind is None else cell.kept.behind,
            )
        )  # fmt: skip
    return Line(f"{row.entry} {_('base')}" if row.is_base else row.entry, cells)
