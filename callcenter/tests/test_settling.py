"""What the data show as settled."""

import numpy as np
import pytest

from callcenter.settling import settled
from callcenter.task_terms import OpenTasks
from customers.tests.frames import make_frame

KINDS = [{"code": code, "bit": bit, "thresholds": {}} for bit, code in enumerate(["C1", "A8", "C6", "B6", "C4", "A7"])]


TODAY = make_frame([{}]).today
BASE = {
    "state": 1,
    "bundle_end_day": 0,
    "last_call_day": 0,
    "usage_day": 0,
    "zero_call_days": 0,
    "broadband_carrier": 0,
    "broadband_end_day": 0,
    "arrears_stop_day": 0,
    "balance_fen": 0,
    "has_balance": True,
    "pay_mode": 1,
    "cum3_fen": 300_00,
    "is_in_network": True,
}


def is_settled(bit, value=30, **columns):
    frame = make_frame([{}]).with_columns(**{name: np.array([given]) for name, given in (BASE | columns).items()})
    one = np.zeros(1, dtype=np.int64)
    return bool(settled(frame, OpenTasks(one, one + bit, one, one, one + value), KINDS)[0])


@pytest.mark.parametrize(
    ("bit", "columns", "expected"),
    [
        (0, {"bundle_end_day": TODAY + 90}, False),
        (0, {"bundle_end_day": TODAY + 91}, True),
        (0, {"bundle_end_day": TODAY + 91, "value": 12}, False),  # its rebate ended, the contract ran on anyway
        (0, {}, False),  # ended, nothing new
        (1, {"state": 1}, True),
        (1, {"state": 2}, False),
        (1, {"state": 1, "arrears_stop_day": TODAY}, False),  # the extract has not heard of it yet
        (2, {"last_call_day": TODAY - 6}, True),
        (2, {"last_call_day": TODAY - 7}, False),
        (2, {}, False),
        (2, {"usage_day": TODAY, "zero_call_days": 6}, True),
        (2, {"usage_day": TODAY, "zero_call_days": 7, "last_call_day": TODAY}, False),
        (3, {"broadband_carrier": 1}, True),
        (3, {"broadband_carrier": 1, "broadband_end_day": TODAY + 60}, False),
        (3, {"broadband_carrier": 2}, False),
        (4, {}, False),  # no condition a night can see
        (5, {"balance_fen": 19_99}, False),  # a fifth of the average bill of 100 yuan
        (5, {"balance_fen": 20_00}, True),
    ],
)
def test_conditions_at_their_edges(bit, columns, expected):
    assert is_settled(bit, **columns) is expected


def test_nothing_waits():
    assert settled(make_frame([{}]), OpenTasks.none(), KINDS).tolist() == []
