"""The numbers of the stage flow."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from cvm.definitions.registry import Definition, Group, Version

FIRST = dt.date(2026, 11, 23)
NOVEMBER_29 = dt.date(2026, 11, 29)

STAGES = Group(
    _("Stage flow"),
    "stages",
    "dashboard.view",
    (
        Definition(
            "stages.how",
            _("How stages of past months come about"),
            (
                Version(
                    1,
                    NOVEMBER_29,
                    _(
                        "The stage at each month end is recomputed every night, for all months alike, by the stage policy of the night and from the bills as that night knew them; a month may differ from what was published then, after corrections or a new policy, and porting queries and downgrades bring on decline in the newest month only. Months with fewer than six bills behind them are not offered. Bands, layers and counties are those of today."
                    ),
                ),
                Version(
                    2,
                    NOVEMBER_29,
                    _(
                        "The stage at each month end is recomputed every night, for all months alike, by the stage policy of the night and from the bills as that night knew them; a month may differ from what was published then, after corrections or a new policy. A porting query or downgrade brings on decline at the month ends it lies close enough before. Months with fewer than six bills behind them are not offered. Bands, layers and counties are those of today."
                    ),
                    _("Porting queries and downgrades now count in past months too; before, in the newest month only."),
                ),
            ),
            policies=("stage",),
        ),
        Definition(
            "stages.flow",
            _("Flow between two month ends"),
            (
                Version(
                    1,
                    NOVEMBER_29,
                    _(
                        "Every customer of the night once, by the stage at the end of the first month and of the second; who joined in between was not with us yet."
                    ),
                ),
            ),
            policies=("stage",),
        ),
        Definition(
            "stages.survival",
            _("How long a stage lasts"),
            (
                Version(
                    1,
                    NOVEMBER_29,
                    _(
                        "Of those who entered a stage within the months told, the share still in it after so many month ends (Kaplan and Meier: whoever is still there in the newest month counts as long as seen). Stages already under way in the oldest month began nobody knows when and are left out. Median: after so many months at most half are still there."
                    ),
                ),
            ),
            policies=("stage",),
        ),
        Definition(
            "stages.exit",
            _("From each stage straight to exit"),
            (
                Version(
                    1,
                    NOVEMBER_29,
                    _(
                        "Of those who entered a stage within the months told, the share who have gone from it straight to exit after so many month ends; who went on to another stage no longer counts here (cumulative incidence)."
                    ),
                ),
            ),
            policies=("stage",),
        ),
        Definition(
            "stages.flapping",
            _("Flapping: left a stage and back within three months"),
            (
                Version(
                    1,
                    NOVEMBER_29,
                    _(
                        "Leavings of a stage in the last twelve months for which the three following months are known; flapping is who of them stood in the same stage again at one of the three following month ends, counted at the first of them. Nobody can come back to acquisition."
                    ),
                ),
            ),
            policies=("stage",),
        ),
        Definition(
            "stages.returns",
            _("Win-back: who left and is with us again"),
            (
                Version(
                    1,
                    NOVEMBER_29,
                    _(
                        "Customers who went into exit in the month, and who of them is in another stage at the newest month end, with the revenue of their last three bills. Nobody is deleted at exit: the list opens them with their whole history. Who exits twice counts in both months."
                    ),
                ),
            ),
            policies=("stage",),
        ),
        Definition(
            "stages.growth",
            _("Growth that becomes mid/high-end"),
            (
                Version(
                    1,
                    NOVEMBER_29,
                    _(
                        "Customers in growth at the earlier month end who were not mid/high-end then, and the share of them who are mid/high-end now; both by the value bands of tonight's policy."
                    ),
                ),
            ),
            policies=(
                "stage",
                "tier",
            ),
        ),
        Definition(
            "stages.products",
            _("Several products by stage"),
            (
                Version(
                    1,
                    NOVEMBER_29,
                    _(
                        "Customers in each stage now who hold two or more products beside the number. Maturity is where cross-selling is to succeed: its share is the one to watch."
                    ),
                ),
            ),
            policies=("stage",),
        ),
    ),
)
