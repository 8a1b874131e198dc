"""Calendar months as ordinals: one integer per month, so that months subtract and compare exactly."""

from __future__ import annotations

import datetime as dt

EPOCH = dt.date(1970, 1, 1)


def month_of(day: dt.date) -> int:
    """Return the ordinal of the day's month: year * 12 + month - 1."""
    return day.year * 12 + day.month - 1


def first_day(month: int) -> dt.date:
    """Return the first day of the month with this ordinal."""
    return dt.date(month // 12, month % 12 + 1, 1)


def last_day(month: int) -> dt.date:
    """Return the last day of the month with this ordinal."""
    return first_day(month + 1) - dt.timedelta(days=1)


def label(month: int) -> str:
    """Return the month as YYYY-MM."""
    return first_day(month).strftime("%Y-%m")


def parse_label(text: str) -> int:
    """Return the ordinal of a YYYY-MM text; raises ValueError on anything else."""
    return month_of(dt.datetime.strptime(text, "%Y-%m").date())


def day_number(day: dt.date) -> int:
    """Return days since 1970-01-01, the unit of every `_day` column in a frame."""
    return (day - EPOCH).days


def day_of(number: int) -> dt.date:
    """Return the date of a day number."""
    return EPOCH + dt.timedelta(days=int(number))
