"""B3 spend surge: the newest bill is at least 130 % of the average before, and 30 yuan above it or more.

The average is of the three months before the bill, as in the spend warning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customers.frame import Frame
from lifecycle.moments.hits import YELLOW, Hits, has_four_bills, hits
from lifecycle.moments.terms import hours, limit

CODE, BIT, IS_MONTHLY = "B3", 3, True
EVIDENCE = ("fen", "fen")  # the bill; the average


@dataclass(frozen=True)
class Thresholds:
    share_percent: int = limit(130, 101, 1000)
    least_rise_fen: int = limit(30_00, 0, 10_000_00)
    deadline_hours: int = hours(72)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return whose newest bill jumped."""
    bill, before = frame["arpu_fen"].astype(np.int64), frame["last_cum3_fen"]
    is_share = 300 * bill >= thresholds.share_percent * before
    has_risen = is_share & (3 * bill - before >= 3 * thresholds.least_rise_fen)
    return hits(
        has_risen & has_four_bills(frame),
        level=YELLOW,
        deadline_hours=thresholds.deadline_hours,
        value=bill,
        reference=before // 3,
    )
