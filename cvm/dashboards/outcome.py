"""What managing customers by their value comes to (S-014): winning, losing, keeping, earning, side by side; and our
share of the market (S-024). Costs of winning and the size of the market are reported by people, never guessed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from customers.models import ReportedFigure
from customers.queries import Cell, Matrix, total
from cvm.dashboards.place import BANDS, MID_HIGH, Place
from cvm.dashboards.tiles import Board, Entry, Head, Line, Table, Tile, percent
from cvm.definitions.catalogue import define
from cvm.night.service import SERVICE, YEAR
from offers.eligible import Economics
from segmentation.models import Band, CohortState

Kind = ReportedFigure.Kind
KINDS = ("band_stage", "band_previous", "cohort", SERVICE, YEAR)
MONTHS = 12


@dataclass(frozen=True)
class Reported:
    """A figure of a month; `missing` counties of several have not reported one."""

    value: int | None
    source: str = ""
    missing: int = 0


def board(place: Place) -> Board:
    """Return the four figures of the run, and the market share of its month."""
    cells, reported = place.cells(KINDS), reported_of(place, place.run.month)
    return Board([_four(cells, reported[Kind.ACQUISITION_COST], place), _share(cells, reported, place)])


def reported_of(place: Place, month: dt.date) -> dict[Kind, Reported]:
    """Return each kind for the counties looked at: their sum once all have reported, else the branch's own figure."""
    rows = ReportedFigure.objects.filter(month=month).select_related("county")
    known: dict[Kind, dict[int | None, ReportedFigure]] = {kind: {} for kind in Kind}
    for row in rows:
        known[Kind(row.kind)][row.county_id] = row
    counties = place.county_ids if place.county_ids is not None else [county.pk for county in place.counties]
    return {kind: _reported(known[kind], counties, is_whole=place.county_ids is None) for kind in Kind}


def _reported(known: Mapping[int | None, ReportedFigure], counties: Iterable[int], *, is_whole: bool) -> Reported:
    if is_whole and None in known:
        return Reported(known[None].value, known[None].source)
    wanted = list(counties)
    found = [known[county] for county in wanted if county in known]
    if not wanted or len(found) < len(wanted):
        return Reported(None, missing=len(wanted) - len(found))
    return Reported(sum(one.value for one in found), "; ".join(dict.fromkeys(one.source for one in found)))


# --- the four figures ------------------------------------------------------------------------------


def _four(cells: Mapping[str, Matrix], cost: Reported, place: Place) -> Tile:
    month = f"{place.run.month:%Y-%m}"
    lines = [
        _winning(cells.get("band_previous", {}), cost, place),
        _churn(cells.get("band_previous", {}), place),
        _loyalty(cells.get("cohort", {}), place),
        _profit(cells, place),
    ]
    heads = [
        Head(_("Figure"), is_number=False),
        Head(_("Value")),
        Head(_("Of")),
        Head(_("Per")),
        Head(_("How it is counted"), is_number=False),
    ]
    return Tile(
        name="four",
        title=_("Winning, losing, keeping, earning"),
        definition=define("boards.outcome-four", month=month),
        table=Table(_("Acquisition cost, churn rate, loyalty and long-term profit"), heads, lines),
        note=_absent(cost, month) if cost.value is None else _("Cost of winning: %(source)s") % {"source": cost.source},
        keeps_table=True,
        is_wide=True,
    )


def _winning(moves: Matrix, cost: Reported, place: Place) -> Line:
    came = sum(cell.customers for (before, now), cell in moves.items() if before == 0 < now)
    each = cost.value // came if cost.value is not None and came else None
    hides = place.hides(came)
    return Line(
        _("Acquisition cost"),
        [
            Entry(each, "yuan", is_hidden=hides and each is not None),
            Entry(cost.value, "yuan"),
            Entry(came, "count", place.list_url(moved="joined"), is_hidden=hides),
            _words(
                _(
                    "Reported cost of winning customers in the month ÷ customers on the network at its end and not at its beginning."
                )
            ),
        ],
    )


