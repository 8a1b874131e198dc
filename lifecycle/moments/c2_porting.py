"""C2 porting query or code since yesterday: red when the customer may go, orange when something still binds them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customers.frame import Frame
from lifecycle.moments.hits import ORANGE, RED, Hits, first_cause, hits, in_network, since
from lifecycle.moments.terms import hours, limit

CODE, BIT, IS_MONTHLY = "C2", 21, False
EVIDENCE = ("cause", "day")  # ELIGIBLE (or a code issued) or BLOCKED; the day of the query

ELIGIBLE, BLOCKED = 1, 2


@dataclass(frozen=True)
class Thresholds:
    within_days: int = limit(1, 0, 7)
    red_hours: int = hours(2)
    orange_hours: int = hours(24)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return who asked to take the number along."""
    has_asked, cause, day = first_cause(
        (since(frame, "porting_eligible_day", days=thresholds.within_days), frame["porting_eligible_day"]),
        (since(frame, "porting_blocked_day", days=thresholds.within_days), frame["porting_blocked_day"]),
    )
    may_go = cause == ELIGIBLE
    return hits(
        has_asked & in_network(frame),
        level=np.where(may_go, RED, ORANGE),
        deadline_hours=np.where(may_go, thresholds.red_hours, thresholds.orange_hours),
        value=cause,
        reference=day,
    )
