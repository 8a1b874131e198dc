"""C4 spend drop: the newest bill is at most 70 % of the average before, and 30 yuan below it or more.

The average is of the three months before the bill, as in the spend warning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customers.frame import Frame
from lifecycle.moments.hits import ORANGE, YELLOW, Hits, has_four_bills, hits
from lifecycle.moments.terms import hours, limit

CODE, BIT, IS_MONTHLY = "C4", 1, True
EVIDENCE = ("fen", "fen")  # the bill; the average


@dataclass(frozen=True)
class Thresholds:
    orange_share_percent: int = limit(50, 0, 98)
    share_percent: int = limit(70, 1, 99, above="orange_share_percent")
    least_fall_fen: int = limit(30_00, 0, 10_000_00)
    yellow_hours: int = hours(72)
    orange_hours: int = hours(24)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return whose newest bill fell: yellow at 70 % of the average, orange at half of it."""
    bill, before = frame["arpu_fen"].astype(np.int64), frame["last_cum3_fen"]
    is_share = 300 * bill <= thresholds.share_percent * before
    has_fallen = is_share & (before - 3 * bill >= 3 * thresholds.least_fall_fen)
    is_half = 300 * bill <= thresholds.orange_share_percent * before
    return hits(
        has_fallen & has_four_bills(frame),
        level=np.where(is_half, ORANGE, YELLOW),
        deadline_hours=np.where(is_half, thresholds.orange_hours, thresholds.yellow_hours),
        value=bill,
        reference=before // 3,
    )
