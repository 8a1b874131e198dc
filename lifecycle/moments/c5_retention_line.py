"""C5 near the retention line: a kept cohort member's newest bill is the first or second low month of the year."""

from __future__ import annotations

import numpy as np

from customers.frame import Frame
from lifecycle.moments.hits import ORANGE, YELLOW, Hits, hits

CODE, BIT, IS_MONTHLY = "C5", 2, True
EVIDENCE = ("months", "fen")  # low months this year; the newest bill

RETAINED = 1  # CohortState.RETAINED
YELLOW_HOURS, ORANGE_HOURS = 72, 24


def detect(frame: Frame) -> Hits:
    """Return who touched the line this month: yellow the first time, orange the second."""
    is_low_now = (frame["low_bits"] >> np.int16(frame.month % 12)) & 1 == 1
    low_months = frame["low_months"]
    is_second = low_months == 2
    return hits(
        is_low_now
        & ((low_months == 1) | is_second)
        & (frame["cohort_state"] == RETAINED)
        & frame["is_in_network"].astype(np.bool_),
        level=np.where(is_second, ORANGE, YELLOW),
        deadline_hours=np.where(is_second, ORANGE_HOURS, YELLOW_HOURS),
        value=low_months,
        reference=frame["arpu_fen"],
    )
