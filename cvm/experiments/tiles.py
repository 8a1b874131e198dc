"""What became of a test as tiles: the figures read first, the members of each arm, and the measures with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from cvm.dashboards.showing import Figure
from cvm.dashboards.tiles import Entry, Head, Line, Table, Tile, percent
from cvm.definitions.catalogue import define
from cvm.experiments.parts import PARTS
from cvm.experiments.results import Results
from cvm.templatetags.cvm_format import count, day
from offers.assignment import PERMILLE
from offers.models import Experiment


def figures(found: Experiment, told: Results, *, merged_url: str) -> list[Figure]:
    """Return members, the day of the measure, whether the split came out as drawn, and who counts with another."""
    needed = _("needed: %(needed)s") % {"needed": count(found.needed)}
    measured = found.measured_run
    read = _("no night since the start")
    if measured is not None:
        read = _("as of %(day)s, run %(number)s") % {"day": day(measured.as_of), "number": measured.pk}
    split = _("chi-square test, p = %(p)s; an alarm below 0.001") % {"p": f"{told.ratio_p:.3f}"}
    shown = [
        Figure(define("tests.members"), Entry(told.members), hint=needed),
        Figure(define("tests.measure-day"), Entry(day(found.last_day), "text"), hint=read),
        Figure(define("tests.split"), Entry(_("no") if told.is_uneven else _("yes"), "text"), hint=split),
    ]
    if told.merged:
        shown.append(Figure(define("tests.merged"), Entry(told.merged, "count", merged_url)))
    return shown


def arms_tile(lines: Sequence[dict[str, Any]]) -> Tile:
    """Return how many members of each arm stand where; `lines` are those of the page."""
    heads = [
        Head(_("Arm"), is_number=False),
        Head(_("Share")),
        *(Head(str(words)) for words, _condition in PARTS.values()),
    ]
    rows = [
        Line(
            line["arm"].label,
            [
                Entry(percent(line["arm"].arm.share_permille, PERMILLE, places=1), "percent"),
                *(Entry(number, "count", url if number else "") for number, url in line["counts"]),
            ],
        )
        for line in lines
    ]
    return Tile(
        name="arms",
        title=_("What became of the arms"),
        definition=define("tests.arms"),
        table=Table(_("Members of each arm"), heads, rows),
        is_wide=True,
    )


def measures_tile(lines: Sequence[dict[str, Any]]) -> Tile:
    """Return the measures of each arm with their intervals, and the verdict where it is due."""
    heads = [
        Head(_("Arm"), is_number=False),
        Head(_("Still on the network")),
        Head(_("Bill change per member")),
        Head(_("Stayed, against control")),
        Head(_("Bill, against control")),
        Head(_("Verdict"), is_number=False),
    ]
    names = ("kept", "change", "kept_difference", "change_difference")
    rows = [
        Line(
            line["arm"].label,
            [*(Entry(line[name], "interval") for name in names), Entry(str(line["verdict"]) or "–", "text")],
        )
        for line in lines
    ]
    return Tile(
        name="measures",
        title=_("Measures with 95 % intervals"),
        definition=define("tests.measures"),
        table=Table(_("Measures of each arm with 95 % intervals"), heads, rows),
        is_wide=True,
    )
