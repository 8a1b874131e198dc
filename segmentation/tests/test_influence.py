"""What of other people's bills hangs on a customer, to the fen."""

import numpy as np

from segmentation.influence import hanging_fen, is_strong


def columns(*values):
    return np.array(values, np.int64)


def test_share_of_the_talk_times_the_average_bill():
    found = hanging_fen(columns(36_000, 36_000, 10), minutes=columns(50, 200, 1), whole_minutes=columns(200, 200, 3))
    assert found.tolist() == [3_000, 12_000, 1]  # a quarter of 120 yuan, all of it, a ninth of 10 fen rounded down


def test_shares_of_one_person_never_exceed_the_bill():
    minutes = columns(*range(1, 100))
    whole = np.full(99, minutes.sum())
    found = hanging_fen(np.full(99, 29_999), minutes=minutes, whole_minutes=whole)
    assert 9_999 - 99 <= found.sum() <= 29_999 // 3


def test_refunds_and_counts_that_contradict_each_other_are_bounded():
    found = hanging_fen(columns(-5_000, 30_000, 30_000), minutes=columns(10, 10, 0), whole_minutes=columns(20, 5, 0))
    assert found.tolist() == [0, 10_000, 0]


def test_fits_the_largest_bill_and_the_longest_month():
    found = hanging_fen(columns(3 * (2**31 - 1)), minutes=columns(44_640), whole_minutes=columns(44_640))
    assert found.tolist() == [2**31 - 1]


def test_a_fifth_of_somebodys_talk_is_strong():
    found = is_strong(minutes=columns(20, 19, 0, 5), whole_minutes=columns(100, 100, 0, 5))
    assert found.tolist() == [True, False, False, True]


def test_nobody_is_nobody():
    nothing = columns()
    assert hanging_fen(nothing, minutes=nothing, whole_minutes=nothing).tolist() == []
