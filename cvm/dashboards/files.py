"""A tile as a file: its table as CSV with a byte order mark, free of formulas, headed by where the figures are from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from cvm.dashboards.place import Place
from cvm.dashboards.tiles import Entry, Tile
from cvm.exports.tables import csv_answer


def csv_of(tile: Tile, place: Place, *, board: str, about: Iterable[str] = ()) -> HttpResponse:
    """Return the table of a tile as a download; `about` says to what else the figures are narrowed."""
    return csv_answer(_rows(tile, place, about), name=f"{board}-{tile.name}-{place.run.as_of:%Y%m%d}.csv")


def _rows(tile: Tile, place: Place, about: Iterable[str]) -> Iterator[list[Any]]:
    yield [tile.title]
    yield [tile.definition]
    yield [
        _("As of %(day)s") % {"day": f"{place.run.as_of:%Y-%m-%d}"},
        _("night %(number)s") % {"number": place.run.pk},
        place.county.name if place.county else _("All counties"),
        *about,
    ]
    heads = [tile.table.heads[0].label]
    for place_of_head, head in enumerate(tile.table.heads[1:]):
        width = max((len(_flat(line.entries[place_of_head])) for line in tile.table.lines), default=1)
        heads += [head.label, *[""] * (width - 1)]
    yield heads
    for line in tile.table.lines:
        yield [line.label, *(entry.plain for cell in line.entries for entry in _flat(cell))]


def _flat(entry: Entry) -> tuple[Entry, ...]:
    return (entry, *entry.extra)
