"""B8 benefit or value-added expiry: a subscription ends within fifteen days, a free trial within seven."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customers.frame import Frame
from lifecycle.moments.hits import NORMAL, Hits, first_cause, hits, in_network, within
from lifecycle.moments.terms import limit

CODE, BIT, IS_MONTHLY = "B8", 19, False
EVIDENCE = ("cause", "day")  # TRIAL or PAID; its last day

TRIAL, PAID = 1, 2
DAY_HOURS = 24


@dataclass(frozen=True)
class Thresholds:
    within_days: int = limit(15, 1, 90)
    trial_within_days: int = limit(7, 1, 90)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return whose subscription ends; the deadline is its end, a trial first: it begins to cost."""
    is_ending, cause, day = first_cause(
        (within(frame, "trial_end_day", days=thresholds.trial_within_days), frame["trial_end_day"]),
        (within(frame, "subscription_end_day", days=thresholds.within_days), frame["subscription_end_day"]),
    )
    return hits(
        is_ending & in_network(frame),
        level=NORMAL,
        deadline_hours=DAY_HOURS * np.maximum(day - frame.today, 1),
        value=cause,
        reference=day,
    )
