"""Working time round the Spring Festival, make-up weekends, leap days; the greeted festivals."""

import datetime as dt

import pytest

from cvm.lib.workdays import SHANGHAI, add_working_time, festival_ahead, festivals, is_working_day


def at(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-02-14", True),  # the Saturday worked before the Spring Festival
        ("2026-02-16", False),  # its eve, a Monday
        ("2026-02-23", False),  # a Monday in lieu
        ("2026-02-28", True),  # the Saturday worked after it
        ("2024-02-29", True),  # a leap day, a Thursday
        ("2026-10-10", True),  # the Saturday worked after National Day
        ("2026-11-28", False),  # a plain Saturday
    ],
)
def test_working_days(day, expected):
    assert is_working_day(dt.date.fromisoformat(day)) is expected


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        ("2026-11-23T10:00", 24, "2026-11-24T10:00"),  # Monday to Tuesday
        ("2026-11-27T10:00", 24, "2026-11-30T10:00"),  # Friday to Monday
        ("2026-11-27T10:00", 72, "2026-12-02T10:00"),
        ("2026-11-23T10:00", 4, "2026-11-23T16:00"),  # over the pause at noon
        ("2026-11-23T18:00", 4, "2026-11-24T11:00"),  # over the night
        ("2026-11-27T18:30", 2, "2026-11-30T09:30"),  # over the weekend
        ("2026-11-23T10:00", 2, "2026-11-23T12:00"),  # the very end of a window
        ("2026-11-23T03:00", 4, "2026-11-23T15:00"),  # before the day begins
        ("2026-11-28T15:00", 24, "2026-12-01T09:00"),  # a Saturday counts from Monday morning
        ("2026-11-23T21:00", 0, "2026-11-24T09:00"),
        ("2026-02-13T10:00", 24, "2026-02-14T10:00"),  # Friday to the worked Saturday
        ("2026-02-14T10:00", 24, "2026-02-24T10:00"),  # over the whole Spring Festival
        ("2026-02-13T18:00", 4, "2026-02-14T11:00"),
        ("2026-02-14T19:00", 2, "2026-02-24T10:00"),
        ("2026-02-27T10:00", 48, "2026-03-02T10:00"),  # the worked Saturday counts, the Sunday does not
        ("2024-02-28T10:00", 24, "2024-02-29T10:00"),
        ("2024-02-29T19:30", 1, "2024-03-01T09:30"),
        ("2023-02-28T10:00", 24, "2023-03-01T10:00"),
        ("2026-09-30T10:00", 24, "2026-10-08T10:00"),  # over National Day
    ],
)
def test_add_working_time(start, hours, expected):
    assert add_working_time(at(start), hours) == at(expected)


def test_working_time_counts_in_the_business_zone_whatever_the_starts():
    assert add_working_time(dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.UTC), 24) == at("2026-11-24T10:00")


def test_more_working_time_never_ends_earlier():
    ends = [add_working_time(at("2026-02-12T17:45"), hours) for hours in range(24)]

    assert ends == sorted(ends)


def test_festivals_by_the_lunar_calendar():
    assert festivals(2026) == {
        "new_year": dt.date(2026, 1, 1),
        "spring_festival": dt.date(2026, 2, 17),
        "dragon_boat": dt.date(2026, 6, 19),
        "mid_autumn": dt.date(2026, 9, 25),
        "national_day": dt.date(2026, 10, 1),
    }
    assert festivals(2020)["mid_autumn"] == festivals(2020)["national_day"] == dt.date(2020, 10, 1)
    assert set(festivals(2005)) == {"new_year", "spring_festival", "national_day"}  # old bills are still judged


@pytest.mark.parametrize(
    ("day", "days", "expected"),
    [
        ("2026-02-15", 2, ("spring_festival", dt.date(2026, 2, 17))),
        ("2026-02-14", 2, None),
        ("2026-02-17", 2, None),
        ("2026-12-31", 2, ("new_year", dt.date(2027, 1, 1))),
    ],
)
def test_festival_ahead(day, days, expected):
    assert festival_ahead(dt.date.fromisoformat(day), days=days) == expected
