"""Credit level: each clause at its line, the worst one wins, one row like many."""

import numpy as np
import pytest

from customers import credit as rule
from customers.credit import CreditTerms, credit
from customers.facets import Credit
from customers.models import Customer
from customers.tests.frames import make_frame

PAYING = {"bills": [100] * 12}
OWES_OF_MONTH = [True] + [False] * 11  # oldest first


def level(row, **terms):
    return Credit(credit(make_frame([row], months=12), CreditTerms(**terms))[0])


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, Credit.UNKNOWN),
        ({"credit_score": 450}, Credit.GOOD),
        ({"credit_score": 449}, Credit.LATE),
        (PAYING, Credit.GOOD),
        (PAYING | {"payment_delays": 1}, Credit.LATE),
        (PAYING | {"arrears": [*[False] * 5, True, *[False] * 6]}, Credit.GOOD),  # seven months ago
        (PAYING | {"arrears": [*[False] * 6, True, *[False] * 5]}, Credit.ARREARS),  # six months ago
        (PAYING | {"arrears_stop_day": 1, "payment_delays": 1}, Credit.ARREARS),
        (PAYING | {"state": 3, "stop_reason": 1}, Credit.OWES),
        (PAYING | {"state": 3, "stop_reason": 2, "arrears_stop_day": 1}, Credit.ARREARS),  # asked for the stop itself
        (PAYING | {"state": 2, "stop_reason": 0, "arrears_stop_day": 1}, Credit.OWES),
        (PAYING | {"state": 2, "stop_reason": 0, "arrears": OWES_OF_MONTH[::-1]}, Credit.OWES),
        (PAYING | {"state": 1, "stop_reason": 1}, Credit.GOOD),
        ({"state": 7}, Credit.OWES),
        ({"state": 7, "is_black_listed": True}, Credit.LISTED),
    ],
)
def test_the_worst_clause_that_holds_names_the_customer(row, expected):
    assert level(row) == expected


def test_numbers_are_those_of_the_models():
    state, reason = Customer.State, Customer.StopReason
    assert rule.STOPPED == (state.ONE_WAY, state.SUSPENDED, state.PRE_CANCEL)
    assert rule.CANCELLED_ARREARS == state.CANCELLED_ARREARS
    assert (rule.NO_REASON, rule.FOR_ARREARS) == (reason.UNKNOWN, reason.ARREARS)


def test_terms_move_the_lines():
    old = PAYING | {"arrears": OWES_OF_MONTH}
    assert level(old) == Credit.GOOD
    assert level(old, arrears_months=12) == Credit.ARREARS
    assert level({"credit_score": 449}, low_score_below=0) == Credit.GOOD


def test_one_customer_like_many():
    rows = [
        {
            "credit_score": 40 * number,
            "payment_delays": number % 3 == 0,
            "state": 1 + number % 8,
            "stop_reason": number % 2,
        }
        for number in range(24)
    ]
    together = credit(make_frame(rows))
    assert together.tolist() == [int(credit(make_frame([row]))[0]) for row in rows]
    assert len(set(together.tolist())) == 3
    assert len(credit(make_frame([]))) == 0
    assert together.dtype == np.int8
