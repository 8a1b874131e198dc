"""Each row of the score card's table, and that a worse sign never lowers the points."""

import datetime as dt

import numpy as np
import pytest

from customers.tests.frames import make_frame
from cvm.lib.months import day_number
from retention.scorecard import points

AS_OF = dt.date(2018, 1, 5)
BOUND = day_number(AS_OF) + 400


def points_of(**row):
    row = {"bills": [100] * 6, "bundle_end_day": BOUND, "tenure_months": 60} | row
    return int(points(make_frame([row], as_of=AS_OF))[0])


def test_a_steady_bound_customer_has_no_points():
    assert points_of() == 0


@pytest.mark.parametrize(
    ("bills", "expected"),
    [
        ([100, 100, 100, 90.01], 0),
        ([100, 100, 100, 90], 5),
        ([100, 100, 100, 70], 15),
        ([100, 100, 100, 50], 25),
        ([100, 100, 100, 0], 25 + 15),
        ([100, 100, 0, 0], 25 + 30),
        ([100, 0, 0, 0], 25 + 45),
        ([0, 0, 0, 0], 45),
        ([100, 100, 50], 0),  # too short for a trend
    ],
)
def test_spend_and_recency(bills, expected):
    assert points_of(bills=[f"{bill:.2f}" for bill in bills]) == expected


@pytest.mark.parametrize(("months", "expected"), [(5, 12), (6, 8), (11, 8), (12, 4), (23, 4), (24, 0)])
def test_tenure(months, expected):
    assert points_of(tenure_months=months) == expected


@pytest.mark.parametrize(("days", "expected"), [(0, 10), (30, 10), (31, 5), (90, 5), (91, 0)])
def test_bundle_end(days, expected):
    assert points_of(bundle_end_day=day_number(AS_OF) + days) == expected


def test_no_bundle_and_one_that_never_ends():
    assert points_of(bundle_end_day=0) == 10
    assert points_of(bundle_end_day=2**30) == 0


@pytest.mark.parametrize(("delays", "expected"), [(0, 0), (1, 10), (2, 20), (3, 30), (9, 30)])
def test_payment_delays(delays, expected):
    assert points_of(payment_delays=delays) == expected


def test_suspension():
    assert points_of(suspended=[False] * 5 + [True]) == 15


def test_points_stop_at_a_hundred():
    worst = {"bills": [100, 0, 0, 0], "bundle_end_day": 0, "tenure_months": 2, "payment_delays": 3, "suspended": True}

    assert points_of(**worst) == 100


def test_points_never_fall_when_spend_falls():
    rows = [{"bills": [100, 100, 100, last], "bundle_end_day": BOUND} for last in range(150, -1, -1)]

    assert (np.diff(points(make_frame(rows, as_of=AS_OF))) >= 0).all()
