"""The ledger as tiles: movements, rates, cohorts side by side, vintages; each a table, a file, and where it helps a chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from cvm.dashboards import showing
from cvm.dashboards.tiles import Entry, Head, Line, Table, Tile
from cvm.definitions.catalogue import define
from cvm.ledger.books import COLUMNS, Door, Figure, RateRow, Row, total
from cvm.ledger.veil import Veil
from cvm.ledger.view import View
from cvm.ledger.years import YearRow
from cvm.lib.months import label, parse_label
from segmentation.queries import LedgerMonth

STATIC, DYNAMIC, REVENUE = "--cvm-stage-3", "--cvm-stage-2", "--cvm-stage-4"
# number of the movements -> its colour, and how it is drawn
DRAWN = {
    "entered": ("--cvm-stage-1", ""),
    "returned": ("--cvm-stage-3", ""),
    "lost_off_network": ("--cvm-stage-5", "goes"),
    "lost_value": ("--cvm-stage-4", "goes"),
    "closing": ("--cvm-ink-2", "line"),
}
RATES = (
    ("static_rate", ("base", "base_kept")),
    ("dynamic_rate", ("members", "kept")),
    ("revenue_rate", ("base_kept",)),
)


def movements_tile(rows: Sequence[Row], view: View) -> Tile:
    """Return how the kept moved: month by month, or in one month by county, layer or manager."""
    lines = [_line(row, view) for row in rows]
    if view.by:
        whole = total(rows, view.door, month=view.month, words=_("Total"))
        lines.append(_line(whole, view, is_sum=True))
    first = {"county": _("County"), "layer": _("Layer"), "manager": _("Phone manager")}.get(view.by, _("Month"))
    heads = [_movement_head(field, str(head), is_by_month=not view.by) for _name, field, head in COLUMNS]
    caption = _("Members in %(month)s") % {"month": label(view.month)} if view.by else _("Members by month")
    return Tile(
        name="movements",
        title=_("Movement of the kept members"),
        definition=define("ledger.movements"),
        table=Table(
            caption,
            [Head(first, is_number=False), *heads, Head(_("Bills of the kept")), Head(_("State"), is_number=False)],
            lines,
        ),
        chart="moves" if rows else "",
        description=_(
            "Who entered after the base and returned above the line, who was lost below it; the kept as a line."
        ),
        note=_movements_note(rows, view),
        is_wide=True,
        keeps_table=True,
    )


def _movement_head(field: str, words: str, *, is_by_month: bool) -> Head:
    """Return the head of a number: moves are drawn as bars, the kept as a line where the rows are months."""
    colour, drawn = DRAWN.get(field, ("", ""))
    return Head(words, colour=colour, drawn=drawn, is_series=bool(colour) and (is_by_month or drawn != "line"))


def rates_tile(rows: Sequence[RateRow], view: View) -> Tile:
    """Return static, dynamic and revenue retention month by month, and what they are made of."""
    heads = [
        Head(_("Month"), is_number=False),
        *_rate_heads(),
        Head(_("Base kept")),
        Head(_("Base")),
        Head(_("Members kept")),
        Head(_("Members of the cohort")),
        Head(_("Added")),
        Head(_("Bills of the base kept")),
        Head(_("Reached")),
        Head(_("Improvement")),
    ]
    lines = [_rates(row, before, view) for row, before in zip(rows, [None, *rows], strict=False)]
    return Tile(
        name="rates",
        title=_("Retention month by month"),
        definition=define("ledger.rates"),
        table=Table(_("Retention of the cohort by month"), heads, lines),
        chart="lines",
        description=_("Static, dynamic and revenue retention by month, in percent."),
        is_wide=True,
        keeps_table=True,
    )


def retention_tile(months: Sequence[LedgerMonth], veil: Veil) -> Tile:
    """Return the three rates of a run's books month by month: the short form of `rates_tile` for the overview."""
    lines = [
        Line(
            label(month.month),
            [
                Entry(getattr(month, name), "percent", is_hidden=veil.hides(*parts, month=month.month))
                for name, parts in RATES
            ],
        )
        for month in months
    ]
    heads = [Head(_("Month"), is_number=False), *_rate_heads()]
    return Tile(
        name="retention",
        title=_("Retention month by month"),
        definition=define("ledger.retention"),
        table=Table(_("Retention of the cohort by month"), heads, lines),
        chart="lines",
        description=_("Static, dynamic and revenue retention by month, in percent."),
        is_wide=True,
    )


