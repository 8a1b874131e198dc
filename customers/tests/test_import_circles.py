"""Calling circles: one tie per pair whichever side names it, and whoever is not ours is told."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from customers.importing.errors import ColumnsMissing
from customers.models import CircleTie
from customers.tests.files import why

HEADER = ("用户编码", "对端号码", "账期", "通话次数", "通话时长（分）")
NUMBERS = {n: f"1380000{n:04d}" for n in range(1, 6)}


@pytest.fixture
def branch(desk):
    desk.customers(4)
    return desk


def circles(desk, *rows, header=HEADER, name="通话圈.csv"):
    return desk.take(desk.write(name, header, *rows))


def ties():
    return list(CircleTie.objects.order_by("customer", "peer").values_list("customer", "peer", "calls", "minutes"))


def test_pair_named_from_both_sides_is_one_tie_with_the_larger_count(branch):
    result = circles(
        branch,
        ("U2", NUMBERS[1], "202610", "9", "100"),
        ("U1", NUMBERS[2], "202610", "10", "98"),
        ("U3", NUMBERS[1], "202610", "1", "2"),
    )

    assert ties() == [(1, 2, 10, 100), (1, 3, 1, 2)]
    account = result.account
    assert (account.read, account.accepted, account.new, account.duplicate, account.rejects) == (3, 3, 2, 0, [])
    assert set(CircleTie.objects.values_list("month", flat=True)) == {dt.date(2026, 10, 1)}


def test_rows_that_cannot_be_are_told_and_the_rest_is_taken(branch):
    result = circles(
        branch,
        ("U1", NUMBERS[2], "202610", "1", "5"),
        ("U1", NUMBERS[5], "202610", "1", "5"),
        ("U1", NUMBERS[1], "202610", "1", "5"),
        ("U9", NUMBERS[1], "202610", "1", "5"),
        ("U2", "", "202610", "1", "5"),
        ("U2", NUMBERS[3], "202610", "1", ""),
        ("U2", NUMBERS[4], "202610", "1", "50000"),
        ("U1", NUMBERS[2], "202610", "1", "5"),
        ("U1", NUMBERS[2], "202610", "1", "6"),
    )

    assert sorted(why(result)) == [
        (3, "对端号码", "unknown_customer"),
        (4, "对端号码", "same_customer"),
        (5, "用户编码", "unknown_customer"),
        (6, "对端号码", "missing"),
        (7, "通话时长（分）", "missing"),
        (8, "通话时长（分）", "out_of_range"),
        (10, "用户编码", "conflict"),
    ]
    account = result.account
    assert account.read == account.accepted + len(account.rejects) + account.duplicate == 9
    assert ties() == [(1, 2, 1, 5)]


def test_later_list_brings_a_tie_up_to_date_and_an_absent_column_wipes_nothing(branch):
    circles(branch, ("U1", NUMBERS[2], "202609", "7", "40"), ("U1", NUMBERS[3], "202609", "1", "4"))
    again = circles(
        branch,
        ("U1", NUMBERS[2], "202610", "60"),
        header=("用户编码", "对端号码", "账期", "通话时长（分）"),
        name="通话圈2.csv",
    )

    assert ties() == [(1, 2, 7, 60), (1, 3, 1, 4)]
    assert (again.account.new, again.account.changed) == (0, 1)
    assert CircleTie.objects.get(peer=2).month == dt.date(2026, 10, 1)


def test_list_without_a_month_is_of_the_last_closed_one(branch):
    circles(branch, ("U1", NUMBERS[2], "40"), header=("用户编码", "对端号码", "通话时长（分）"))
    assert CircleTie.objects.get().month == dt.date(2026, 10, 1)


def test_other_side_by_user_code_and_seconds_of_talk(branch):
    circles(branch, ("U1", "U4", "90"), header=("用户编码", "对端用户编码", "通话时长（秒）"))
    assert ties() == [(1, 4, 0, 2)]


def test_list_without_the_other_side_is_no_list(branch):
    with pytest.raises(ColumnsMissing):
        circles(branch, ("U1", "40"), header=("用户编码", "通话时长（分）"))


def test_database_keeps_the_lower_id_first(branch):
    with pytest.raises(IntegrityError), transaction.atomic():
        CircleTie.objects.create(customer_id=2, peer_id=1, month=dt.date(2026, 10, 1), minutes=1)
