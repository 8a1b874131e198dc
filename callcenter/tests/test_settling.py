"""What the data show as settled."""

import numpy as np
import pytest

from callcenter.arbitration import OpenTasks
from callcenter.settling import settled
from customers.tests.frames import make_frame

KINDS = [{"code": code, "bit": bit, "thresholds": {}} for bit, code in enumerate(["C1", "A8", "C6", "B6", "C4", "A7"])]


def is_settled(bit, **columns):
    frame = make_frame([{}])
    base = {"state": 1, "bundle_count": 0, "bundle_nearest_end_day": 0, "last_call_day": 0, "broadband_carrier": 0}
    base |= {"balance_fen": 0, "has_balance": True, "pay_mode": 1, "cum3_fen": 300_00, "is_in_network": True}
    frame = frame.with_columns(**{name: np.array([value]) for name, value in (base | columns).items()})
    one = np.zeros(1, dtype=np.int64)
    return bool(settled(frame, OpenTasks(one, one + bit, one, one), KINDS)[0])


TODAY = make_frame([{}]).today


@pytest.mark.parametrize(
    ("bit", "columns", "expected"),
    [
        (0, {"bundle_count": 1, "bundle_nearest_end_day": TODAY + 90}, False),
        (0, {"bundle_count": 1, "bundle_nearest_end_day": TODAY + 91}, True),
        (0, {"bundle_count": 1}, True),  # without end
        (0, {}, False),  # ended, nothing new
        (1, {"state": 1}, True),
        (1, {"state": 2}, False),
        (2, {"last_call_day": TODAY - 3}, True),
        (2, {"last_call_day": TODAY - 4}, False),
        (3, {"broadband_carrier": 1}, True),
        (3, {"broadband_carrier": 2}, False),
        (5, {"balance_fen": 19_99}, False),  # a fifth of the average bill of 100 yuan
        (5, {"balance_fen": 20_00}, True),
        (4, {}, False),  # no condition a night can see
    ],
)
def test_conditions_at_their_edges(bit, columns, expected):
    assert is_settled(bit, **columns) is expected


def test_nothing_waits():
    assert settled(make_frame([{}]), OpenTasks.none(), KINDS).tolist() == []
