"""When a customer may be disturbed: windows of the day, by working day or rest day of the Chinese calendar.

Working days include the make-up days (a Sunday worked before or after a holiday). On the first day of the Spring
Festival nobody is disturbed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from cvm.lib.workdays import SHANGHAI, is_working_day, spring_festival

SEARCH_DAYS = 14  # longer than any run of closed days; a policy with no window at all never opens

WORKDAY, RESTDAY = "workday", "restday"
Windows = dict[str, list[list[str]]]  # {"workday": [["09:00", "12:00"], …], "restday": […]}


def day_kind(day: dt.date) -> str:
    """Return "workday" or "restday"."""
    return WORKDAY if is_working_day(day) else RESTDAY


def is_first_day_of_spring_festival(day: dt.date) -> bool:
    """Return whether the day is the first of the first lunar month."""
    return day == spring_festival(day.year)


def is_open(at: dt.datetime, windows: Windows) -> bool:
    """Return whether the instant lies in a window: its first minute is inside, its last is not."""
    local = at.astimezone(SHANGHAI)
    return any(start <= local < end for start, end in _windows_of(local.date(), windows))


def next_open(at: dt.datetime, windows: Windows) -> dt.datetime | None:
    """Return the instant itself when open, else when the next window opens; None when none does within two weeks."""
    local = at.astimezone(SHANGHAI)
    for offset in range(SEARCH_DAYS):
        for start, end in _windows_of(local.date() + dt.timedelta(days=offset), windows):
            if local < end:
                return max(local, start)
    return None


def closes_at(at: dt.datetime, windows: Windows) -> dt.datetime | None:
    """Return the end of the window the instant lies in; None outside every window."""
    local = at.astimezone(SHANGHAI)
    return next((end for start, end in _windows_of(local.date(), windows) if start <= local < end), None)


def _windows_of(day: dt.date, windows: Windows) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    if is_first_day_of_spring_festival(day):
        return
    for start, end in sorted(windows.get(day_kind(day), [])):
        yield _instant(day, start), _instant(day, end)


def _instant(day: dt.date, clock: str) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.fromisoformat(clock), tzinfo=SHANGHAI)
