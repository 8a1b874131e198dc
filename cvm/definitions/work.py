"""The numbers of the work: key moments on the scoreboard, and tests of offers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext_lazy as _

from cvm.definitions.registry import Definition, Group, Version

FIRST = dt.date(2026, 11, 23)
NOVEMBER_29 = dt.date(2026, 11, 29)


def _first(key: str, name: Any, since: dt.date, text: Any) -> Definition:
    return Definition(key, name, (Version(1, since, text),))


SCOREBOARD = Group(
    _("Moments scoreboard"),
    "scoreboard",
    "scoreboard.view",
    (
        _first(
            "scoreboard.seen",
            _("Seen"),
            FIRST,
            _("Key moments the nights and events found in the period, whether or not anybody got a task."),
        ),
        _first(
            "scoreboard.delivered",
            _("Delivered in time"),
            FIRST,
            _("Of the issued tasks, those on a desk, a list or in the outbox before the deadline, in working time."),
        ),
        _first(
            "scoreboard.attempted",
            _("First contact in time"),
            FIRST,
            _("Of the issued tasks, those with a first try before the deadline, in working time."),
        ),
        _first(
            "scoreboard.overdue",
            _("Overdue now"),
            FIRST,
            _("Open tasks of the period whose deadline has passed; as the tasks stand at this moment."),
        ),
        _first(
            "scoreboard.nobody",
            _("Owned by nobody"),
            FIRST,
            _("Open tasks of the period that stand in no person's name; as the tasks stand at this moment."),
        ),
        _first(
            "scoreboard.moments",
            _("By kind of moment"),
            FIRST,
            _(
                "Seen: moments the nights and events found in the period. Issued: those that became somebody's task; the others were silenced by the contact gate, by a complaint or refusal, or beside a retention task. Delivered in time: on a desk, a list or in the outbox before the deadline. First contact in time: the first try before the deadline. Deadlines run in working time. Control: customers held back on purpose, the same ones for ever, of normal marketing moments only. Result: customers issued a task less those held back, thirty days after the moment, whatever came of the contact; ± is the 95 % interval, unknown below 30 customers on either side."
            ),
        ),
    ),
)
TESTS = Group(
    _("Tests of offers"),
    "experiments",
    "experiments.view",
    (
        _first(
            "tests.members",
            _("Members"),
            NOVEMBER_29,
            _(
                "Customers drawn at the start whom you may see, each once; records merged with another member's count with that one. Needed: so many show the difference asked about at 5 % false alarms over all comparisons and 80 % power."
            ),
        ),
        _first(
            "tests.measure-day",
            _("Measure is read on"),
            NOVEMBER_29,
            _("The night of this day reads the measure and ends the test; no verdict is given before."),
        ),
        _first(
            "tests.split",
            _("Split as drawn?"),
            NOVEMBER_29,
            _(
                "Whether the members divided between the arms as they were drawn, by a chi-square test. Below 0.001 something has gone wrong, and nothing is concluded."
            ),
        ),
        _first(
            "tests.merged",
            _("Counted with another member"),
            NOVEMBER_29,
            _(
                "Members whose record is merged with that of another member: they count there, and come back when the merge is undone."
            ),
        ),
        _first(
            "tests.arms",
            _("What became of the arms"),
            NOVEMBER_29,
            _(
                "Members keep the arm drawn at the start, whether or not they were reached (intention to treat). Reached and accepted: calls from the start to the end of the test. Kept: on the network in the night of the last day, until then in the newest one."
            ),
        ),
        _first(
            "tests.measures",
            _("Measures with 95 % intervals"),
            NOVEMBER_29,
            _(
                "Members keep the arm drawn at the start, whether or not they were reached (intention to treat). Kept: on the network in the night of the last day. Bill change: the three-month bill of that night minus that of the start. Intervals: Wilson, Newcombe, Welch, 95 %, shared over all comparisons."
            ),
        ),
    ),
)
