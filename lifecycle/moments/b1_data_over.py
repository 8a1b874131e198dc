"""B1 data nearly used or over plan: 80 % of the quota in the first twenty days, or fees beyond it in two of three bills."""

from __future__ import annotations

from dataclasses import dataclass

from customers.frame import Frame
from lifecycle.moments.hits import NORMAL, Hits, first_cause, hits, in_network
from lifecycle.moments.quota import share_used
from lifecycle.moments.terms import hours, limit

CODE, BIT, IS_MONTHLY = "B1", 13, False
EVIDENCE = ("cause", "amount")  # USED: percent of the quota; CHARGED: bills with fees beyond it

USED, CHARGED = 1, 2


@dataclass(frozen=True)
class Thresholds:
    used_percent: int = limit(80, 1, 200)
    until_day: int = limit(20, 1, 31)
    over_months: int = limit(2, 1, 3)
    deadline_hours: int = hours(48)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return whose data outgrows the plan."""
    percent = share_used(frame, used="used_data_mb", quotas=("month_data_quota_mb", "data_quota_mb"))
    is_nearly_used = (percent >= thresholds.used_percent) & (frame.as_of.day <= thresholds.until_day)
    is_charged = frame["over_data_months"] >= thresholds.over_months
    is_over, cause, amount = first_cause((is_nearly_used, percent), (is_charged, frame["over_data_months"]))
    return hits(
        is_over & in_network(frame),
        level=NORMAL,
        deadline_hours=thresholds.deadline_hours,
        value=cause,
        reference=amount,
    )
