"""A4 holiday greeting: one of the five festivals begins tomorrow or the day after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customers.frame import Frame
from cvm.lib.months import day_number
from cvm.lib.workdays import GREETED, festival_ahead
from lifecycle.moments.hits import NORMAL, Hits, hits, in_network
from lifecycle.moments.terms import hours, limit

CODE, BIT, IS_MONTHLY = "A4", 7, False
EVIDENCE = ("festival", "day")  # its place in cvm.lib.workdays.GREETED, from 1; its first day

NORMAL_STATE = 1  # Customer.State.NORMAL; test_register holds the two together


@dataclass(frozen=True)
class Thresholds:
    days_before: int = limit(2, 1, 7)
    deadline_hours: int = hours(24)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return everybody in service on the days before a festival; the cool-down keeps it to one greeting."""
    ahead = festival_ahead(frame.as_of, days=thresholds.days_before)
    number, first = (list(GREETED).index(ahead[0]) + 1, day_number(ahead[1])) if ahead else (0, 0)
    is_greeted = in_network(frame) & (frame["state"] == NORMAL_STATE) & ~frame["is_special"].astype(np.bool_)
    return hits(
        is_greeted & (number > 0),
        level=NORMAL,
        deadline_hours=thresholds.deadline_hours,
        value=number,
        reference=first,
    )
