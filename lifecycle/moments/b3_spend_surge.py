"""B3 spend surge: the newest bill is at least 130 % of the three-month average, and 30 yuan above it or more.

The average is of the three months ending with the bill itself (avg3 of the handbook: cum3 / 3).
"""

from __future__ import annotations

import numpy as np

from customers.frame import Frame
from lifecycle.moments.hits import YELLOW, Hits, has_three_bills, hits

CODE, BIT, IS_MONTHLY = "B3", 3, True
EVIDENCE = ("fen", "fen")  # the bill; the average

LEAST_RISE_FEN = 30_00


def detect(frame: Frame) -> Hits:
    """Return whose newest bill jumped."""
    bill, cum3 = frame["arpu_fen"].astype(np.int64), frame["cum3_fen"]
    has_risen = (30 * bill >= 13 * cum3) & (3 * bill - cum3 >= 3 * LEAST_RISE_FEN)
    return hits(has_risen & has_three_bills(frame), level=YELLOW, deadline_hours=72, value=bill, reference=cum3 // 3)
