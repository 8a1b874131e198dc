"""How long facts are kept that no page shows for good: what rules look back at, and what a back-test of a year plays again."""

from __future__ import annotations

import datetime as dt

from customers.loading.usage import ROAM_MONTHS
from customers.models import UsageMonth
from cvm.lib.months import first_day, month_of

BACK_TEST_MONTHS = 13  # a year, and the month its first day lies in
USAGE_MONTHS = BACK_TEST_MONTHS + 3 + ROAM_MONTHS  # and cool-downs of three months before it, which look back too


def tidy_usage(as_of: dt.date) -> int:
    """Forget the use of months no rule and no back-test looks at any more; returns how many rows went."""
    oldest = first_day(month_of(as_of) - USAGE_MONTHS + 1)
    return UsageMonth.objects.filter(month__lt=oldest)._raw_delete(UsageMonth.objects.db)
