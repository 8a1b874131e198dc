"""The scoreboard as tiles: the figures read first, and one line per kind of moment; every number opens its tasks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from callcenter.task_forms import WARNING, TaskFilter
from callcenter.task_states import LABELS
from cvm.dashboards.showing import Figure
from cvm.dashboards.tiles import Entry, Head, Line, Table, Tile, percent
from cvm.definitions.catalogue import define
from cvm.scoreboard import counting
from cvm.scoreboard.counting import COUNTED
from cvm.scoreboard.effect import Effect

Door = Callable[[str, str], str]  # state and kind of tasks -> the list of exactly these


def figures(sums: dict[str, int], door: Door) -> list[Figure]:
    """Return the figures of all kinds together."""

    def share(name: str) -> tuple[Entry, tuple[Entry, ...]]:
        parts = (_counted(sums[name], door(name, "")), _counted(sums["issued"], door("issued", "")))
        return Entry(percent(sums[name], sums["issued"], places=1), "percent"), parts

    return [
        Figure(define("scoreboard.seen"), Entry(sums["seen"])),
        Figure(define("scoreboard.delivered"), *share("delivered")),
        Figure(define("scoreboard.attempted"), *share("attempted")),
        Figure(define("scoreboard.overdue"), _counted(sums["overdue"], door("overdue", ""))),
        Figure(define("scoreboard.nobody"), _counted(sums["nobody"], door("nobody", ""))),
    ]


def moments_tile(found: Sequence[counting.Line], chosen: TaskFilter, door: Door, *, at: dt.datetime) -> Tile:
    """Return one line per kind of moment seen or issued in the period."""
    period = {"since": chosen.data["since"], "until": chosen.data["until"]}
    note = _("Tasks as of %(time)s") % {"time": date_format(localtime(at), "Y-m-d H:i")}
    if not found:
        note = _(
            "No moment was found in this period: choose a longer one. Moments come from the nights and from events."
        )
    heads = [
        Head(_("Moment"), is_number=False),
        Head(_("Seen")),
        *(Head(str(LABELS[name])) for name in COUNTED),
        Head(_("Calls nobody took, per task")),
        Head(_("Minutes per task")),
        Head(_("Satisfaction")),
        Head(_("Result against control")),
    ]
    return Tile(
        name="moments",
        title=_("By kind of moment"),
        definition=define("scoreboard.moments"),
        table=Table(
            _("Moments found from %(since)s to %(until)s") % period, heads, [_line(one, door) for one in found]
        ),
        note=note,
        is_wide=True,
    )


def _line(one: counting.Line, door: Door) -> Line:
    counts = [_counted(one.counts[name], door(name, one.code)) for name in COUNTED]
    means = [Entry(_tenth(value), "tenth") for value in (one.useless, one.minutes, one.satisfaction)]
    name = one.name if one.code == WARNING else f"{one.code} {one.name}"
    return Line(name, [Entry(one.seen), *counts, *means, _effect(one.effect)])


def _counted(number: int, url: str) -> Entry:
    return Entry(number, "count", url if number else "")


def _tenth(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _effect(effect: Effect | None) -> Entry:
    """Return what contact changed, with its interval; or why that cannot be said."""
    if effect is None:
        return Entry(_("no control"), "interval")
    if not effect.is_known:
        sides = {"contacted": effect.contacted.customers, "control": effect.control.customers}
        return Entry(_("unknown (%(contacted)s / %(control)s customers)") % sides, "interval")
    stayed = {"points": f"{effect.stayed_points:.1f}", "margin": f"{effect.stayed_margin:.1f}"}
    bill = {"bill": f"{effect.bill_yuan:.1f}", "margin": f"{effect.bill_margin_yuan:.1f}"}
    return Entry(
        _("stayed %(points)s ± %(margin)s points") % stayed,
        "interval",
        extra=(Entry(_("bill ¥%(bill)s ± %(margin)s") % bill, "interval"),),
    )
