"""What may still be spent on a customer this year: exact to the fen, the same for one row and for many."""

import numpy as np
import pytest

from customers.access import ANALYST, LEADER, PHONE
from offers.budget import allowance_fen, is_beyond, left_fen
from offers.budget_panel import budget
from offers.eligible import Economics

GIVEN = [
    {"day": "2026-02-03", "zh": "预存送话费", "en": "Prepaid credit", "cost_fen": 60_00},
    {"day": "2026-10-30", "zh": None, "en": None, "cost_fen": None},
    {"day": "2026-11-01", "zh": "流量包", "en": "Data pack", "cost_fen": 5_01},
]


@pytest.mark.parametrize(
    ("bills_fen", "percent", "expected"),
    [(1800_00, 10, 180_00), (1800_09, 10, 180_00), (1800_10, 10, 180_01), (0, 10, 0), (-50_00, 10, 0)],
)
def test_allowance_is_a_share_rounded_down(bills_fen, percent, expected):
    assert allowance_fen(bills_fen, percent=percent) == expected


def test_left_may_fall_below_zero():
    assert left_fen(1000_00, 100_01, percent=10) == -1


@pytest.mark.parametrize(("cost", "left", "expected"), [(1, 1, False), (2, 1, True), (0, -5, False), (1, -5, True)])
def test_what_costs_nothing_is_never_beyond(cost, left, expected):
    assert is_beyond(cost, left) == expected
    assert is_beyond(cost, np.array([left])).tolist() == [expected]


def test_one_row_is_as_many():
    bills, given = np.array([1800_00, -1, 2**40]), np.array([60_00, 0, 1])
    together = left_fen(bills, given, percent=20)
    assert together.tolist() == [int(left_fen(int(b), int(g), percent=20)) for b, g in zip(bills, given, strict=True)]


def test_budget_adds_up_and_says_what_has_no_cost():
    found = budget(1800_00, GIVEN, economics=Economics(), role=PHONE, year=2026)

    assert (found.given_fen, found.unpriced) == (65_01, 1)
    assert [(step.percent, step.allowance_fen, step.left_fen) for step in found.authorities] == [
        (10, 180_00, 114_99),
        (20, 360_00, 294_99),
        (30, 540_00, 474_99),
    ]


def test_own_authority_follows_the_role():
    percents = {
        role: budget(1800_00, None, economics=Economics(), role=role, year=2026).own.percent
        for role in (PHONE, ANALYST, LEADER)
    }
    assert percents == {PHONE: 10, ANALYST: 10, LEADER: 20}


@pytest.mark.parametrize(
    ("cost_fen", "percent"), [(114_99, 10), (115_00, 20), (294_99, 20), (295_00, 30), (474_99, 30), (475_00, None)]
)
def test_nearest_desk_that_still_covers_the_offer(cost_fen, percent):
    step = budget(1800_00, GIVEN, economics=Economics(), role=PHONE, year=2026).reaches(cost_fen)
    assert (step.percent if step else None) == percent
