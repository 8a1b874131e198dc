"""Days and months as NumPy columns, and how the seasons move spending."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt

Days = npt.NDArray[np.int32]
# The first day of the lunar year; it moves spending up in its month.
SPRING_FESTIVALS = (
    dt.date(2022, 2, 1),
    dt.date(2023, 1, 22),
    dt.date(2024, 2, 10),
    dt.date(2025, 1, 29),
    dt.date(2026, 2, 17),
    dt.date(2027, 2, 6),
    dt.date(2028, 1, 26),
    dt.date(2029, 2, 13),
    dt.date(2030, 2, 3),
    dt.date(2031, 1, 23),
)
FESTIVAL_MONTHS = frozenset((day.year, day.month) for day in SPRING_FESTIVALS)
SEASON = {6: -0.015, 7: -0.025, 8: -0.020, 9: 0.010, 10: 0.020, 12: 0.010}


def season_of(month: int) -> float:
    """Return the log factor of a month (ordinal) on spending: Spring Festival up, summer down."""
    year, number = month // 12, month % 12 + 1
    return 0.07 if (year, number) in FESTIVAL_MONTHS else SEASON.get(number, 0.0)


def first_days(months: npt.NDArray[np.integer]) -> Days:
    """Return the day number of the first day of each month ordinal."""
    since_epoch = np.asarray(months, np.int64) - 1970 * 12
    return since_epoch.astype("datetime64[M]").astype("datetime64[D]").astype(np.int32)


def days_in(months: npt.NDArray[np.integer]) -> Days:
    """Return the length of each month in days."""
    months = np.asarray(months, np.int64)
    return first_days(months + 1) - first_days(months)


def day_in(months: npt.NDArray[np.integer], day_of_month: npt.NDArray[np.integer]) -> Days:
    """Return the day number of a day of each month, held inside the month."""
    return first_days(months) + np.minimum(day_of_month, days_in(months)).astype(np.int32) - 1


def months_of(days: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
    """Return the month ordinal of each day number."""
    months = np.asarray(days, np.int64).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return (months + 1970 * 12).astype(np.int32)
