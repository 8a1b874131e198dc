"""Working days, make-up days, the Spring Festival, and the edges of windows."""

import datetime as dt

import pytest

from cvm.lib.workdays import SHANGHAI
from retention.quiet_hours import day_kind, is_first_day_of_spring_festival, is_open, next_open

HOURS = {
    "workday": [["09:00", "12:00"], ["14:00", "20:00"]],
    "restday": [["10:00", "12:00"], ["15:00", "19:00"]],
}


def at(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ("2026-11-23", "workday"),  # a Monday
        ("2026-11-22", "restday"),  # a Sunday
        ("2026-02-14", "workday"),  # a Saturday worked before the Spring Festival
        ("2026-09-20", "workday"),  # a Sunday worked before National Day
        ("2026-10-01", "restday"),  # National Day, a Thursday
        ("2026-02-16", "restday"),  # the eve, a Monday
    ],
)
def test_day_kind_knows_holidays_and_make_up_days(day, kind):
    assert day_kind(dt.date.fromisoformat(day)) == kind


@pytest.mark.parametrize("day", ["2017-01-28", "2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06"])
def test_first_day_of_the_spring_festival(day):
    found = dt.date.fromisoformat(day)

    assert is_first_day_of_spring_festival(found)
    assert not is_first_day_of_spring_festival(found - dt.timedelta(days=1))
    assert not is_first_day_of_spring_festival(found + dt.timedelta(days=1))


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        ("2026-11-23T08:59:59", False),
        ("2026-11-23T09:00:00", True),
        ("2026-11-23T11:59:59", True),
        ("2026-11-23T12:00:00", False),
        ("2026-11-23T14:00:00", True),
        ("2026-11-23T20:00:00", False),
        ("2026-11-22T09:30:00", False),
        ("2026-11-22T10:00:00", True),
        ("2026-02-14T09:00:00", True),
        ("2026-02-17T10:30:00", False),
    ],
)
def test_windows_have_their_first_minute_and_not_their_last(instant, expected):
    assert is_open(at(instant), HOURS) is expected


def test_windows_are_local_whatever_the_instants_zone():
    assert is_open(dt.datetime(2026, 11, 23, 1, 0, tzinfo=dt.UTC), HOURS)
    assert not is_open(dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=-5))), HOURS)


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        ("2026-11-23T10:00:00", "2026-11-23T10:00:00"),
        ("2026-11-23T12:00:00", "2026-11-23T14:00:00"),
        ("2026-11-20T20:00:00", "2026-11-21T10:00:00"),  # Friday evening to Saturday
        ("2026-02-16T19:00:00", "2026-02-18T10:00:00"),  # over the first day of the Spring Festival
    ],
)
def test_next_open(instant, expected):
    assert next_open(at(instant), HOURS) == at(expected)


def test_a_policy_without_windows_never_opens():
    assert next_open(at("2026-11-23T10:00:00"), {}) is None
