"""C1 bundle expiry: the last running bundle ends in exactly 90, 60, 30 or 7 days, or the last rebate is this month's.

The latest end among the active bundles decides: an earlier one has a successor. A rebate ends with its month and is
told once, in the month's first twenty days.
"""

from __future__ import annotations

import numpy as np

from customers.frame import Frame
from cvm.lib.months import day_number, last_day, month_of
from lifecycle.moments.hits import ORANGE, RED, YELLOW, Hits, Mask, hits

CODE, BIT, IS_MONTHLY = "C1", 0, False
EVIDENCE = ("days", "day")  # days left; the day it ends

STEPS = {90: (YELLOW, 120), 60: (YELLOW, 72), 30: (ORANGE, 24), 7: (RED, 4)}  # days left: level, hours
REBATE = (ORANGE, 24)  # our own: it ends within about thirty days
REBATE_UNTIL_DAY = 20  # the cool-down is 20 days: later in the month it would be told a second time


def detect(frame: Frame) -> Hits:
    """Return who loses the last bundle or rebate; value = days left, reference = the day it ends."""
    days_left = frame["bundle_end_day"].astype(np.int32) - np.int32(frame.today)
    is_rebate, month_end = _last_rebate_is_due(frame), day_number(last_day(month_of(frame.as_of)))
    level = np.where(is_rebate, np.int16(REBATE[0]), np.int16(0))
    hours = np.where(is_rebate, np.int16(REBATE[1]), np.int16(0))
    is_bundle = np.zeros(len(frame), dtype=np.bool_)
    for days, (step_level, step_hours) in STEPS.items():
        is_step = (days_left == days) & (level <= step_level)
        is_bundle |= is_step
        level[is_step], hours[is_step] = step_level, step_hours
    days_left = np.where(is_bundle, days_left, np.int32(month_end - frame.today))
    return hits(
        (is_bundle | is_rebate) & frame["is_in_network"].astype(np.bool_),
        level=level,
        deadline_hours=hours,
        value=days_left,
        reference=days_left + np.int32(frame.today),
    )


def _last_rebate_is_due(frame: Frame) -> Mask:
    if frame.as_of.day > REBATE_UNTIL_DAY:
        return np.zeros(len(frame), dtype=np.bool_)
    is_due: Mask = frame["rebate_end_month"] == month_of(frame.as_of)
    return is_due
