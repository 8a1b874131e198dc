"""The numbers of segments."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from cvm.definitions.registry import Definition, Group, Version

FIRST = dt.date(2026, 11, 23)
NOVEMBER_29 = dt.date(2026, 11, 29)

SEGMENTS = Group(
    _("Segments"),
    "segments",
    "segments.view",
    (
        Definition(
            "segments.customers",
            _("Customers of a segment"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Customers of the newest night who fulfil the rule of the segment, as the night or the count after a change of the rule found them, among the customers you may see. Each customer counts once."
                    ),
                ),
            ),
        ),
        Definition(
            "segments.share",
            _("Share of those you see"),
            (Version(1, FIRST, _("Customers of the segment of all customers of the night you may see.")),),
        ),
        Definition(
            "segments.revenue",
            _("3-month revenue of a segment"),
            (
                Version(
                    1,
                    FIRST,
                    _("Sum of the last three closed bills of the segment's customers you may see, to the fen."),
                ),
            ),
        ),
        Definition(
            "segments.size",
            _("Size over time"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Customers who fulfilled the rule of that day, on each published night; entered and left: who is in now and was not on the counted day before, and the other way round. Exact lists of members, no samples. A new version of the rule begins a new count."
                    ),
                ),
            ),
        ),
        Definition(
            "segments.flow",
            _("Who came and went, and why"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Customers who entered or left since the counted day before. Each stands under one reason: the first field of the rule whose value changed that night; the rule itself where its version changed; else other conditions."
                    ),
                ),
            ),
        ),
        Definition(
            "segments.overlap",
            _("Also in"),
            (
                Version(
                    1,
                    FIRST,
                    _("Customers of the segment who are members of another segment you may see on the same night."),
                ),
            ),
        ),
        Definition(
            "segments.retention",
            _("Still on the network"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Of those on the network on the counted day before, the share still on it on the newest night: members of the segment that day against everybody else you may see."
                    ),
                ),
                Version(
                    2,
                    NOVEMBER_29,
                    _(
                        "Of those on the network on the counted day before, the share still on it on the night: members of the segment that day against everybody else you may see. Both by the county they were in that day."
                    ),
                    _("Kept for every counted night; before, only the newest night could tell."),
                ),
            ),
        ),
        Definition(
            "segments.months",
            _("Retention by month against everybody else"),
            (
                Version(
                    1,
                    NOVEMBER_29,
                    _(
                        "Product, over the counted nights of the month, of the share still on the network since the counted day before; worked out exactly and rounded at the end. Who enters or leaves the segment meanwhile counts from or to that night. Nights counted before 2026-11-29 kept no such figures and are left out."
                    ),
                ),
            ),
        ),
    ),
)
