"""How long stages last, who comes back, what growth becomes: tiles over the counts of the months."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.facets import Products
from customers.queries import Cell, Matrix, total
from cvm.dashboards.place import Place
from cvm.dashboards.small_cells import any_small
from cvm.dashboards.tiles import Entry, Head, Line, Table, Tile, guarded, percent
from cvm.definitions.catalogue import define
from cvm.lib.months import label
from cvm.night.stage_counts import horizons
from cvm.stages.flow_tiles import either
from cvm.stages.measures import Measures
from cvm.stages.view import View
from lifecycle.journeys import BACK_WITHIN, FLAPPING_MONTHS, Int64, incidence, median_months, survival
from lifecycle.models import Stage

SPANS = (3, 6, 12)  # months after which the share gone to exit is told
YEAR = 12
LIVING = (Stage.ACQUISITION, Stage.GROWTH, Stage.MATURITY, Stage.DECLINE)
SEVERAL = [int(value) for value in Products if value >= Products.TWO]


def measure_tiles(found: Measures, view: View, place: Place) -> list[Tile]:
    """Return the tiles of the measures that are counted for this list."""
    tiles = [_survival(found.lasting, view, place), _to_exit(found.lasting, view, place)]
    tiles += [_flapping(found.flapping, view, place), _win_back(found.leaving, view, place)]
    if found.growth is not None:
        tiles.append(_growth(found.growth, view, place))
    if found.products is not None:
        tiles.append(_products(found.products, view, place))
    return tiles


# --- how long a stage lasts ------------------------------------------------------------------------


def _survival(lasting: Int64, view: View, place: Place) -> Tile:
    shares = {stage: survival(*_known(lasting, stage)) for stage in Stage}
    lines = [
        Line(str(months), [_still_there(shares[stage], lasting, stage, months, place) for stage in Stage])
        for months in range(max(len(found) for found in shares.values()))
    ]
    heads = [
        Head(_("Months"), is_number=False),
        *(Head(str(stage.label), colour=f"--cvm-stage-{int(stage)}", is_series=True) for stage in Stage),
    ]
    return Tile(
        name="survival",
        title=_("How long a stage lasts"),
        definition=define("stages.survival", tail=define("stages.how")),
        table=Table(_("Share still in the stage, by months spent in it"), heads, lines),
        chart="survival",
        description=_("Share of customers still in each stage by months since they entered it."),
        pairs=tuple((_median(shares[stage]), _("%(stage)s, median") % {"stage": stage.label}) for stage in Stage),
        note=_("Under each share: how many left in that month, of how many who could have."),
        is_wide=True,
    )


def _known(lasting: Int64, stage: int) -> tuple[list[int], list[int]]:
    return lasting[0, stage, 1:].tolist(), lasting[1, stage, 1:].tolist()


def _still_there(shares: list[Fraction], lasting: Int64, stage: int, months: int, place: Place) -> Entry:
    if months >= len(shares):
        return Entry(None)
    at_risk, left = (int(lasting[number, stage, months]) for number in (0, 1))
    is_hidden = months > 0 and place.hides(at_risk, left)
    told = place.opens_lists and months > 0
    parts = (Entry(_("%(left)s of %(all)s") % {"left": f"{left:,}", "all": f"{at_risk:,}"}, "text"),) if told else ()
    return Entry(_percent(shares[months]), "percent", is_hidden=is_hidden, extra=parts)


def _median(shares: list[Fraction]) -> Entry:
    median = median_months(shares)
    if median is None:
        seen = len(shares) - 1
        words = ngettext("over %(count)s month", "over %(count)s months", seen) if seen else ""
    else:
        seen, words = median, ngettext("%(count)s month", "%(count)s months", median)
    return Entry(words % {"count": seen} if words else None, "text")


def _to_exit(lasting: Int64, view: View, place: Place) -> Tile:
    lines = []
    for stage in LIVING:
        at_risk, left = _known(lasting, stage)
        gone = incidence(at_risk, left, lasting[2, stage, 1:].tolist())
        entered, exits = int(lasting[0, stage, 1]), int(lasting[2, stage].sum())
        is_hidden = place.hides(entered, exits)
        shares = [Entry(_percent(gone[span]) if span < len(gone) else None, "percent") for span in SPANS]
        line = Line(str(stage.label), [Entry(entered), Entry(exits), *shares])
        lines.append(_line_hidden(line) if is_hidden else line)
    heads = [
        Head(_("Stage"), is_number=False),
        Head(_("Entered and seen a month later")),
        Head(_("Of them left for exit")),
        *(
            Head(ngettext("Gone after %(count)s month", "Gone after %(count)s months", span) % {"count": span})
            for span in SPANS
        ),
    ]
    return Tile(
        name="exit",
        title=_("From each stage straight to exit"),
        definition=define("stages.exit", tail=define("stages.how")),
        table=Table(_("Share gone from a stage to exit"), heads, lines),
        is_wide=True,
    )


def _percent(share: Fraction) -> Decimal:
    """Return a share in percent with one decimal, halves up."""
    return (Decimal(1000 * share.numerator) / Decimal(share.denominator)).quantize(Decimal(1), ROUND_HALF_UP) / 10


# --- who comes back --------------------------------------------------------------------------------


def _flapping(flapping: Int64, view: View, place: Place) -> Tile:
    month = view.newest - BACK_WITHIN
    lines = []
    for stage in (Stage.GROWTH, Stage.MATURITY, Stage.DECLINE, Stage.EXIT):
        left, back = int(flapping[:, stage, 0].sum()), int(flapping[:, stage, 1:].sum())
        entries = [Entry(left), Entry(back), Entry(percent(back, left), "percent")]
        if month - 1 in view.months:
            entries += [_flapped(flapping, stage, after, view, place) for after in range(1 + BACK_WITHIN)]
        lines.append(Line(str(stage.label), entries))
    left, back = (sum(line.entries[at].value for line in lines) for at in (0, 1))
    heads = [
        Head(_("Stage"), is_number=False),
        Head(_("Left it in %(count)s months") % {"count": FLAPPING_MONTHS}),
        Head(_("Back within three months")),
        Head(_("Flapping rate")),
    ]
    if month - 1 in view.months:
        heads.append(Head(_("Left it in %(month)s") % {"month": label(month)}))
        heads += [
            Head(ngettext("Back after %(count)s month", "Back after %(count)s months", after) % {"count": after})
            for after in range(1, 1 + BACK_WITHIN)
        ]
    return Tile(
        name="flapping",
        title=_("Flapping: left a stage and back within three months"),
        definition=define("stages.flapping", tail=define("stages.how")),
        table=Table(
            _("Leavings by stage, and who came back"),
            heads,
            lines if place.opens_lists else _guarded(lines, [0, 1], *([at] for at in range(3, len(heads) - 1))),
        ),
        pairs=((Entry(percent(back, left), "percent"), _("of all leavings are undone within three months")),)
        if left and not place.hides(left, back)
        else (),
        is_wide=True,
    )


def _flapped(flapping: Int64, stage: Stage, after: int, view: View, place: Place) -> Entry:
    """Return who left a stage in the newest month of leavings (after 0), or who of them was back after so many months."""
    month, others = view.newest - BACK_WITHIN, either(Stage, without=stage)
    away = [(month + later, others) for later in range(max(after, 1))]
    back = [(month + after, [int(stage)])] if after else []
    url = place.list_url(**view.terms((month - 1, [int(stage)]), *away, *back))
    return Entry(int(flapping[0, stage, after]), "count", url)


def _win_back(leaving: Int64, view: View, place: Place) -> Tile:
    living = [int(stage) for stage in LIVING]
    lines = []
    for back in range(min(len(view.months) - 1, YEAR)):
        month = view.newest - back
        exited, returned, money = (int(number) for number in leaving[back])
        gone = [(month - 1, living), (month, [int(Stage.EXIT)])]
        entries = [
            Entry(exited, "count", place.list_url(**view.terms(*gone))),
            Entry(returned, "count", place.list_url(**view.terms(*gone, (view.newest, living))) if back else ""),
            Entry(percent(returned, exited), "percent"),
            Entry(money, "yuan"),
        ]
        lines.append(Line(label(month), entries))
    exited, returned, money = (int(number) for number in leaving[: len(lines)].sum(axis=0))
    sums = [Entry(exited), Entry(returned), Entry(percent(returned, exited), "percent"), Entry(money, "yuan")]
    lines.append(Line(_("Total"), sums, is_sum=True))
    heads = [
        Head(_("Exited in"), is_number=False),
        Head(_("Exited")),
        Head(_("With us again")),
        Head(_("Return rate")),
        Head(_("Revenue of the returned")),
    ]
    return Tile(
        name="returns",
        title=_("Win-back: who left and is with us again"),
        definition=define("stages.returns", tail=define("stages.how")),
        table=Table(
            _("Exits by month, and who is back"),
            heads,
            lines if place.opens_lists else _guarded(lines, [0, 1]),
        ),
        pairs=((Entry(percent(returned, exited), "percent"), _("return rate of the last twelve months")),)
        if exited and not place.hides(exited, returned)
        else (),
        is_wide=True,
    )


# --- what growth becomes, what maturity holds ------------------------------------------------------


def _growth(growth: Matrix, view: View, place: Place) -> Tile:
    lines = []
    for back in horizons(view.run):
        month = view.newest - back
        grew, below, reached = (growth.get((back, step), Cell()).customers for step in range(3))
        then = view.terms((month, [int(Stage.GROWTH)]))
        entries = [
            Entry(grew, "count", place.list_url(**then)),
            Entry(below),
            Entry(reached),
            Entry(percent(reached, below), "percent"),
        ]
        words = ngettext("%(count)s month", "%(count)s months", back) % {"count": back}
        lines.append(Line(f"{words} ({label(month)})", entries))
    heads = [
        Head(_("Over"), is_number=False),
        Head(_("In growth then")),
        Head(_("Not mid/high then")),
        Head(_("Mid/high now")),
        Head(_("Conversion")),
    ]
    return Tile(
        name="growth",
        title=_("Growth that becomes mid/high-end"),
        definition=define("stages.growth", tail=define("stages.how")),
        table=Table(
            _("From growth to mid/high-end"),
            heads,
            lines if place.opens_lists else _guarded(lines, [0, 1, 2]),
        ),
    )


def _products(products: Matrix, view: View, place: Place) -> Tile:
    lines = []
    for stage in LIVING:
        here = total(products, row=stage).customers
        several = sum(products.get((stage, value), Cell()).customers for value in SEVERAL)
        entries = [
            Entry(percent(several, here), "percent"),
            Entry(several, "count", place.list_url(**view.filters, stage=int(stage), products=SEVERAL)),
            Entry(here, "count", place.list_url(**view.filters, stage=int(stage))),
        ]
        lines.append(Line(str(stage.label), entries, colour=f"--cvm-stage-{int(stage)}"))
    shown = lines if place.opens_lists else _guarded(lines, [2, 1])
    heads = [
        Head(_("Stage"), is_number=False),
        Head(_("With several products"), colour="--cvm-accent", is_series=True),
        Head(_("Two or more")),
        Head(_("Customers")),
    ]
    return Tile(
        name="products",
        title=_("Several products by stage"),
        definition=define("stages.products"),
        table=Table(_("Customers with several products by stage"), heads, shown),
        chart="rates",
        description=_("Share of customers with two or more products per stage."),
        pairs=((shown[2].entries[0], _("of customers in maturity hold several products")),),
        keeps_table=True,
    )


def _guarded(lines: list[Line], *nested: list[int]) -> list[Line]:
    """Return the lines without small counts; in columns nested in one another a small difference counts as well."""
    hidden = [_line_hidden(line) if any(_gives_away(line, columns) for columns in nested) else line for line in lines]
    return guarded(hidden, columns=[column for columns in nested for column in columns])


def _gives_away(line: Line, columns: list[int]) -> bool:
    counts = [line.entries[column].value or 0 for column in columns]
    return any_small([*counts, *(outer - inner for outer, inner in pairwise(counts))])


def _line_hidden(line: Line) -> Line:
    return replace(line, entries=[replace(entry, is_hidden=True) for entry in line.entries])
