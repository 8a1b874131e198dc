"""A tile as a file: its table as CSV with a byte order mark, free of formulas, headed by where the figures are from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from cvm.dashboards.place import Place
from cvm.dashboards.tiles import Entry, Tile
from cvm.definitions.registry import Told, counted_with
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
        *_version(tile, place),
    ]
    lines = tile.table.lines
    columns = [max((_flat(line.entries[at]) for line in lines), key=len, default=()) for at in _places(tile)]
    heads = [tile.table.heads[0].label]
    for head, widest in zip(tile.table.heads[1:], columns, strict=True):
        heads += [head.label, *(entry.words for entry in widest[1:])]
    yield heads
    for line in lines:
        cells = zip(line.entries, columns, strict=True)
        yield [line.label, *(value for cell, widest in cells for value in _filled(cell, len(widest)))]


def _version(tile: Tile, place: Place) -> list[str]:
    """Return the version of the definition and the policies the figures were counted with."""
    said = tile.definition
    if not isinstance(said, Told):
        return []
    version = said.definition.now
    words = _("definition version %(number)s, since %(day)s") % {"number": version.number, "day": f"{version.since}"}
    return [words, *counted_with(said, place.policies)]


def _places(tile: Tile) -> range:
    return range(len(tile.table.heads) - 1)


def _flat(entry: Entry) -> tuple[Entry, ...]:
    return (entry, *entry.extra)


def _filled(entry: Entry, width: int) -> list[Any]:
    """Return a cell with what stands under it, in as many columns as the widest cell of its column takes."""
    values = [one.plain for one in _flat(entry)]
    return [*values, *[""] * (width - len(values))]