def _churn(moves: Matrix, place: Place) -> Line:
    there = sum(cell.customers for (before, _now), cell in moves.items() if before > 0)
    left = sum(cell.customers for (before, now), cell in moves.items() if before > 0 and now == Band.OFF)
    hides = place.hides(left, there - left)
    return Line(
        _("Churn rate"),
        [
            Entry(percent(left, there), "percent", is_hidden=hides),
            Entry(left, "count", place.list_url(moved="left"), is_hidden=hides),
            Entry(there, is_hidden=hides),
            _words(_("Off the network at the end of the month ÷ on it at its beginning.")),
        ],
    )


def _loyalty(cohort: Matrix, place: Place) -> Line:
    members = sum((cell for cell in cohort.values()), Cell()).customers
    kept = total(cohort, row=CohortState.RETAINED).customers
    hides = place.hides(members - kept, kept)
    return Line(
        _("Loyalty"),
        [
            Entry(percent(kept, members), "percent", is_hidden=hides),
            Entry(kept, is_hidden=hides),
            Entry(members, is_hidden=hides),
            _words(
                _(
                    "Members of the year's cohort kept so far ÷ all its members; who was lost has left the network or had too many low months."
                )
            ),
        ],
    )


def _profit(cells: Mapping[str, Matrix], place: Place) -> Line:
    how = _("Bills of the last twelve months × margin − cost to serve, of the customers on the network, each.")
    if YEAR not in cells:
        return Line(_("Long-term profit"), [Entry(None), Entry(None), Entry(None), _words(how)])
    year, service = (_on_network(cells.get(name, {})) for name in (YEAR, SERVICE))
    margin = Economics(**place.run.plan["economics"]).margin_permille
    earned = year.revenue_fen * margin // 1000 - service.revenue_fen
    hides = place.hides(year.customers)
    return Line(
        _("Long-term profit"),
        [
            Entry(earned // year.customers if year.customers else None, "yuan", is_hidden=hides),
            Entry(earned, "yuan", is_hidden=hides),
            Entry(year.customers, "count", place.list_url(in_network="1"), is_hidden=hides),
            _words(how),
        ],
    )


# --- the share of the market -----------------------------------------------------------------------


def _share(cells: Mapping[str, Matrix], reported: Mapping[Kind, Reported], place: Place) -> Tile:
    stages, month = cells.get("band_stage", {}), f"{place.run.month:%Y-%m}"
    best = sum((total(stages, row=band) for band in MID_HIGH), Cell()).customers
    groups = (
        (_("All mobile customers"), Kind.MARKET, _on_network(stages).customers, place.list_url(in_network="1")),
        (_("Mid/high-end customers, our target"), Kind.TARGET_MARKET, best, place.list_url(band=[int(band) for band in MID_HIGH])),
    )  # fmt: skip
    lines = []
    for label, kind, ours, url in groups:
        market, hides = reported[kind], place.hides(ours)
        share = _share_of(ours, market.value)
        lines.append(
            Line(
                label,
                [
                    Entry(share, "percent", is_hidden=hides and share is not None),
                    Entry(ours, "count", url, is_hidden=hides),
                    Entry(market.value),
                    _words(market.source or _absent(market, month)),
                ],
            )
        )
    heads = [
        Head(_("Market"), is_number=False),
        Head(_("Our share")),
        Head(_("Our customers")),
        Head(_("Customers of all operators")),
        Head(_("Source"), is_number=False),
    ]
    return Tile(
        name="share",
        title=_("Market share"),
        definition=define("boards.outcome-share", month=month),
        table=Table(_("Our share of the market and of the target market"), heads, lines),
        keeps_table=True,
        is_wide=True,
    )


def _share_of(ours: int, market: int | None) -> Decimal | None:
    return percent(ours, market) if market else None


def _on_network(matrix: Matrix) -> Cell:
    return sum((total(matrix, row=band) for band in BANDS), Cell())


def _absent(figure: Reported, month: str) -> str:
    if figure.missing > 1:
        return _("Not reported for %(month)s by %(count)s counties, nor for the whole branch.") % {"month": month, "count": figure.missing}  # fmt: skip
    return _("Nobody has reported it for %(month)s.") % {"month": month}


def _words(text: str) -> Entry:
    return Entry(text, "sentence")
