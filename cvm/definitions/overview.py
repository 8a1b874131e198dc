"""The numbers of the overview."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from cvm.definitions.registry import Definition, Group, Version

FIRST = dt.date(2026, 11, 23)
NOVEMBER_29 = dt.date(2026, 11, 29)
NOVEMBER_30 = dt.date(2026, 11, 30)

OVERVIEW = Group(
    _("Overview"),
    "home",
    "dashboard.view",
    (
        Definition(
            "overview.figures",
            _("Figures to read first"),
            (
                Version(
                    1,
                    NOVEMBER_30,
                    _(
                        "The figures a page begins with. Each has a meaning of its own, given beside it and in the file."
                    ),
                ),
            ),
        ),
        Definition(
            "overview.on-network",
            _("Customers on the network"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Customers whose state at the end of the newest closed month is on the network: normal, one-way, suspended, number kept or pre-cancelled. Each customer of the night counts once; records merged into another count with it."
                    ),
                ),
            ),
            policies=("tier",),
        ),
        Definition(
            "overview.mid-high",
            _("Mid/high-end"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Customers on the network in the bands mid and high: the average of the last three bills on or above the mid line of the tier policy."
                    ),
                ),
            ),
            policies=("tier",),
        ),
        Definition(
            "overview.red",
            _("Red warnings"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Customers on the network whose warning level of the night is red: likely to leave, valuable and urgent by the warning policy."
                    ),
                ),
            ),
            policies=("warning",),
        ),
        Definition(
            "overview.off-network",
            _("Off the network"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Customers the night knows whose state at the end of the newest closed month is off the network: cancelled, ported out or removed."
                    ),
                ),
            ),
        ),
        Definition(
            "overview.revenue",
            _("Revenue in three months"),
            (
                Version(
                    1, FIRST, _("Sum of the last three closed bills of the customers of the number above, to the fen.")
                ),
            ),
        ),
        Definition(
            "overview.pyramid",
            _("Value pyramid"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Customers on the network by value band: the average bill of the last three closed months against the lines of the live tier policy. Revenue is the sum of those three bills."
                    ),
                ),
            ),
            policies=("tier",),
        ),
        Definition(
            "overview.stages",
            _("Life stages"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Every customer, also those who left, in one of five stages by the live stage policy: tenure, change of spend, usage, events and state, with two months of proof before a change."
                    ),
                ),
            ),
            policies=("stage",),
        ),
        Definition(
            "overview.band-stage",
            _("Band by stage"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Customers on the network in each band and stage. Darker means more customers. Read along the top row: high-value customers in decline are the first to call."
                    ),
                ),
            ),
            policies=(
                "tier",
                "stage",
            ),
        ),
        Definition(
            "overview.risk",
            _("Risk by value"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Customers on the network by warning level and value band. Red: call within hours; orange: within a day; yellow: within three days."
                    ),
                ),
            ),
            policies=(
                "warning",
                "tier",
            ),
        ),
        Definition(
            "overview.movement",
            _("Movement between bands"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Rows: band one month earlier; columns: band now; both by the live policy. On the diagonal nobody moved. Who was on the network at neither end is left out."
                    ),
                ),
            ),
            policies=("tier",),
        ),
        Definition(
            "overview.cohort",
            _("Cohort"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Base: three bills of the last quarter reach the threshold together. Static retention: base kept of base. Dynamic retention: members kept of members, with those added month by month. Revenue retention: this month's bills of the kept base against the base's average month."
                    ),
                ),
            ),
            policies=("cohort",),
        ),
    ),
)
