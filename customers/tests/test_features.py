"""The columns every rule starts from: sums, growth, tenure, presence."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.features import LAST_STATE_IN_NETWORK, LONG_STANDING, features, has_bills, months_of, sum_fact
from customers.models import Customer
from customers.tests.frames import make_frame
from cvm.lib.months import day_number, month_of

SUMS = ("cum3_fen", "last_cum3_fen", "previous_cum3_fen", "sum12_fen", "arpu_fen")
ADDED = (*SUMS, "growth_bp", "tenure_at_month", "is_in_network")


def judge(*rows, **when):
    return features(make_frame(rows, **when))


def one(row, name, **when):
    return judge(row, **when)[name].item()


def test_features_sum_the_worked_example():
    frame = judge({"bills": [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, "2048.01", 100]})

    assert [frame[name].item() for name in SUMS] == [
        100_00 + 2048_01 + 1024_00,
        2048_01 + 1024_00 + 512_00,
        512_00 + 256_00 + 128_00,
        2046_00 + 2048_01 + 100_00,
        100_00,
    ]


def test_short_history_counts_as_nothing():
    frame = judge({"bills": [100, 50]})

    assert [frame[name].item() for name in SUMS] == [150_00, 100_00, 0, 150_00, 50_00]


def test_sums_stay_exact_above_thirty_two_bits():
    largest = "21474836.47"

    assert one({"bills": [largest] * 12}, "sum12_fen") == 12 * (2**31 - 1)


@pytest.mark.parametrize(
    ("bills", "growth"),
    [
        ([100] * 3 + [80] * 3, -2000),
        ([150, 150, 150, 120, 90, 90], -3333 - 1),  # rounded down, towards the fall
        ([100] * 3 + [0] * 3, -10_000),
        ([10] * 3 + [20_000] * 3, 99_999),
        ([100] * 3 + ["-300", "0", "0"], -20_000),
        (["9.99", 10, 10, 50, 50, 50], 0),  # base under 30 yuan
        ([10, 10, 10, 11, 11, 11], 1000),
        ([0] * 3 + [50] * 3, 0),
        ([100, 100, 80, 80, 80], 0),  # five months
        (["-", 100, 100, 80, 80, 80], 0),  # a gap
    ],
)
def test_growth_in_basis_points(bills, growth):
    assert one({"bills": bills}, "growth_bp") == growth


def test_tenure_counts_the_joining_month_as_one():
    days = [dt.date(2017, 12, 31), dt.date(2017, 1, 1), dt.date(2018, 1, 2)]
    frame = judge(*[{"bills": [1], "joined": day} for day in days], {"bills": [1], "join_day": 0})

    assert frame["tenure_at_month"].tolist() == [1, 12, 0, LONG_STANDING]


def test_presence_needs_the_month_end_and_the_state():
    rows = [
        {"bills": [1, 1]},
        {"bills": [1, "-"]},
        {"bills": [1, 1], "state": Customer.State.PRE_CANCEL},
        {"bills": [1, 1], "state": Customer.State.CANCELLED_ACTIVE},
        {"bills": ["-", "-"], "joined": dt.date(2018, 1, 3)},
        {"bills": ["-", "-"], "joined": dt.date(2018, 1, 3), "state": Customer.State.PORTED_OUT},
    ]

    assert judge(*rows)["is_in_network"].tolist() == [True, False, True, False, True, False]
    assert max(Customer.IN_NETWORK) == LAST_STATE_IN_NETWORK


def test_months_of_days_agree_with_the_calendar():
    days = [dt.date(1969, 12, 31), dt.date(1970, 1, 1), dt.date(2016, 2, 29), dt.date(2017, 12, 31)]

    assert months_of(np.array([day_number(day) for day in days])).tolist() == [month_of(day) for day in days]


def test_has_bills_wants_every_month_loaded():
    frame = make_frame([{"bills": [1, 1, 1]}, {"bills": ["-", 1, 1]}])

    assert has_bills(frame, back=0, count=3).tolist() == [True, False]
    assert has_bills(frame, back=1, count=3).tolist() == [False, False]


def test_sum_fact_takes_any_fact_and_span():
    frame = make_frame([{"bills": [1, 1, 1], "voice_min": [7, 11, 13]}])

    assert sum_fact(frame, "voice_min", start=1, count=2).tolist() == [18]


def test_features_of_nobody_are_empty():
    frame = judge(months=24)

    assert {len(frame[name]) for name in ADDED} == {0}


BILLS = st.lists(st.sampled_from(["-", "-20.5", 0, "9.99", 30, 100, 9999]), min_size=13, max_size=13)


@settings(max_examples=40, deadline=None)
@given(st.lists(BILLS, min_size=1, max_size=5))
def test_one_customer_alone_has_the_features_of_the_crowd(customers):
    crowd = make_frame([{"bills": bills} for bills in customers])
    together = features(crowd)

    for place in range(len(customers)):
        alone = features(crowd.take(np.array([place])))
        assert [alone[name].item() for name in ADDED] == [together[name][place].item() for name in ADDED]


def test_features_run_again_say_the_same():
    frame = judge({"bills": [100, 50, 20, 30, 40, 50, 60]})

    assert all((features(frame)[name] == frame[name]).all() for name in ADDED)
