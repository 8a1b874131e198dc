"""The Chinese working calendar: public holidays, make-up days, the lunar new year, and time that runs on working days only.

From the `holidays` library: statutory days off, the weekends worked for them (调休), lunar dates. Years whose days off
the State Council has not announced yet know the statutory days and plain weekends, no make-up days.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import holidays

SHANGHAI = ZoneInfo("Asia/Shanghai")
WORKING_HOURS = (("09:00", "12:00"), ("14:00", "20:00"))  # when the desks are staffed on a working day
DAY_HOURS = 24
FESTIVAL = "Spring Festival"

# The days people greet each other on, by the words of the library; the first day of the festival itself counts.
GREETED = {
    "new_year": "New Year's Day",
    "spring_festival": FESTIVAL,
    "dragon_boat": "Dragon Boat Festival",
    "mid_autumn": "Mid-Autumn Festival",
    "national_day": "National Day",
}


def is_working_day(day: dt.date) -> bool:
    """Return whether people work that day: make-up Sundays count, days in lieu do not."""
    return bool(_calendar(day.year).is_working_day(day))


def spring_festival(year: int) -> dt.date:
    """Return the first day of the first lunar month."""
    return festivals(year)["spring_festival"]


@functools.lru_cache(maxsize=32)
def festivals(year: int) -> dict[str, dt.date]:
    """Return the first day of each greeted festival: neither its eve nor a day in lieu.

    Five since 2008; before, Dragon Boat and Mid-Autumn were no public holidays and are left out.
    """
    named = [(day, name) for day, name in _calendar(year).items() if day.year == year and "observed" not in name]
    days = {key: [day for day, name in named if words in name and "Eve" not in name] for key, words in GREETED.items()}
    return {key: min(found) for key, found in days.items() if found}


def festival_ahead(day: dt.date, *, days: int) -> tuple[str, dt.date] | None:
    """Return the next greeted festival that begins 1 to `days` days after `day`, as (key, first day); None without one."""
    ahead = [
        (first, key)
        for year in (day.year, day.year + 1)
        for key, first in festivals(year).items()
        if 0 < (first - day).days <= days
    ]
    return (min(ahead)[1], min(ahead)[0]) if ahead else None


def add_working_time(start: dt.datetime, hours: int) -> dt.datetime:
    """Return the instant so many hours of working time after `start`.

    Whole days are working days at the same time of day (24 hours = one working day, 72 = three); what is left of a day
    runs inside the working hours. A start outside them counts from their next beginning.
    """
    at = _next_working_instant(start.astimezone(SHANGHAI))
    days, rest = divmod(hours, DAY_HOURS)
    for _ in range(days):
        at = _same_time_next_working_day(at)
    return _run_clock(at, dt.timedelta(hours=rest))


def _next_working_instant(at: dt.datetime) -> dt.datetime:
    return next(max(at, begin) for begin, end in _windows_from(at.date()) if at < end)


def _same_time_next_working_day(at: dt.datetime) -> dt.datetime:
    day = at.date() + dt.timedelta(days=1)
    while not is_working_day(day):
        day += dt.timedelta(days=1)
    return dt.datetime.combine(day, at.time(), tzinfo=SHANGHAI)


def _run_clock(at: dt.datetime, left: dt.timedelta) -> dt.datetime:
    """Spend what is left inside the windows; a deadline may be the very end of one."""
    for begin, end in _windows_from(at.date()):
        if end <= at:
            continue
        begin = max(begin, at)
        if left <= end - begin:
            return begin + left
        left -= end - begin
    raise AssertionError("the calendar never ends")


def _windows_from(day: dt.date) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    while True:
        if is_working_day(day):
            for begin, end in WORKING_HOURS:
                yield _instant(day, begin), _instant(day, end)
        day += dt.timedelta(days=1)


def _instant(day: dt.date, clock: str) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.fromisoformat(clock), tzinfo=SHANGHAI)


@functools.lru_cache(maxsize=32)
def _calendar(year: int) -> holidays.HolidayBase:
    return holidays.country_holidays("CN", years=year, language="en_US")