def _rate_heads() -> list[Head]:
    return [
        Head(_("Static"), colour=STATIC, is_series=True),
        Head(_("Dynamic"), colour=DYNAMIC, is_series=True),
        Head(_("Revenue"), colour=REVENUE, is_series=True),
    ]


def years_tile(rows: Sequence[YearRow], view: View) -> Tile:
    """Return the cohorts of all years at the same month of their years."""
    heads = [
        Head(_("Cohort"), is_number=False),
        Head(_("Month"), is_number=False),
        Head(_("Base")),
        Head(_("Members of the cohort")),
        Head(_("Static retention")),
        Head(_("Dynamic retention")),
        Head(_("Revenue retention")),
        Head(_("Definition"), is_number=False),
        Head(_("State"), is_number=False),
    ]
    hidden = not view.place.opens_lists
    return Tile(
        name="years",
        title=_("Cohorts side by side, each by its definition"),
        definition=define("ledger.years"),
        table=Table(_("Cohorts by year"), heads, [_year(row, view) for row in rows]),
        note=_("The figures of another cohort show when it is chosen above.") if hidden and len(rows) > 1 else "",
        is_wide=True,
    )


def figures(row: RateRow, view: View) -> list[showing.Figure]:
    """Return the four figures of the newest month with their parts."""
    line = _rates(row, None, view).entries
    static, dynamic, revenue, base_kept, base, kept, members, _added, money, _reached, improvement = line
    against = _("points, year on year") if row.is_year_on_year else _("points, month on month")
    return [
        showing.Figure(define("ledger.kpi-static-retention"), static, (base_kept, base)),
        showing.Figure(define("ledger.kpi-dynamic-retention"), dynamic, (kept, members)),
        showing.Figure(define("ledger.kpi-revenue-retention"), revenue, (money,)),
        showing.Figure(define("ledger.kpi-improvement"), replace(improvement, extra=()), hint=against),
    ]


def _line(row: Row, view: View, *, is_sum: bool = False) -> Line:
    month = view.month if view.by else parse_label(row.label)
    county = row.key if view.by == "county" and not is_sum else None
    entries = []
    for (_name, field, _head), figure in zip(COLUMNS, row.figures, strict=True):
        hides = view.veil.hides(field, month=month, county=county)
        entries.append(_figure(figure, view, hides=hides))
    hides = view.veil.hides("closing", month=month, county=county)
    money = Entry(row.line.revenue_fen, "yuan", is_hidden=hides, extra=_restated_money(row, view))
    is_base = not view.by and month == view.year * 12 - 1  # the base enters whole: beside it no month would be seen
    return Line(row.label, [*entries, money, _state(row, view, hides=hides)], is_sum=is_sum, is_drawn=not is_base)


def _figure(figure: Figure, view: View, *, hides: bool) -> Entry:
    """Return a number as it stands in the books, restated under it where the newest night says something else."""
    now = figure.restated
    extra = (replace(door_entry(now), words=_("restated")),) if now and view.place.opens_lists else ()
    shut = view.shut
    if now and not shut:
        shut = _("A figure signed before signatures kept their members: the restated figure opens.")
    return replace(door_entry(figure.shown, shut=shut, hides=hides), extra=extra)


def door_entry(door: Door, *, shut: str = "", hides: bool = False) -> Entry:
    """Return a number with the way to its customers, or with the reason why there is none."""
    return Entry(door.customers, "count", door.url, behind=door.behind, shut=shut, is_hidden=hides)


