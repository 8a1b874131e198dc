"""C8 repeat complaint or poor network: a major complaint, two complaints, or ten poor calls and sessions in thirty days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customers.frame import Frame
from lifecycle.moments.hits import ORANGE, RED, Hits, first_cause, hits, in_network, since
from lifecycle.moments.terms import hours, limit

CODE, BIT, IS_MONTHLY = "C8", 25, False
EVIDENCE = ("cause", "amount")  # MAJOR: the day; REPEATED: complaints; POOR: poor calls and sessions

MAJOR, REPEATED, POOR = 1, 2, 3
WINDOW_DAYS = 30  # of the loaded counts


@dataclass(frozen=True)
class Thresholds:
    complaints: int = limit(2, 1, 20)
    poor_events: int = limit(10, 1, 1000)
    red_hours: int = hours(4)
    orange_hours: int = hours(24)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return whose trouble goes on."""
    is_troubled, cause, amount = first_cause(
        (since(frame, "major_complaint_day", days=WINDOW_DAYS), frame["major_complaint_day"]),
        (frame["complaints_30d"] >= thresholds.complaints, frame["complaints_30d"]),
        (frame["poor_events_30d"] >= thresholds.poor_events, frame["poor_events_30d"]),
    )
    is_major = cause == MAJOR
    return hits(
        is_troubled & in_network(frame),
        level=np.where(is_major, RED, ORANGE),
        deadline_hours=np.where(is_major, thresholds.red_hours, thresholds.orange_hours),
        value=cause,
        reference=amount,
    )
