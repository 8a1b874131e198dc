"""How every page shows its tiles: each with its file, found by its name, and figures read first as a strip of the same kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.http import Http404
from django.utils.translation import gettext as _

from cvm.dashboards.place import Place
from cvm.dashboards.tiles import Entry, Head, Line, Table, Tile
from cvm.definitions.catalogue import define
from cvm.definitions.registry import Told

STRIP = "figures"  # the name of the strip, as file and as place on its page


@dataclass(frozen=True)
class Figure:
    """One figure of a strip: what it means, the parts it is made of, and a hint in words."""

    definition: Told
    entry: Entry
    parts: tuple[Entry, ...] = ()
    hint: str = ""
    name: str = ""  # where the page calls it otherwise than the registry

    @property
    def label(self) -> str:
        return self.name or str(self.definition.definition.name)


def with_files(tiles: Iterable[Tile], place: Place, *, here: str = "") -> list[tuple[Tile, str]]:
    """Return the tiles, each with the address of its file; `here` is the page where it is not the one shown."""
    return [(tile, f"{here}?{place.address(file=tile.name)}") for tile in tiles]


def tile_named(tiles: Iterable[Tile], name: str) -> Tile:
    """Return the tile of this name; raises Http404 where there is none."""
    found = next((tile for tile in tiles if tile.name == name), None)
    if found is None:
        raise Http404(_("No such table."))
    return found


def strip(figures: Sequence[Figure]) -> Tile:
    """Return the figures of a strip as a table: what its file holds."""
    heads = [
        Head(_("Figure"), is_number=False),
        Head(_("Value")),
        Head(_("Note"), is_number=False),
        Head(_("Definition"), is_number=False),
    ]
    lines = [
        Line(
            one.label,
            [
                replace(one.entry, extra=(*one.entry.extra, *one.parts)),
                Entry(one.hint, "text"),
                Entry(str(one.definition), "sentence"),
            ],
        )
        for one in figures
    ]
    return Tile(
        name=STRIP,
        title=_("Figures to read first"),
        definition=define("overview.figures"),
        table=Table(_("Figures to read first"), heads, lines),
    )
