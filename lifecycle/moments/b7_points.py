"""B7 points expiring: five hundred or more within thirty days."""

from __future__ import annotations

from dataclasses import dataclass

from customers.frame import Frame
from lifecycle.moments.hits import NORMAL, Hits, hits, in_network, within
from lifecycle.moments.terms import hours, limit

CODE, BIT, IS_MONTHLY = "B7", 18, True
EVIDENCE = ("points", "day")  # how many; the day they expire


@dataclass(frozen=True)
class Thresholds:
    least_points: int = limit(500, 1, 1_000_000)
    within_days: int = limit(30, 1, 366)
    deadline_hours: int = hours(360)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return who would lose points."""
    are_many = frame["points_expiring"] >= thresholds.least_points
    return hits(
        are_many & within(frame, "points_expire_day", days=thresholds.within_days) & in_network(frame),
        level=NORMAL,
        deadline_hours=thresholds.deadline_hours,
        value=frame["points_expiring"],
        reference=frame["points_expire_day"],
    )
