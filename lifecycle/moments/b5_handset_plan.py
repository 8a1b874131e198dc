"""B5 handset and plan mismatch: a 5G handset on a plan or SIM that is not. What is unknown does not count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customers.frame import Frame
from lifecycle.moments.hits import NORMAL, Hits, hits, in_network
from lifecycle.moments.terms import hours

CODE, BIT, IS_MONTHLY = "B5", 16, True
EVIDENCE = ("lacks", "count")  # PLAN, SIM or both added up; nothing

NO, YES = 1, 2  # Customer.Answer
PLAN, SIM = 1, 2


@dataclass(frozen=True)
class Thresholds:
    deadline_hours: int = hours(240)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return whose handset could do more than plan or SIM let it."""
    lacks = PLAN * (frame["plan_is_5g"] == NO) + SIM * (frame["sim_is_5g"] == NO)
    return hits(
        (frame["handset_is_5g"] == YES) & (lacks > 0) & in_network(frame),
        level=NORMAL,
        deadline_hours=thresholds.deadline_hours,
        value=lacks.astype(np.int32),
        reference=0,
    )
