"""How customers moved between bands from one month end to another, both by the policy of the run."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from django.db.models import Min
from django.http import Http404
from django.utils.translation import gettext as _

from customers.models import HistoryBlock
from customers.queries import Cell, Matrix
from cvm.dashboards.place import BANDS, MID_HIGH, Place
from cvm.dashboards.tiles import Board, Choice, Entry, Head, Line, Table, Tile, guarded, heat
from cvm.definitions.catalogue import define
from cvm.lib.months import label, month_of, parse_label
from segmentation.ladder_frame import MONTHS, ladder_frame
from segmentation.models import Band
from segmentation.tiers import band_of, held_sum, was_in_network

YEAR = 12
WINDOW = 3  # bills behind a band
EVERY_BAND = [*BANDS, Band.OFF]
# as they stand in addresses, which leaders see too: none says "low"
GROUPS = {
    Band.HIGH: "high",
    Band.MID: "mid",
    Band.POTENTIAL: "potential",
    Band.LOW: "ordinary",
    Band.VERY_LOW: "basic",
}
ON_NETWORK = tuple(range(Band.VERY_LOW, Band.HIGH + 1))


class UnknownMonth(Http404):
    """The address names a month nobody can look back to."""


def board(place: Place) -> Board:
    """Return the movement between the months of the address; a month ago and now unless it names others."""
    months = _months(place)
    start = _chosen(place, "from", months[1:], default=months[1])
    end = _chosen(place, "to", months[:-1], default=months[0])
    who = place.query.get("who", "") or "mid_high"
    groups = _groups()
    if who not in groups:
        raise Http404(_("No such group of bands."))
    choices = [
        Choice("from", _("From"), [(label(month), label(month)) for month in months[1:]], label(start)),
        Choice("to", _("To"), [(label(month), label(month)) for month in months[:-1]], label(end)),
    ]
    if place.opens_lists:
        options = [(name, words) for name, (words, _bands) in groups.items()]
        choices.append(Choice("who", _("Bands drawn"), options, who))
    if start >= end:
        return Board([], choices, empty=_("The first month has to lie before the second."))
    is_last_month = (start, end) == (months[1], months[0])
    matrix = _of_run(place) if is_last_month else matrix_of(place, start=start, end=end)
    tiles = [_matrix_tile(matrix, place, start, end, opens=is_last_month)]
    if place.opens_lists:
        words, bands = groups[who]
        tiles.insert(0, _waterfall(words, bands, matrix, place, start, end, opens=is_last_month))
        tiles.append(_flows_tile(matrix, place, start, end, opens=is_last_month))
    return Board(tiles, choices)


def matrix_of(place: Place, *, start: int, end: int) -> Matrix:
    """Return the customers by (band then, band at the end) for whoever was on the network at one of them."""
    frame = ladder_frame(place.run.pk)
    if place.county_ids is not None:
        frame = frame.chosen(np.flatnonzero(np.isin(frame["county_id"], place.county_ids)))
    policy = place.terms
    now = month_of(place.run.month)
    before, after = (
        band_of(
            held_sum(frame, policy, back=now - month),
            frame["is_in_network"] if month == now else was_in_network(frame, back=now - month),
            policy,
        ).astype(np.int64)
        for month in (start, end)
    )
    counts = np.bincount(before * 6 + after, minlength=36).reshape(6, 6)
    return {(b, a): Cell(int(counts[b, a])) for b in range(6) for a in range(6) if (b or a) and counts[b, a]}


def _of_run(place: Place) -> Matrix:
    cells = place.cells(["band_previous"]).get("band_previous", {})
    return {at: cell for at, cell in cells.items() if any(at)}


def flows(bands: Iterable[int]) -> dict[str, tuple[list[int], list[int]]]:
    """Return each flow of a block of neighbouring bands as (bands before, bands after).

    start + joined + risen_in + fallen_in - risen_out - fallen_out - left = end, moves inside the block left out.
    """
    inside = sorted(int(band) for band in bands)
    below = [band for band in ON_NETWORK if band < inside[0]]
    above = [band for band in ON_NETWORK if band > inside[-1]]
    anywhere = [0, *ON_NETWORK]
    return {
        "start": (inside, anywhere),
        "joined": ([0], inside),
        "risen_in": (below, inside),
        "fallen_in": (above, inside),
        "risen_out": (inside, above),
        "fallen_out": (inside, below),
        "left": (inside, [0]),
        "end": (anywhere, inside),
    }


SIGNS = {"risen_out": -1, "fallen_out": -1, "left": -1}


def counted(matrix: Matrix, flow: tuple[list[int], list[int]]) -> int:
    """Return the customers of a flow."""
    return sum(matrix.get((before, after), Cell()).customers for before in flow[0] for after in flow[1])


def _waterfall(
    words: str, bands: tuple[int, ...], matrix: Matrix, place: Place, start: int, end: int, *, opens: bool
) -> Tile:
    names = _flow_names(start, end)
    grounds = {"start": "--cvm-band-4", "end": "--cvm-band-4"}
    lines = []
    for name, flow in flows(bands).items():
        sign = SIGNS.get(name, 1)
        colour = grounds.get(name, "--cvm-bad" if sign < 0 else "--cvm-good")
        entry = _flow_entry(name, flow, matrix, place, opens=opens)
        lines.append(Line(names[name], [entry], colour=colour, is_sum=name in grounds))
    return Tile(
        name="waterfall",
        title=_("%(group)s from %(start)s to %(end)s") % {"group": words, "start": label(start), "end": label(end)},
        definition=define("boards.movement"),
        table=Table(
            _("From the first month to the second"),
            [Head(_("Step"), is_number=False), Head(_("Customers"), is_series=True)],
            lines,
        ),
        chart="waterfall",
        description=_("Customers at the start, who came and went, customers at the end."),
        note="" if opens else _("Only moves of the last month open as a list."),
        keeps_table=True,
    )


def _flows_tile(matrix: Matrix, place: Place, start: int, end: int, *, opens: bool) -> Tile:
    names = _flow_names(start, end)
    lines = []
    for band in BANDS:
        entries = [_flow_entry(name, flow, matrix, place, opens=opens) for name, flow in flows([band]).items()]
        lines.append(Line(str(band.label), entries))
    return Tile(
        name="flows",
        title=_("Up, down, left and joined by band"),
        definition=define("boards.movement"),
        table=Table(
            _("Each line adds up from the first month to the second"),
            [Head(_("Band"), is_number=False), *(Head(name) for name in names.values())],
            lines,
        ),
        is_wide=True,
    )


def _flow_entry(name: str, flow: tuple[list[int], list[int]], matrix: Matrix, place: Place, *, opens: bool) -> Entry:
    value = counted(matrix, flow)
    before, after = flow
    filters = {"previous_band": before, "band": after}
    if name == "start":
        filters = {"previous_band": before}
    if name == "end":
        filters = {"band": after}
    url = place.list_url(**filters) if opens and before and after else ""
    if name in ("start", "end"):
        return Entry(value, "count", url)
    return Entry(SIGNS.get(name, 1) * value, "signed", url)


def _matrix_tile(matrix: Matrix, place: Place, start: int, end: int, *, opens: bool) -> Tile:
    most = max((cell.customers for (before, after), cell in matrix.items() if before != after), default=0)
    lines = []
    for before in EVERY_BAND:
        entries = [_cell(before, after, matrix, place, most=most, opens=opens) for after in EVERY_BAND]
        url = place.list_url(previous_band=int(before)) if opens and before else ""
        whole = Entry(counted(matrix, ([int(before)], [0, *ON_NETWORK])), "count", url)
        lines.append(Line(str(before.label), [*entries, whole]))
    sums = [
        Entry(
            counted(matrix, ([0, *ON_NETWORK], [int(after)])),
            "count",
            place.list_url(band=int(after)) if opens and after else "",
        )
        for after in EVERY_BAND
    ]
    everybody = Entry(sum(cell.customers for cell in matrix.values()), "count")
    lines.append(Line(_("Total"), [*sums, everybody], is_sum=True))
    if not place.opens_lists:
        lines = guarded(guarded(lines, columns=[len(EVERY_BAND)]), columns=range(len(EVERY_BAND)), closes_rows=True)
    heads = [Head(_("From ↓ to →"), is_number=False), *(Head(str(band.label)) for band in EVERY_BAND), Head(_("Total"))]
    return Tile(
        name="matrix",
        title=_("Bands in %(start)s and in %(end)s") % {"start": label(start), "end": label(end)},
        definition=define("boards.movement"),
        table=Table(_("Customers by band in the first month and in the second"), heads, lines),
        note="" if opens else _("Only moves of the last month open as a list."),
        is_heat=True,
    )


def _cell(before: Band, after: Band, matrix: Matrix, place: Place, *, most: int, opens: bool) -> Entry:
    if before == after == Band.OFF:
        return Entry(None, is_diagonal=True)
    value = matrix.get((int(before), int(after)), Cell()).customers
    url = place.list_url(previous_band=int(before), band=int(after)) if opens else ""
    is_diagonal = before == after
    return Entry(value, "count", url, heat=0 if is_diagonal else heat(value, most), is_diagonal=is_diagonal)


def _flow_names(start: int, end: int) -> dict[str, str]:
    return {
        "start": label(start),
        "joined": _("New or back"),
        "risen_in": _("Risen into it"),
        "fallen_in": _("Fallen into it"),
        "risen_out": _("Risen beyond"),
        "fallen_out": _("Fallen below"),
        "left": _("Left the network"),
        "end": label(end),
    }


def _groups() -> dict[str, tuple[str, tuple[int, ...]]]:
    bands = {GROUPS[band]: (str(band.label), (int(band),)) for band in BANDS}
    everybody = {"all": (_("On the network"), ON_NETWORK)}
    return {"mid_high": (_("Mid/high-end"), tuple(int(band) for band in MID_HIGH))} | everybody | bands


def _months(place: Place) -> list[int]:
    """Return the months a band can be told for, newest first; the run itself knows the last two."""
    now = month_of(place.run.month)
    oldest = HistoryBlock.objects.aggregate(oldest=Min("month"))["oldest"]
    loaded = min(now - month_of(oldest) + 1, MONTHS) if oldest else 0
    grace = place.terms.grace_months
    reach = min(YEAR, loaded - WINDOW - grace + 1)
    return [now - back for back in range(max(reach, 1) + 1)]


def _chosen(place: Place, name: str, months: list[int], *, default: int) -> int:
    wanted = place.query.get(name, "")
    try:
        month = parse_label(wanted) if wanted else default
    except ValueError as error:
        raise UnknownMonth(wanted) from error
    if month not in months:
        raise UnknownMonth(wanted)
    return month
