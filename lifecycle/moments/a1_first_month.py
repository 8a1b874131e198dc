"""A1 first month on network: the first bill is here, of the month the customer joined."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customers.features import has_bills
from customers.frame import Frame
from lifecycle.moments.hits import NORMAL, Hits, hits, in_network
from lifecycle.moments.terms import hours, limit

CODE, BIT, IS_MONTHLY = "A1", 6, True
EVIDENCE = ("months", "fen")  # months on network at the bill; the first bill


@dataclass(frozen=True)
class Thresholds:
    tenure_months: int = limit(1, 1, 3)
    deadline_hours: int = hours(168)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return whose first bill has been issued; month 1 is the month of joining, whatever its day."""
    is_first = frame["tenure_at_month"] == thresholds.tenure_months
    return hits(
        is_first & has_bills(frame, back=0, count=1) & in_network(frame),
        level=NORMAL,
        deadline_hours=thresholds.deadline_hours,
        value=frame["tenure_at_month"],
        reference=np.asarray(frame["arpu_fen"]),
    )
