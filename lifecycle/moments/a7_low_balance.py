"""A7 low balance: under 10 yuan or a fifth of the average bill, of a line in service that nobody pays for automatically.

The average is of the three newest bills. A balance nobody told us is not low.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customers.frame import Frame
from lifecycle.moments.hits import YELLOW, Hits, hits, in_network
from lifecycle.moments.terms import hours, limit

CODE, BIT, IS_MONTHLY = "A7", 10, False
EVIDENCE = ("fen", "fen")  # the balance; the line it is under

NORMAL_STATE = 1  # Customer.State.NORMAL
AUTOMATIC = (2, 3, 4)  # Customer.PayMode: bank collection, direct debit, paid by the group


@dataclass(frozen=True)
class Thresholds:
    least_balance_fen: int = limit(10_00, 0, 1_000_00)
    share_percent: int = limit(20, 0, 100)
    deadline_hours: int = hours(24)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return whose balance will not last."""
    balance, bills = frame["balance_fen"].astype(np.int64), np.maximum(frame["cum3_fen"], 0)
    is_low = (balance < thresholds.least_balance_fen) | (300 * balance < thresholds.share_percent * bills)
    pays_alone = frame["has_balance"].astype(np.bool_) & ~np.isin(frame["pay_mode"], AUTOMATIC)
    return hits(
        is_low & pays_alone & (frame["state"] == NORMAL_STATE) & in_network(frame),
        level=YELLOW,
        deadline_hours=thresholds.deadline_hours,
        value=balance,
        reference=np.maximum(thresholds.least_balance_fen, thresholds.share_percent * bills // 300),
    )
