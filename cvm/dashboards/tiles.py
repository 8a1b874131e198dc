"""What a board is made of: tiles, each one table with a definition, drawn where a chart helps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from cvm.dashboards.small_cells import hidden
from cvm.templatetags.cvm_format import NOTHING, count, yuan, yuan_short

HIDDEN = "*"  # the same for small cells and their neighbours: which of them is small would be a hint
STEPS = 5  # colours of a heat map


@dataclass(frozen=True)
class Entry:
    """One cell: a value of a kind (a key of WRITTEN; yuan and exact_yuan in fen), and the list behind it.

    `extra` are further values shown under the first, each with its own `words` where it has any; `heat` 0..5 colours
    it, None leaves it plain. `behind`: how many customers the list has where the value counts something else; `colour`
    names the colour a chart gives it; `mark` the kind of badge of a text; `shut` why a number opens no list.
    """

    value: Any
    kind: str = "count"
    url: str = ""
    is_hidden: bool = False
    heat: int | None = None
    is_diagonal: bool = False
    extra: tuple[Entry, ...] = ()
    behind: int | None = None
    colour: str = ""
    words: str = ""
    mark: str = ""
    shut: str = ""

    @property
    def text(self) -> str:
        """Return the value as the page shows it."""
        if self.is_hidden:
            return HIDDEN
        if self.value is None:
            return NOTHING
        return str(WRITTEN[self.kind](self.value))

    @property
    def is_words(self) -> bool:
        """Return whether it reads as words: an interval stands with the numbers."""
        return self.kind in WORDS and self.kind != "interval"

    @property
    def customers(self) -> int:
        """Return how many customers the list behind it has: a flow out counts its customers too."""
        return abs(self.value or 0) if self.behind is None else self.behind

    @property
    def plain(self) -> Any:
        """Return the value as a file holds it: a bare number, amounts in yuan."""
        if self.is_hidden or self.value is None:
            return self.text
        return Decimal(self.value) / 100 if self.kind in ("yuan", "exact_yuan") else self.value

    @property
    def data(self) -> str:
        """Return the number a chart draws; nothing where there is none."""
        return "" if self.is_hidden or self.value is None or self.kind in WORDS else str(self.plain)


WRITTEN: dict[str, Any] = {
    "count": count,
    "signed": lambda value: f"{value:+,}" if value else "0",
    "yuan": yuan_short,
    "exact_yuan": yuan,
    "percent": lambda value: f"{value}%",
    "points": lambda value: f"{value:+}",
    "ratio": lambda value: f"×{value}",
    "tenth": lambda value: f"{value:.1f}",
    "interval": str,  # a number with its bounds, in words
    "text": str,
    "sentence": str,
    "checksum": lambda value: value[:12],  # whole in the file
}
WORDS = ("interval", "text", "sentence", "checksum")  # kinds that are no numbers


@dataclass(frozen=True)
class Head:
    """The head of a column; a series is drawn by the chart, in the colour of this token.

    `drawn` says how where a chart knows several ways: "line", or "goes" for what counts downward.
    """

    label: str
    is_number: bool = True
    colour: str = ""
    is_series: bool = False
    drawn: str = ""


@dataclass(frozen=True)
class Line:
    """One row; `colour` names its colour in the chart (which leaves it out unless `is_drawn`), `url` the page its label leads to."""

    label: str
    entries: list[Entry]
    colour: str = ""
    is_sum: bool = False
    url: str = ""
    is_drawn: bool = True


@dataclass(frozen=True)
class Table:
    """Rows under heads, the first head over the labels of the rows."""

    caption: str
    heads: list[Head]
    lines: list[Line]


@dataclass(frozen=True)
class Tile:
    """One table with what it means; `pairs` are the figures to read first, `facts` smaller ones under them.

    `chart` is the kind of drawing, `unit` that of its amounts (percent, or "yuan"). A heat map is its own drawing: the
    table shows it, and a picture of it can be taken.
    """

    name: str
    title: str
    definition: str
    table: Table
    chart: str = ""
    unit: str = ""
    description: str = ""
    pairs: tuple[tuple[Entry, str], ...] = ()
    facts: tuple[tuple[Entry, str], ...] = ()
    note: str = ""
    more: tuple[str, str] = ("", "")  # address and words of the page that says more
    alert: str = ""
    keeps_table: bool = False
    is_heat: bool = False
    is_wide: bool = False

    @property
    def drawing(self) -> str:
        """Return the kind of drawing a picture can be taken of."""
        return self.chart or ("heat" if self.is_heat and self.table.lines else "")

    @property
    def shut(self) -> list[str]:
        """Return why numbers of this tile open no list, each reason once."""
        entries = (entry for line in self.table.lines for entry in line.entries)
        return list(
            dict.fromkeys(
                entry.shut for entry in entries if entry.shut and entry.value and not entry.url and not entry.is_hidden
            )
        )

    @property
    def has_fewer(self) -> bool:
        """Return whether a list behind a count shows fewer than it: some of them are not here any more."""
        entries = (entry for line in self.table.lines for entry in line.entries)
        return any(
            entry.url and entry.kind == "count" and entry.behind is not None and entry.behind < (entry.value or 0)
            for entry in entries
        )

    @property
    def has_hidden(self) -> bool:
        """Return whether a cell is withheld from this reader."""
        return any(entry.is_hidden for line in self.table.lines for entry in line.entries)


@dataclass(frozen=True)
class Choice:
    """One select of a board."""

    name: str
    label: str
    options: list[tuple[str, str]]
    chosen: str


@dataclass(frozen=True)
class Board:
    """A page of tiles; `empty` says why there are none."""

    tiles: list[Tile]
    choices: list[Choice] = field(default_factory=list)
    empty: str = ""


def percent(part: int, whole: int, *, places: int = 2) -> Decimal | None:
    """Return part of whole in percent, halves up; None where there is no whole."""
    return _rounded(100 * Decimal(part) / whole, places) if whole else None


def efficiency(customers: int, revenue_fen: int, *, all_customers: int, all_revenue_fen: int) -> Decimal | None:
    """Return the share of revenue per share of customers (S-109): 1 is average; None where one of them is nothing."""
    if not customers or all_revenue_fen <= 0:
        return None
    return _rounded(Decimal(revenue_fen) * all_customers / (Decimal(all_revenue_fen) * customers), 2)


def heat(value: int, most: int) -> int:
    """Return 0 for nothing, else 1..5 by the square root of the share."""
    return min(STEPS, 1 + int((value / most) ** 0.5 * STEPS)) if value > 0 and most > 0 else 0


def guarded(lines: list[Line], *, columns: Iterable[int], closes_rows: bool = False) -> list[Line]:
    """Return the lines without small cells in these columns of counts, for readers who may not open lists.

    Enough neighbours go too, that no sum gives a hidden count away. `closes_rows`: the columns of a line add up to
    another one of the table; else a hidden count hides its whole line.
    """
    places = list(columns)
    parts = [at for at, line in enumerate(lines) if not line.is_sum]
    counts = [[abs(lines[at].entries[place].value or 0) for place in places] for at in parts]
    before = [
        (r, c) for r, at in enumerate(parts) for c, place in enumerate(places) if lines[at].entries[place].is_hidden
    ]
    found = hidden(counts, closes_rows=closes_rows, gone=before)
    gone = {(parts[row], places[column]) for row, column in found}
    for at, line in enumerate(lines):
        if line.is_sum:
            sums = [abs(line.entries[place].value or 0) for place in places]
            gone |= {(at, places[column]) for _row, column in hidden([sums], closes_rows=True, closes_columns=False)}
    whole = set() if closes_rows else {at for at, _place in gone}
    return [
        replace(
            line,
            entries=[
                _without(entry) if at in whole or (at, place) in gone else entry
                for place, entry in enumerate(line.entries)
            ],
        )
        for at, line in enumerate(lines)
    ]


def _without(entry: Entry) -> Entry:
    return replace(
        entry,
        is_hidden=True,
        heat=None if entry.heat is None else 0,
        extra=tuple(replace(more, is_hidden=True) for more in entry.extra),
    )


def rounded(value: Decimal | None, places: int) -> Decimal | None:
    """Return a number to so many places, halves up; None where there is none."""
    return None if value is None else _rounded(value, places)


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
