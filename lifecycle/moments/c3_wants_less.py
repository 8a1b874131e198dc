"""C3 downgrade, cancel or suspend intention: asked since yesterday, or a lower plan ordered from next month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customers.frame import Frame
from lifecycle.moments.hits import ORANGE, RED, Hits, first_cause, hits, in_network, since
from lifecycle.moments.terms import hours, limit

CODE, BIT, IS_MONTHLY = "C3", 22, False
EVIDENCE = ("cause", "amount")  # CANCEL, SUSPEND, DOWNGRADE: the day; LOWER_PLAN: the plan fee from next month in fen

CANCEL, SUSPEND, DOWNGRADE, LOWER_PLAN = 1, 2, 3, 4


@dataclass(frozen=True)
class Thresholds:
    within_days: int = limit(1, 0, 7)
    red_hours: int = hours(4)
    orange_hours: int = hours(24)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return who wants less of us, or nothing."""
    days = thresholds.within_days
    has_asked, cause, amount = first_cause(
        (since(frame, "cancel_day", days=days), frame["cancel_day"]),
        (since(frame, "suspend_day", days=days), frame["suspend_day"]),
        (since(frame, "downgrade_day", days=days), frame["downgrade_day"]),
        (
            (frame["next_plan_fee_fen"] > 0) & (frame["next_plan_fee_fen"] < frame["plan_fee_fen"]),
            frame["next_plan_fee_fen"],
        ),
    )
    is_leaving = cause == CANCEL
    return hits(
        has_asked & in_network(frame),
        level=np.where(is_leaving, RED, ORANGE),
        deadline_hours=np.where(is_leaving, thresholds.red_hours, thresholds.orange_hours),
        value=cause,
        reference=amount,
    )
