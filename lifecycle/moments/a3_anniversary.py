"""A3 anniversary: the customer joined on this day of the year, at least one year ago."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.features import months_of
from customers.frame import Frame
from cvm.lib.months import day_number
from lifecycle.moments.dates import is_stand_in
from lifecycle.moments.hits import NORMAL, Hits, hits
from lifecycle.moments.terms import hours, limit

CODE, BIT, IS_MONTHLY = "A3", 5, False
EVIDENCE = ("years", "day")  # years on the network; the day of joining

FIRST_YEAR = 1971  # day number 0 means none


@dataclass(frozen=True)
class Thresholds:
    tenure_months: int = limit(12, 12, 600)
    deadline_hours: int = hours(72)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return who joined on today's day of an earlier year; 29 February is kept on the 28th in common years."""
    joined = frame["join_day"]
    is_long = frame["tenure_months"] >= thresholds.tenure_months
    days = [day_number(day) for year in range(FIRST_YEAR, frame.as_of.year) for day in _days_kept(frame.as_of, year)]
    is_kept = _is_one_of(joined, days) & is_long & frame["is_in_network"].astype(np.bool_)
    years = np.zeros(len(frame), np.int32)
    years[is_kept] = frame.as_of.year - months_of(joined[is_kept]) // 12
    return hits(
        is_kept,
        level=NORMAL,
        deadline_hours=thresholds.deadline_hours,
        value=years,
        reference=joined,
    )


def _is_one_of(days: npt.NDArray[np.integer[Any]], wanted: Sequence[int]) -> npt.NDArray[np.bool_]:
    """Tell which days are wanted, by looking them up: none before 1970, none after the last one wanted."""
    is_wanted = np.zeros(max(wanted, default=0) + 2, dtype=np.bool_)
    is_wanted[wanted] = True
    found: npt.NDArray[np.bool_] = is_wanted.take(days, mode="clip")
    return found


def _days_kept(today: dt.date, year: int) -> Iterator[dt.date]:
    """Yield the days of a year whose anniversary is kept today."""
    is_leap = calendar.isleap(year)
    if is_leap or (today.month, today.day) != (2, 29):
        yield today.replace(year=year)
    if is_leap and is_stand_in(today):
        yield dt.date(year, 2, 29)
