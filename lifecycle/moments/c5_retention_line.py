"""C5 near the retention line: a kept cohort member's newest bill is the first or second low month of the year.

What a low month is belongs to the cohort's own terms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customers.frame import Frame
from lifecycle.moments.hits import ORANGE, YELLOW, Hits, hits
from lifecycle.moments.terms import hours, limit

CODE, BIT, IS_MONTHLY = "C5", 2, True
EVIDENCE = ("months", "fen")  # low months this year; the newest bill

RETAINED = 1  # CohortState.RETAINED


@dataclass(frozen=True)
class Thresholds:
    yellow_low_months: int = limit(1, 1, 11)
    orange_low_months: int = limit(2, 2, 12, above="yellow_low_months")
    yellow_hours: int = hours(72)
    orange_hours: int = hours(24)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return who touched the line this month: yellow the first time, orange the second."""
    is_low_now = (frame["low_bits"] >> np.int16(frame.month % 12)) & 1 == 1
    low_months = frame["low_months"]
    is_second = low_months == thresholds.orange_low_months
    return hits(
        is_low_now
        & ((low_months == thresholds.yellow_low_months) | is_second)
        & (frame["cohort_state"] == RETAINED)
        & frame["is_in_network"].astype(np.bool_),
        level=np.where(is_second, ORANGE, YELLOW),
        deadline_hours=np.where(is_second, thresholds.orange_hours, thresholds.yellow_hours),
        value=low_months,
        reference=frame["arpu_fen"],
    )
