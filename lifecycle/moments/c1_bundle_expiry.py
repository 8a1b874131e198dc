"""C1 bundle expiry: the last running bundle ends in exactly 90, 60, 30 or 7 days, or the last rebate is this month's.

The latest end among the active bundles decides: an earlier one has a successor. A rebate ends with its month and is
told once, in the month's first twenty days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customers.frame import Frame
from cvm.lib.months import day_number, last_day, month_of
from lifecycle.moments.hits import ORANGE, RED, YELLOW, Hits, Mask, hits
from lifecycle.moments.terms import hours, limit

CODE, BIT, IS_MONTHLY = "C1", 0, False
EVIDENCE = ("days", "day")  # days left; the day it ends


@dataclass(frozen=True)
class Thresholds:
    red_days: int = limit(7, 1, 30)
    orange_days: int = limit(30, 2, 90, above="red_days")
    yellow_days: int = limit(60, 3, 180, above="orange_days")
    early_days: int = limit(90, 4, 365, above="yellow_days")
    red_hours: int = hours(4)
    orange_hours: int = hours(24)
    yellow_hours: int = hours(72)
    early_hours: int = hours(120)
    # our own: the rebate ends within about thirty days, so it is as urgent as that step
    rebate_hours: int = hours(24)
    # the cool-down is 20 days: later in the month it would be told a second time
    rebate_until_day: int = limit(20, 1, 31)

    def steps(self) -> dict[int, tuple[int, int]]:
        """Return level and hours by days left."""
        return {
            self.early_days: (YELLOW, self.early_hours),
            self.yellow_days: (YELLOW, self.yellow_hours),
            self.orange_days: (ORANGE, self.orange_hours),
            self.red_days: (RED, self.red_hours),
        }


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return who loses the last bundle or rebate; value = days left, reference = the day it ends."""
    days_left = frame["bundle_end_day"].astype(np.int32) - np.int32(frame.today)
    is_rebate, month_end = _last_rebate_is_due(frame, thresholds), day_number(last_day(month_of(frame.as_of)))
    level = np.where(is_rebate, np.int16(ORANGE), np.int16(0))
    deadline = np.where(is_rebate, np.int16(thresholds.rebate_hours), np.int16(0))
    is_bundle = np.zeros(len(frame), dtype=np.bool_)
    for days, (step_level, step_hours) in thresholds.steps().items():
        is_step = (days_left == days) & (level <= step_level)
        is_bundle |= is_step
        level[is_step], deadline[is_step] = step_level, step_hours
    days_left = np.where(is_bundle, days_left, np.int32(month_end - frame.today))
    return hits(
        (is_bundle | is_rebate) & frame["is_in_network"].astype(np.bool_),
        level=level,
        deadline_hours=deadline,
        value=days_left,
        reference=days_left + np.int32(frame.today),
    )


def _last_rebate_is_due(frame: Frame, thresholds: Thresholds) -> Mask:
    if frame.as_of.day > thresholds.rebate_until_day:
        return np.zeros(len(frame), dtype=np.bool_)
    is_due: Mask = frame["rebate_end_month"] == month_of(frame.as_of)
    return is_due
