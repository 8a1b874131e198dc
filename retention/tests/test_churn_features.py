"""What the model sees: fixed, finite, and never from the future."""

import numpy as np
import pytest

from customers.tests.frames import make_frame
from retention.churn_features import FEATURES, churn_features


def feature(matrix, name):
    return matrix[:, FEATURES.index(name)].tolist()


def varied_frame(months=24, customers=40):
    random = np.random.default_rng(7)
    rows = [
        {
            "bills": random.integers(0, 300, months).tolist(),
            "voice_min": random.integers(0, 900, months).tolist(),
            "data_mb": random.integers(0, 9000, months).tolist(),
            "active_days": random.integers(0, 31, months).tolist(),
        }
        for _ in range(customers)
    ]
    return make_frame(rows)


def test_features_have_a_fixed_shape_order_and_no_gaps():
    matrix = churn_features(varied_frame())

    assert matrix.shape == (40, len(FEATURES))
    assert matrix.dtype == np.float64
    assert matrix.flags.f_contiguous
    assert np.isfinite(matrix).all()


def test_features_of_empty_history_are_finite():
    frame = make_frame([{"bills": [None] * 3}], months=3)

    matrix = churn_features(frame)

    assert np.isfinite(matrix).all()
    assert feature(matrix, "months_since_bill") == [12]


@pytest.mark.parametrize("months_back", [1, 3, 6])
def test_features_do_not_see_newer_months(months_back):
    frame = varied_frame()
    before = churn_features(frame, months_back=months_back)

    for matrix in frame.history.values():
        matrix[:months_back] = 12345

    np.testing.assert_array_equal(churn_features(frame, months_back=months_back), before)


def test_features_see_nothing_that_is_known_only_today():
    frame = varied_frame()
    today_only = (
        "bundle_end_day",
        "bundle_ended_day",
        "porting_eligible_day",
        "porting_blocked_day",
        "cancel_day",
        "downgrade_day",
        "complaints_30d",
        "open_complaint_level",
        "state",
        "do_not_call",
        "payment_delays",
        "tenure_months",
    )
    changed = frame.with_columns(**{name: np.full(len(frame), 1, frame[name].dtype) for name in today_only})

    np.testing.assert_array_equal(churn_features(changed, months_back=3), churn_features(frame, months_back=3))


def test_features_as_of_a_past_month_equal_those_of_a_frame_that_ends_there():
    bills = [float(number) for number in range(50, 74)]
    whole = make_frame([{"bills": [f"{bill:.2f}" for bill in bills]}], month="2017-12")
    cut = make_frame([{"bills": [f"{bill:.2f}" for bill in bills[:-3]]}], month="2017-09")

    np.testing.assert_array_equal(churn_features(whole, months_back=3), churn_features(cut))


def test_features_read_only_the_window():
    frame = varied_frame()
    before = churn_features(frame, window=6)

    for matrix in frame.history.values():
        matrix[6:] = 777

    np.testing.assert_array_equal(churn_features(frame, window=6), before)


def test_features_of_a_worked_example():
    frame = make_frame([{"bills": [120, 120, 120, 120, 120, 60], "over_fee_fen": [0, 0, 0, 0, 0, 30_00]}])

    matrix = churn_features(frame)

    assert feature(matrix, "log_spend_1") == [pytest.approx(np.log1p(60))]
    assert feature(matrix, "spend_trend_1") == [pytest.approx((60 - 120) / (60 + 120 + 1))]
    assert feature(matrix, "spend_drops") == [1]
    assert feature(matrix, "months_since_bill") == [0]
    assert feature(matrix, "bill_months_6") == [6]
    assert feature(matrix, "over_fee_share") == [pytest.approx(30 / 301)]


def test_a_block_of_customers_has_the_features_of_the_whole():
    frame = varied_frame()

    parts = [churn_features(frame.take(slice(start, start + 7))) for start in range(0, len(frame), 7)]

    np.testing.assert_array_equal(np.concatenate(parts), churn_features(frame))
