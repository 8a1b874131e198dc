"""A9 complaint closed or fault repaired: since yesterday; each case is asked about once."""

from __future__ import annotations

from dataclasses import dataclass

from customers.frame import Frame
from lifecycle.moments.hits import YELLOW, Hits, first_cause, hits, in_network, since
from lifecycle.moments.terms import hours, limit

CODE, BIT, IS_MONTHLY = "A9", 12, False
EVIDENCE = ("cause", "day")  # COMPLAINT or OUTAGE; the day it ended

COMPLAINT, OUTAGE = 1, 2


@dataclass(frozen=True)
class Thresholds:
    within_days: int = limit(1, 0, 7)
    deadline_hours: int = hours(24)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return whose complaint was closed or whose cell works again."""
    is_closed = since(frame, "complaint_closed_day", days=thresholds.within_days)
    is_repaired = since(frame, "outage_ended_day", days=thresholds.within_days)
    is_over, cause, day = first_cause(
        (is_closed, frame["complaint_closed_day"]), (is_repaired, frame["outage_ended_day"])
    )
    return hits(
        is_over & in_network(frame),
        level=YELLOW,
        deadline_hours=thresholds.deadline_hours,
        value=cause,
        reference=day,
    )
