"""B4 new or ageing handset: changed within a week, or two years old without a running handset contract."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customers.frame import Frame
from lifecycle.moments.hits import NORMAL, Hits, first_cause, hits, in_network, since
from lifecycle.moments.terms import hours, limit

CODE, BIT, IS_MONTHLY = "B4", 15, False
EVIDENCE = ("cause", "amount")  # CHANGED: the day; AGEING: months in use

CHANGED, AGEING = 1, 2


@dataclass(frozen=True)
class Thresholds:
    changed_within_days: int = limit(7, 0, 60)
    used_months: int = limit(24, 6, 120)
    deadline_hours: int = hours(168)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return who has a new handset or may want one."""
    is_new = since(frame, "handset_changed_day", days=thresholds.changed_within_days)
    is_old = (frame["handset_months"] >= thresholds.used_months) & ~frame["has_handset_bundle"].astype(np.bool_)
    is_due, cause, amount = first_cause((is_new, frame["handset_changed_day"]), (is_old, frame["handset_months"]))
    return hits(
        is_due & in_network(frame),
        level=NORMAL,
        deadline_hours=thresholds.deadline_hours,
        value=cause,
        reference=amount,
    )
