"""The tiles of the overview, each one table like those of the boards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from customers.queries import Cell, Matrix, total
from cvm.context import address
from cvm.dashboards.place import BANDS, MID_HIGH, Place
from cvm.dashboards.small_cells import LEAST
from cvm.dashboards.tiles import Entry, Head, Line, Table, Tile, guarded, heat, percent
from cvm.definitions.catalogue import define
from cvm.filters import MOVE_NAMES
from lifecycle.models import Stage
from retention.models import WarningLevel
from segmentation.models import Band

LEVELS = [WarningLevel.RED, WarningLevel.ORANGE, WarningLevel.YELLOW, WarningLevel.NONE]
Axis = tuple[str, Sequence[Any]]


def counted(customers: int, place: Place, **filters: Any) -> Entry:
    """Return a number by itself: hidden where it is small for who opens no lists."""
    return Entry(customers, "count", place.list_url(**filters), is_hidden=place.hides(customers))


def pyramid(stages: Matrix, place: Place) -> Tile:
    """Return customers and revenue by band."""
    everybody = sum((total(stages, row=band) for band in BANDS), Cell())
    best = sum((total(stages, row=band) for band in MID_HIGH), Cell())
    lines = [
        _shares(str(band.label), total(stages, row=band), everybody, place.list_url(band=int(band)),
                colour=f"--cvm-band-{int(band)}")
        for band in BANDS
    ]  # fmt: skip
    shown = place.shown(lines, columns=[0])
    hides = not place.opens_lists and min(best.customers, everybody.customers - best.customers) < LEAST
    pairs = (
        (Entry(percent(best.customers, everybody.customers), "percent", is_hidden=hides), _("of customers are mid/high-end")),
        (Entry(percent(best.revenue_fen, everybody.revenue_fen), "percent", is_hidden=hides), _("of revenue comes from them")),
    )  # fmt: skip
    return Tile(
        name="pyramid",
        title=_("Value pyramid"),
        definition=define("overview.pyramid"),
        table=Table(
            _("Customers and revenue by value band"),
            [
                Head(_("Band"), is_number=False),
                Head(_("Customers")),
                Head(_("Share of customers"), colour="band", is_series=True),
                Head(_("Revenue")),
                Head(_("Share of revenue"), colour="band", is_series=True),
            ],
            shown,
        ),
        chart="pyramid",
        description=_("Share of customers to the left, share of revenue to the right, highest band on top."),
        pairs=pairs,
        keeps_table=True,
    )


def stages_tile(stages: Matrix, place: Place) -> Tile:
    """Return customers by life stage."""
    cells = {stage: total(stages, column=stage) for stage in Stage}
    everybody = sum(cells.values(), Cell())
    lines = [
        Line(
            str(stage.label),
            [
                Entry(cell.customers, "count", place.list_url(stage=int(stage))),
                Entry(percent(cell.customers, everybody.customers, places=1), "percent"),
                Entry(cell.revenue_fen, "yuan"),
            ],
            colour=f"--cvm-stage-{int(stage)}",
        )
        for stage, cell in cells.items()
    ]
    return Tile(
        name="stages",
        title=_("Life stages"),
        definition=define("overview.stages"),
        table=Table(
            _("Customers by life stage"),
            [
                Head(_("Stage"), is_number=False),
                Head(_("Customers"), is_series=True),
                Head(_("Share")),
                Head(_("Revenue")),
            ],
            place.shown(lines, columns=[0]),
        ),
        chart="bars",
        description=_("Customers per life stage."),
        keeps_table=True,
        more=(_flow(place), _("Flow and duration")),
    )


def _flow(place: Place) -> str:
    """Return the page of the stage flow, for the county looked at."""
    return f"{address('stages')}?county={place.county.pk}" if place.county else address("stages")


def band_stage(stages: Matrix, place: Place) -> Tile:
    """Return bands against stages."""
    return Tile(
        name="band-stage",
        title=_("Band by stage"),
        definition=define("overview.band-stage"),
        table=_two_way(
            _("Customers by value band and life stage"),
            _("Band"),
            stages,
            ("band", BANDS),
            ("stage", list(Stage)),
            place,
        ),
        is_heat=True,
    )


def risk(warnings: Matrix, place: Place) -> Tile:
    """Return warning levels against bands."""
    return Tile(
        name="risk",
        title=_("Risk by value"),
        definition=define("overview.risk"),
        table=_two_way(
            _("Customers by warning level and value band"), _("Warning"), warnings, ("warning", LEVELS), ("band", BANDS),
            place, in_network="1",
        ),
        is_heat=True,
    )  # fmt: skip


def movement(matrix: Matrix, place: Place) -> Tile:
    """Return the band a month earlier against the band now, of those on the network at one of the two month ends."""
    matrix = {at: cell for at, cell in matrix.items() if any(at)}
    everywhere = [*BANDS, Band.OFF]
    moves = {
        "up": [at for at in matrix if at[1] > at[0] > 0],
        "down": [at for at in matrix if 0 < at[1] < at[0]],
        "left": [at for at in matrix if at[1] == 0 < at[0]],
        "joined": [at for at in matrix if at[0] == 0 < at[1]],
    }
    pairs = [
        (counted(sum(matrix[at].customers for at in moves[move]), place, moved=move), str(words))
        for move, words in MOVE_NAMES
    ]
    return Tile(
        name="movement",
        title=_("Movement between bands"),
        definition=define("overview.movement"),
        table=_two_way(
            _("Customers by band a month earlier and band now"), _("From ↓ to →"), matrix, ("previous_band", everywhere),
            ("band", everywhere), place, is_square=True,
        ),
        pairs=tuple(pairs),
        is_heat=True,
    )  # fmt: skip


def _shares(label: str, cell: Cell, everybody: Cell, url: str, *, colour: str) -> Line:
    entries = [
        Entry(cell.customers, "count", url),
        Entry(percent(cell.customers, everybody.customers, places=1), "percent"),
        Entry(cell.revenue_fen, "yuan"),
        Entry(percent(cell.revenue_fen, everybody.revenue_fen, places=1), "percent"),
    ]
    return Line(label, entries, colour=colour)


def _two_way(
    caption: str,
    corner: str,
    matrix: Matrix,
    row_axis: Axis,
    column_axis: Axis,
    place: Place,
    *,
    is_square: bool = False,
    **always: str,
) -> Table:
    """Return a matrix as a table: parameter name and values per axis; `always` is added to every address."""
    (row_name, rows), (column_name, columns) = row_axis, column_axis
    most = max(
        (matrix.get((r, c), Cell()).customers for r in rows for c in columns if not (is_square and r == c)), default=0
    )
    lines = []
    for row in rows:
        entries = []
        for column in columns:
            if is_square and row == column == Band.OFF:
                entries.append(Entry(None, is_diagonal=True))
                continue
            value = matrix.get((row, column), Cell()).customers
            is_diagonal = is_square and row == column
            url = place.list_url(**{row_name: int(row), column_name: int(column)}, **always)
            shade = 0 if is_diagonal else heat(value, most)
            entries.append(Entry(value, "count", url, heat=shade, is_diagonal=is_diagonal))
        url = "" if is_square and row == Band.OFF else place.list_url(**{row_name: int(row)}, **always)
        whole = Entry(total(matrix, row=row).customers, "count", url)
        lines.append(Line(str(row.label), [*entries, whole]))
    if not place.opens_lists:
        lines = guarded(guarded(lines, columns=[len(columns)]), columns=range(len(columns)), closes_rows=True)
    heads = [Head(corner, is_number=False), *(Head(str(column.label)) for column in columns), Head(_("Total"))]
    return Table(caption, heads, lines)
