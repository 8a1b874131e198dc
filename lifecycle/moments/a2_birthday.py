"""A2 birthday: today is the customer's; 29 February is kept on the 28th in common years."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customers.frame import Frame
from lifecycle.moments.dates import is_stand_in
from lifecycle.moments.hits import NORMAL, Hits, hits
from lifecycle.moments.terms import hours

CODE, BIT, IS_MONTHLY = "A2", 4, False
EVIDENCE = ("month_day", "month_day")  # month * 100 + day: the birthday; today


@dataclass(frozen=True)
class Thresholds:
    deadline_hours: int = hours(24)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return whose birthday is today."""
    today = frame.as_of.month * 100 + frame.as_of.day
    is_birthday = frame["birth_month_day"] == today
    if is_stand_in(frame.as_of):
        is_birthday = is_birthday | (frame["birth_month_day"] == 229)
    return hits(
        is_birthday & frame["is_in_network"].astype(np.bool_),
        level=NORMAL,
        deadline_hours=thresholds.deadline_hours,
        value=frame["birth_month_day"],
        reference=today,
    )
