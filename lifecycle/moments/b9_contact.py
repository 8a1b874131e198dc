"""B9 customer contacts us: a call, a visit or a chat today, of code A or B."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customers.frame import Frame
from lifecycle.moments.hits import NORMAL, Hits, hits, in_network, since
from lifecycle.moments.terms import hours

CODE, BIT, IS_MONTHLY = "B9", 20, False
EVIDENCE = ("code", "day")  # the customer's code; the day of the contact

CODE_A, CODE_B = 1, 2  # segmentation.models.Code


@dataclass(frozen=True)
class Thresholds:
    deadline_hours: int = hours(1)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return who is in contact with us now: the work is done in that contact."""
    is_valuable = np.isin(frame["code"], (CODE_A, CODE_B))
    return hits(
        since(frame, "contact_day", days=0) & is_valuable & in_network(frame),
        level=NORMAL,
        deadline_hours=thresholds.deadline_hours,
        value=frame["code"],
        reference=frame["contact_day"],
    )
