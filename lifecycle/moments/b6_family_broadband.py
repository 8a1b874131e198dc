"""B6 family broadband: it ends within sixty days, a competitor has it, or there is none where we could lay it.

Looked at once a week.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customers.frame import Frame
from lifecycle.moments.hits import NORMAL, Hits, first_cause, hits, in_network, within
from lifecycle.moments.terms import hours, limit

CODE, BIT, IS_MONTHLY = "B6", 17, False
EVIDENCE = ("cause", "day")  # ENDS: its last day; COMPETITOR, NONE: nothing

ENDS, COMPETITOR, NONE = 1, 2, 3
NO_BROADBAND, COMPETITOR_BROADBAND = 0, 2  # Customer.BroadbandCarrier
YES = 2  # Customer.Answer


@dataclass(frozen=True)
class Thresholds:
    ends_within_days: int = limit(60, 1, 365)
    weekday: int = limit(1, 0, 7)  # 1 Monday to 7 Sunday; 0 every day
    deadline_hours: int = hours(240)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return which households could have our broadband."""
    carrier = frame["broadband_carrier"]
    is_due, cause, day = first_cause(
        (within(frame, "broadband_end_day", days=thresholds.ends_within_days), frame["broadband_end_day"]),
        (carrier == COMPETITOR_BROADBAND, 0),
        ((carrier == NO_BROADBAND) & (frame["is_address_covered"] == YES), 0),
    )
    is_day = np.bool_(thresholds.weekday in (0, frame.as_of.isoweekday()))
    return hits(
        is_due & in_network(frame) & is_day,
        level=NORMAL,
        deadline_hours=thresholds.deadline_hours,
        value=cause,
        reference=day,
    )