def _restated_money(row: Row, view: View) -> tuple[Entry, ...]:
    if not row.is_restated or row.line.revenue_fen == row.newest.revenue_fen or not view.place.opens_lists:
        return ()
    return (Entry(row.newest.revenue_fen, "yuan", words=_("restated")),)


def _state(row: Row, view: View, *, hides: bool) -> Entry:
    """Return whether a row is signed, and the data alarm."""
    extra: tuple[Entry, ...] = ()
    if row.line.is_alarming and view.by != "manager" and not hides:
        extra = (Entry(_("alarm %(change)s%%") % {"change": row.line.change}, "text", mark="bad"),)
    if row.is_closed:
        return Entry(_("closed"), "text", mark="good", extra=extra)
    return Entry(_("open"), "text", mark="plain", extra=extra)


def _rates(row: RateRow, before: RateRow | None, view: View) -> Line:
    month = row.month.month
    entries = [_rate(row, name, hides=view.veil.hides(*parts, month=month), view=view) for name, parts in RATES]
    for name in ("base_kept", "base", "kept", "members", "added"):
        door: Door = getattr(row, name)
        shut = view.shut
        if not shut and not door.url and door.customers:
            shut = _("The newest night says another number: the list would not be this one.")
        entries.append(door_entry(door, shut=shut, hides=view.veil.hides(name, month=month)))
    entries.append(Entry(row.month.base_revenue_fen, "exact_yuan", is_hidden=entries[2].is_hidden))
    entries.append(Entry(row.month.reached, "count", is_hidden=view.veil.hides("reached", month=month)))
    hides = entries[1].is_hidden or (
        before is not None and view.veil.hides("members", "kept", month=before.month.month)
    )
    words = _("yoy") if row.is_year_on_year else _("mom")
    against = () if row.improvement is None else (Entry(words, "text"),)
    entries.append(Entry(row.improvement, "points", is_hidden=hides, extra=against))
    return Line(label(month), entries)


def _rate(row: RateRow, name: str, *, hides: bool, view: View) -> Entry:
    shown = getattr(row.month, name)
    restated = getattr(row.restated, name) if row.restated and view.place.opens_lists else shown
    extra = () if restated == shown else (Entry(restated, "percent", words=_("restated")),)
    return Entry(shown, "percent", extra=extra, is_hidden=hides)


def _year(row: YearRow, view: View) -> Line:
    month, is_chosen = row.month, row.cohort.year == view.year
    state = _("closed") if row.is_closed else _("open")
    terms = Entry(row.terms, "sentence")
    said = Entry(_("%(state)s, night %(night)s") % {"state": state, "night": row.run_id}, "text")
    if month is None:
        return Line(str(row.cohort.year), [Entry(None) for _column in range(6)] + [terms, said])

    at = month.month

    def hides(*names: str) -> bool:
        if view.place.opens_lists:
            return False
        return not is_chosen or view.veil.hides(*names, month=at)

    entries = [
        Entry(label(month.month), "text"),
        Entry(month.base, "count", is_hidden=hides("base")),
        Entry(month.members, "count", is_hidden=hides("members")),
        *(Entry(getattr(month, name), "percent", is_hidden=hides(*parts)) for name, parts in RATES),
    ]
    return Line(str(row.cohort.year), [*entries, terms, said], url=_url_of(row, view))


def _url_of(row: YearRow, view: View) -> str:
    """Return the page of the cohort of a row; nothing for the one that is shown."""
    return "" if row.cohort.year == view.year else view.here(year=str(row.cohort.year), month="")


def _movements_note(rows: Sequence[Row], view: View) -> str:
    if not rows:
        return _(
            "No movements are kept of this cohort: its lines went with the standings of its nights, and none was signed."
        )
    if view.by in ("layer", "manager"):
        return _(
            "Restated figures count by today's layers and managers: a customer who changed hands moves from one line to another."
        )
    return ""
