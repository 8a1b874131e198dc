"""C4 spend drop: the newest bill is at most 70 % of the three-month average, and 30 yuan below it or more.

The average is of the three months ending with the bill itself (avg3 of the handbook: cum3 / 3).
"""

from __future__ import annotations

import numpy as np

from customers.frame import Frame
from lifecycle.moments.hits import ORANGE, YELLOW, Hits, has_three_bills, hits

CODE, BIT, IS_MONTHLY = "C4", 1, True
EVIDENCE = ("fen", "fen")  # the bill; the average

LEAST_FALL_FEN = 30_00
YELLOW_HOURS, ORANGE_HOURS = 72, 24


def detect(frame: Frame) -> Hits:
    """Return whose newest bill fell: yellow at 70 % of the average, orange at half of it."""
    bill, cum3 = frame["arpu_fen"].astype(np.int64), frame["cum3_fen"]
    has_fallen = (30 * bill <= 7 * cum3) & (cum3 - 3 * bill >= 3 * LEAST_FALL_FEN)
    is_half = 6 * bill <= cum3
    return hits(
        has_fallen & has_three_bills(frame),
        level=np.where(is_half, ORANGE, YELLOW),
        deadline_hours=np.where(is_half, ORANGE_HOURS, YELLOW_HOURS),
        value=bill,
        reference=cum3 // 3,
    )
