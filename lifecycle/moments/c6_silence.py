"""C6 silence: seven, fifteen or thirty days without a call.

Counted by the month's use where that is known, else from the last call.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customers.frame import Frame
from lifecycle.moments.hits import ORANGE, RED, YELLOW, Hits, hits, in_network
from lifecycle.moments.terms import hours, limit

CODE, BIT, IS_MONTHLY = "C6", 23, False
EVIDENCE = ("days", "day")  # days without a call; the last day counted, or of the last call


@dataclass(frozen=True)
class Thresholds:
    yellow_days: int = limit(7, 2, 60)
    orange_days: int = limit(15, 3, 120, above="yellow_days")
    red_days: int = limit(30, 4, 365, above="orange_days")
    yellow_hours: int = hours(72)
    orange_hours: int = hours(24)
    red_hours: int = hours(4)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return who has fallen silent; told again only when a longer step is reached."""
    last_call = frame["last_call_day"].astype(np.int32)
    is_counted = frame["usage_day"] > 0
    since_call = np.where(last_call > 0, np.int32(frame.today) - last_call, 0)
    days = np.where(is_counted, frame["zero_call_days"].astype(np.int32), since_call)
    steps = [days >= thresholds.red_days, days >= thresholds.orange_days]
    return hits(
        (days >= thresholds.yellow_days) & in_network(frame),
        level=np.select(steps, [RED, ORANGE], YELLOW),
        deadline_hours=np.select(steps, [thresholds.red_hours, thresholds.orange_hours], thresholds.yellow_hours),
        value=days,
        reference=np.where(is_counted, frame["usage_day"], last_call),
    )
