"""Moments of one customer within a week of each other, worked by hand."""

import numpy as np

from lifecycle.backtest.overlap import keys, meets


def of(*hits):
    rows, days = zip(*hits, strict=True) if hits else ((), ())
    return keys(np.array(rows, dtype=np.int64), np.array(days, dtype=np.int64), first_day=100)


def test_hits_meet_at_seven_days_before_and_after_and_not_at_eight():
    ours = of((1, 120), (2, 120), (3, 120), (4, 120), (5, 120))
    theirs = of((1, 127), (2, 113), (3, 128), (4, 112), (5, 120))

    assert meets(ours, theirs).tolist() == [True, True, False, False, True]


def test_hits_of_two_customers_never_meet():
    assert meets(of((1, 464), (2, 100)), of((1, 100), (2, 464))).tolist() == [False, False]


def test_a_hit_meeting_two_counts_once():
    assert meets(of((1, 120)), of((1, 119), (1, 121))).tolist() == [True]


def test_nothing_meets_nobody():
    assert meets(of((1, 120)), of()).tolist() == [False]
    assert meets(of(), of((1, 120))).tolist() == []
