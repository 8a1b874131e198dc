"""C4 spend drop: the newest bill is at most 70 % of the average before, and 30 yuan below it or more.

The average is of the three months before the bill, as in the spend warning.
"""

from __future__ import annotations

import numpy as np

from customers.frame import Frame
from lifecycle.moments.hits import ORANGE, YELLOW, Hits, has_four_bills, hits

CODE, BIT, IS_MONTHLY = "C4", 1, True
EVIDENCE = ("fen", "fen")  # the bill; the average

LEAST_FALL_FEN = 30_00
YELLOW_HOURS, ORANGE_HOURS = 72, 24


def detect(frame: Frame) -> Hits:
    """Return whose newest bill fell: yellow at 70 % of the average, orange at half of it."""
    bill, before = frame["arpu_fen"].astype(np.int64), frame["last_cum3_fen"]
    has_fallen = (30 * bill <= 7 * before) & (before - 3 * bill >= 3 * LEAST_FALL_FEN)
    is_half = 6 * bill <= before
    return hits(
        has_fallen & has_four_bills(frame),
        level=np.where(is_half, ORANGE, YELLOW),
        deadline_hours=np.where(is_half, ORANGE_HOURS, YELLOW_HOURS),
        value=bill,
        reference=before // 3,
    )
