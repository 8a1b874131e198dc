"""B3 spend surge: the newest bill is at least 130 % of the average before, and 30 yuan above it or more.

The average is of the three months before the bill, as in the spend warning.
"""

from __future__ import annotations

import numpy as np

from customers.frame import Frame
from lifecycle.moments.hits import YELLOW, Hits, has_four_bills, hits

CODE, BIT, IS_MONTHLY = "B3", 3, True
EVIDENCE = ("fen", "fen")  # the bill; the average

LEAST_RISE_FEN = 30_00


def detect(frame: Frame) -> Hits:
    """Return whose newest bill jumped."""
    bill, before = frame["arpu_fen"].astype(np.int64), frame["last_cum3_fen"]
    has_risen = (30 * bill >= 13 * before) & (3 * bill - before >= 3 * LEAST_RISE_FEN)
    return hits(has_risen & has_four_bills(frame), level=YELLOW, deadline_hours=72, value=bill, reference=before // 3)
