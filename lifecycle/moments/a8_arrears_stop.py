"""A8 suspended for arrears: since yesterday, as the state code, an event or the night before tells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customers import marks
from customers.frame import Frame
from lifecycle.moments.hits import NORMAL, ORANGE, Hits, hits, in_network, since
from lifecycle.moments.terms import hours, limit

CODE, BIT, IS_MONTHLY = "A8", 11, False
EVIDENCE = ("fen", "day")  # the balance; the day it was suspended

NORMAL_STATE, STOPPED = 1, (2, 3)  # Customer.State: in service; one-way suspended, suspended
ARREARS = 1  # Customer.StopReason.ARREARS
CODE_A, CODE_B = 1, 2  # segmentation.models.Code


@dataclass(frozen=True)
class Thresholds:
    within_days: int = limit(1, 0, 7)
    orange_hours: int = hours(4)
    normal_hours: int = hours(24)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return who was suspended for arrears: orange for code A and B, a message for the others."""
    is_stopped = np.isin(frame["state"], STOPPED) & (frame["stop_reason"] == ARREARS)
    was_normal = marks.before(frame["previous_marks"], "state") == NORMAL_STATE
    said_today = since(frame, "arrears_stop_day", days=thresholds.within_days)
    is_new = was_normal | since(frame, "state_changed_day", days=thresholds.within_days)
    day = np.where(said_today, frame["arrears_stop_day"], frame["state_changed_day"])
    is_valuable = np.isin(frame["code"], (CODE_A, CODE_B))
    return hits(
        (said_today | (is_stopped & is_new)) & in_network(frame),
        level=np.where(is_valuable, ORANGE, NORMAL),
        deadline_hours=np.where(is_valuable, thresholds.orange_hours, thresholds.normal_hours),
        value=frame["balance_fen"],
        reference=np.where(day > 0, day, frame.today),
    )
