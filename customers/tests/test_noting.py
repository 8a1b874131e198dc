"""What nights note: any past night comes back exactly, by going there and back through the differences."""

import datetime as dt
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.noting import MARKS, Nights, noted_columns, packed, undoing, unpacked
from customers.tests.frames import make_frame
from cvm.lib.months import day_number

FIRST = dt.date(2026, 9, 10)
INT32 = st.integers(-(2**31), 2**31 - 1)


def nights_of(values, *, every=1, name="balance_fen", slots=None):
    """Return nights, one every few days, whose column had these values."""
    columns = [np.array(one, np.int32) for one in values]
    undo = [{}] + [{name: undoing(before, now)} for before, now in pairwise(columns)]
    undo = [{key: data for key, data in one.items() if data} for one in undo]
    days = [day_number(FIRST) + every * number for number in range(len(values))]
    return Nights(days, {name: columns[-1]}, undo, np.arange(len(columns[-1])) if slots is None else slots)


@given(st.lists(INT32, max_size=40))
def test_packed_numbers_come_back(numbers):
    values = np.array(numbers, np.int32)
    assert unpacked(packed(values)).tolist() == numbers


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 5).flatmap(lambda size: st.lists(st.lists(INT32, min_size=size, max_size=size), min_size=1)),
    st.lists(st.integers(0, 50), min_size=1, max_size=8),
)
def test_every_night_is_told_in_any_order(values, order):
    nights = nights_of(values)

    for number in (one % len(values) for one in order):
        told = nights.at(FIRST + dt.timedelta(days=number), {"balance_fen"})
        assert told["balance_fen"].tolist() == values[number]


def test_a_customer_a_night_did_not_know_reads_as_nothing():
    nights = nights_of([[5, 6], [5, 7, 8]], slots=np.array([1, 2, 9]))

    assert nights.at(FIRST, {"balance_fen"})["balance_fen"].tolist() == [6, 0, 0]
    assert nights.at(FIRST + dt.timedelta(days=1), {"balance_fen"})["balance_fen"].tolist() == [7, 8, 0]


def test_between_two_nights_the_earlier_speaks_and_nothing_counts_as_changed():
    nights = nights_of([[4], [9]], every=3, name=MARKS)
    between = FIRST + dt.timedelta(days=1)

    assert nights.at(FIRST, {MARKS})[MARKS].tolist() == [4]
    assert nights.at(between, {MARKS})[MARKS].tolist() == [0]
    numbers = [nights.number(FIRST + dt.timedelta(days=day)) for day in range(-1, 5)]
    assert numbers == [None, 0, -1, -1, 1, -2]
    assert nights_of([[1], [2]], every=2).at(between, {"balance_fen"})["balance_fen"].tolist() == [1]


def test_columns_that_did_not_change_cost_nothing():
    assert undoing(np.array([1, 2], np.int32), np.array([1, 2], np.int32)) == b""
    assert undoing(np.array([1, 2], np.int32), np.array([1, 2, 0], np.int32)) == b""


def test_a_frame_is_noted_by_slot():
    frame = make_frame([{"id": 66, "balance_fen": 12}, {"id": 68, "has_balance": True}])

    noted = noted_columns(frame, first=65)

    assert noted["balance_fen"].tolist() == [0, 12, 0, 0]
    assert noted["has_balance"].tolist() == [0, 0, 0, 1]
