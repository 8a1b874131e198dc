"""Days that come once a year."""

from __future__ import annotations

import calendar
import datetime as dt


def is_stand_in(day: dt.date) -> bool:
    """Tell whether the day stands in for 29 February: the 28th of a common year."""
    return (day.month, day.day) == (2, 28) and not calendar.isleap(day.year)
