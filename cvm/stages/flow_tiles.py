"""The flow between two month ends as a matrix and as a drawing; every number opens exactly its customers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from django.utils.translation import gettext as _

from cvm.dashboards.place import Place
from cvm.dashboards.tiles import Entry, Head, Line, Table, Tile, guarded, heat, percent
from cvm.definitions.catalogue import define
from cvm.lib.months import label
from cvm.stages.flow import Flow, Flows, total
from cvm.stages.view import BOTH, REVENUE, View
from lifecycle.models import Stage
from lifecycle.stage_terms import NAMES

ABSENT = 0


def flow_tiles(found: Flows, view: View, place: Place) -> list[Tile]:
    """Return the drawing and the matrix of the flows."""
    lines = _matrix(found, view, place)
    return [_drawing(lines, found, view, place), _table(lines, view)]


def _matrix(found: Flows, view: View, place: Place) -> list[Line]:
    most = max((flow.customers for (before, after), flow in found.items() if before != after), default=0)
    lines = []
    for before in _stages(found, 0):
        entries = [
            _cell(found.get((before, after), Flow()), view, place, before, after, most=most)
            for after in _stages(found, 1)
        ]
        lines.append(Line(_name(before), [*entries, _sum(found, view, place, before=before)], colour=_colour(before)))
    sums = [_sum(found, view, place, after=after) for after in _stages(found, 1)]
    lines.append(Line(_("Total"), [*sums, _sum(found, view, place)], is_sum=True))
    if place.opens_lists:
        return lines
    width = len(lines[0].entries) - 1
    return guarded(guarded(lines, columns=[width]), columns=range(width), closes_rows=True)


def _stages(found: Flows, side: int) -> list[int]:
    """Return the five stages, and those not with us yet where there are any."""
    is_anybody_absent = any(at[side] == ABSENT for at in found)
    return [*(int(stage) for stage in Stage), *([ABSENT] if is_anybody_absent else [])]


def _cell(flow: Flow, view: View, place: Place, before: int, after: int, *, most: int) -> Entry:
    url = place.list_url(**view.terms((view.start, [before]), (view.end, [after])))
    is_diagonal = before == after
    return replace(
        _shown(flow, view, url), heat=0 if is_diagonal else heat(flow.customers, most), is_diagonal=is_diagonal
    )


def _sum(found: Flows, view: View, place: Place, *, before: int | None = None, after: int | None = None) -> Entry:
    sides = ((view.start, before), (view.end, after))
    at = [(month, [stage]) for month, stage in sides if stage is not None]
    terms = view.terms(*at) if at else view.filters
    return _shown(total(found, before=before, after=after), view, place.list_url(**terms))


def _shown(flow: Flow, view: View, url: str) -> Entry:
    """Return a flow as the page is to show it: customers, revenue, or both."""
    money = (Entry(flow.before_fen, "yuan"), Entry(flow.after_fen, "yuan"))
    if view.show == REVENUE:
        return Entry(money[0].value, "yuan", url, extra=money[1:], behind=flow.customers)
    return Entry(flow.customers, "count", url, extra=money if view.show == BOTH else ())


def _table(lines: list[Line], view: View) -> Tile:
    months = {"start": label(view.start), "end": label(view.end)}
    width = len(lines[0].entries) - 1
    names = [_name(stage) for stage in (*Stage, ABSENT)[:width]]
    return Tile(
        name="matrix",
        title=_("Stages in %(start)s and in %(end)s") % months,
        definition=define("stages.flow", tail=define("stages.how")),
        table=Table(
            _("Customers by stage in the first month and in the second"),
            [Head(_("From ↓ to →"), is_number=False), *(Head(name) for name in names), Head(_("Total"))],
            lines,
        ),
        note=_money_note(view),
        is_heat=True,
        is_wide=True,
    )


def _drawing(matrix: list[Line], found: Flows, view: View, place: Place) -> Tile:
    everybody = total(found)
    lines = [
        Line(
            line.label,
            [Entry(_name(after), "text", colour=_colour(after)), entry, _share(entry, everybody, view)],
            colour=line.colour,
        )
        for line in matrix
        if not line.is_sum
        for after, entry in zip(_stages(found, 1), line.entries[:-1], strict=True)
        if entry.customers and not entry.is_hidden
    ]
    heads = [
        Head(_("From"), is_number=False),
        Head(_("To"), is_number=False, is_series=True),
        Head(_("Revenue") if view.show == REVENUE else _("Customers"), is_series=True),
        Head(_("Share of all")),
    ]
    return Tile(
        name="flow",
        title=_("Flow from %(start)s to %(end)s") % {"start": label(view.start), "end": label(view.end)},
        definition=define("stages.flow", tail=define("stages.how")),
        table=Table(_("Flows between stages"), heads, lines),
        chart="sankey",
        description=_("Customers of each stage in the first month, and where they are in the second."),
        pairs=_pairs(found) if place.opens_lists else (),
        is_wide=True,
    )


def _pairs(found: Flows) -> tuple[tuple[Entry, str], ...]:
    """Return who moved among those with us in both months, and who of the living stages went into exit: churn."""
    both = {at: flow.customers for at, flow in found.items() if ABSENT not in at}
    living = {at: customers for at, customers in both.items() if at[0] != Stage.EXIT}
    moved = sum(customers for (before, after), customers in both.items() if before != after)
    gone = sum(customers for (_before, after), customers in living.items() if after == Stage.EXIT)
    return (
        (Entry(moved, "count"), _("customers changed stage")),
        (Entry(percent(moved, sum(both.values())), "percent"), _("of those with us in both months")),
        (Entry(percent(gone, sum(living.values())), "percent"), _("of the four other stages went into exit (churn)")),
    )


def _share(entry: Entry, everybody: Flow, view: View) -> Entry:
    if view.show == REVENUE:
        return Entry(percent(entry.value, everybody.before_fen), "percent")
    return Entry(percent(entry.customers, everybody.customers), "percent")


def _money_note(view: View) -> str:
    if view.show == BOTH:
        return _("Under each number: the bills of these customers in the first month, then in the second.")
    if view.show == REVENUE:
        return _("Bills of these customers in the first month; under them, in the second. The list opens all of them.")
    return ""


def _name(stage: int) -> str:
    return str(NAMES[stage])


def _colour(stage: int) -> str:
    return f"--cvm-stage-{int(stage)}" if stage else "--cvm-ink-3"


def either(stages: Iterable[int], *, without: int) -> list[int]:
    """Return the stages but for one."""
    return [int(stage) for stage in stages if stage != without]
