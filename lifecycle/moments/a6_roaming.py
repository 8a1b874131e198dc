"""A6 roaming out: abroad since yesterday, or days in other provinces after three months without any."""

from __future__ import annotations

from dataclasses import dataclass

from customers.frame import Frame
from lifecycle.moments.hits import YELLOW, Hits, first_cause, hits, in_network, since
from lifecycle.moments.terms import hours, limit

CODE, BIT, IS_MONTHLY = "A6", 9, False
EVIDENCE = ("cause", "amount")  # ABROAD: the day; PROVINCE: days this month

ABROAD, PROVINCE = 1, 2


@dataclass(frozen=True)
class Thresholds:
    province_days: int = limit(5, 1, 31)
    abroad_within_days: int = limit(1, 0, 7)
    deadline_hours: int = hours(24)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return who began to roam."""
    is_abroad = since(frame, "roam_day", days=thresholds.abroad_within_days)
    is_away = (frame["province_roam_days"] >= thresholds.province_days) & ~frame["has_roamed_before"]
    is_out, cause, amount = first_cause((is_abroad, frame["roam_day"]), (is_away, frame["province_roam_days"]))
    return hits(
        is_out & in_network(frame),
        level=YELLOW,
        deadline_hours=thresholds.deadline_hours,
        value=cause,
        reference=amount,
    )
