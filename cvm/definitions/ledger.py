"""The numbers of the cohort's ledger."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from cvm.definitions.registry import Definition, Group, Version

FIRST = dt.date(2026, 11, 23)
NOVEMBER_29 = dt.date(2026, 11, 29)

LEDGER = Group(
    _("Cohort ledger"),
    "ledger",
    "dashboard.view",
    (
        Definition(
            "ledger.kpi-static-retention",
            _("Static retention"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Base members kept at the month end, of all base members. The base are those whose three bills of the last quarter reach the threshold together."
                    ),
                ),
            ),
            policies=("cohort",),
        ),
        Definition(
            "ledger.kpi-dynamic-retention",
            _("Dynamic retention"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Members kept at the month end, of all members: the base and those added month by month. Additions dilute losses, so read it beside static retention."
                    ),
                ),
            ),
            policies=("cohort",),
        ),
        Definition(
            "ledger.kpi-revenue-retention",
            _("Revenue retention"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "This month's bills of the kept base members against the base's average monthly bill in its three months."
                    ),
                ),
            ),
            policies=("cohort",),
        ),
        Definition(
            "ledger.kpi-improvement",
            _("Improvement"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Dynamic retention less that of the same month a year before, in percentage points; less that of the month before where there are no books of the year before."
                    ),
                ),
            ),
            policies=("cohort",),
        ),
        Definition(
            "ledger.movements",
            _("Movement of the kept members"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Kept: a member at the month end, on the network, with fewer low months than the limit. Entered: became a member in the month and is kept. Returned: was lost at the month end before and is kept again. Lost: kept before, now off the network or lost by value. Members who are lost when they enter stand in no movement. County, layer and phone manager are those of the night."
                    ),
                ),
                Version(
                    2,
                    NOVEMBER_29,
                    _(
                        "Kept: a member at the month end, on the network, with fewer low months than the limit. Entered: became a member in the month and is kept. Returned: was lost at the month end before and is kept again. Lost: kept before, now off the network or lost by value. Members who are lost when they enter stand in no movement. County, layer and phone manager are those of the night. An earlier cohort is counted again by every night, as far as the packed bills reach, by today's counties, layers and managers."
                    ),
                    _(
                        "Earlier cohorts are counted by every night too; before, their lines went with the last night of their year."
                    ),
                ),
            ),
            policies=("cohort",),
        ),
        Definition(
            "ledger.rates",
            _("Retention month by month"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Static: base kept of base. Dynamic: kept of members. Revenue: this month's bills of the kept base against the base's average month. Improvement: dynamic retention in points against the same month of the year before, else against the month before."
                    ),
                ),
                Version(
                    2,
                    NOVEMBER_29,
                    _(
                        "Static: base kept of base. Dynamic: kept of members. Revenue: this month's bills of the kept base against the base's average month. Added: became a member in the month, beyond the base. Reached: whoever fulfils the terms of entry at the month end, member or not. Improvement: dynamic retention in points against the same month of the year before, else against the month before."
                    ),
                    _(
                        "Added, reached and the bills of the base kept stand beside the rates; the rates themselves are the same."
                    ),
                ),
            ),
            policies=("cohort",),
        ),
        Definition(
            "ledger.retention",
            _("Retention of the cohort on the overview"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Static: base kept of base. Dynamic: kept of members. Revenue: this month's bills of the kept base against the base's average month."
                    ),
                ),
            ),
            policies=("cohort",),
        ),
        Definition(
            "ledger.years",
            _("Cohorts side by side"),
            (
                Version(
                    1,
                    NOVEMBER_29,
                    _(
                        "Every year has a cohort of its own, counted by the terms written beside it; a cohort is compared with another at the same month of its year. A signed month stands as it was signed, another as the last night of its cohort says."
                    ),
                ),
                Version(
                    2,
                    NOVEMBER_29,
                    _(
                        "Every year has a cohort of its own, counted by the terms written beside it; a cohort is compared with another at the same month of its year. A signed month stands as it was signed, another as the newest night says that can still count its cohort."
                    ),
                    _(
                        "Nights of later years count a cohort again while the packed bills reach its base, so that its numbers open their customers and late corrections show."
                    ),
                ),
            ),
            policies=("cohort",),
        ),
        Definition(
            "ledger.vintages",
            _("Vintages"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Rows: the month members entered the cohort; columns: month ends; each cell the share of them kept, in percent, by the newest night. The base is the first row."
                    ),
                ),
            ),
            policies=("cohort",),
        ),
        Definition(
            "ledger.close",
            _("Month-end close"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Closing signs the newest month and every older month still open, on the figures of the published night. A signature stands once and is not taken back; what later nights compute is shown beside it as restated."
                    ),
                ),
            ),
            policies=("cohort",),
        ),
    ),
)
