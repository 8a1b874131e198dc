"""The figures beside a model, against hand-made cases."""

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from retention.churn_metrics import (
    auc,
    calibration_error,
    deciles,
    evaluate,
    forward_deciles,
    forward_fen,
    lift,
    promise_error,
    value_caught,
)


def random_case(customers=997):
    random = np.random.default_rng(3)
    probability = np.round(random.random(customers), 2)  # with ties
    return random.random(customers) < probability, probability, random.integers(0, 9000, customers)


def test_auc_agrees_with_scikit_learn():
    lost, probability, _ = random_case()

    assert auc(lost, probability) == pytest.approx(roc_auc_score(lost, probability), abs=1e-12)


def test_auc_of_one_class_is_a_coin():
    assert auc(np.ones(4, dtype=bool), np.arange(4)) == 0.5


def test_lift_of_a_perfect_order_is_one_over_the_base_rate():
    lost = np.arange(100) < 10

    assert lift(lost, -np.arange(100)) == pytest.approx(10.0)
    assert lift(np.zeros(10, dtype=bool), np.arange(10)) == 0.0


def test_calibration_error_counts_the_gap():
    lost = np.arange(100) % 2 == 0

    assert calibration_error(lost, np.full(100, 0.5), bins=1) == pytest.approx(0.0)
    assert calibration_error(lost, np.full(100, 0.7), bins=1) == pytest.approx(0.2)


def test_value_caught_is_the_share_of_lost_value_in_the_top_tenth():
    lost = np.array([True, True, False, False, False, False, False, False, False, False])
    value = np.array([900, 100, 5000, 1, 1, 1, 1, 1, 1, 1])

    assert value_caught(lost, value, np.arange(10)[::-1]) == pytest.approx(0.9)
    assert value_caught(lost, value, value) == 0.0


def test_deciles_stand_riskiest_first_and_hold_everybody():
    lost, probability, value = random_case()

    table = deciles(lost, probability, value)

    assert [row["decile"] for row in table] == list(range(1, 11))
    assert sum(row["customers"] for row in table) == len(lost)
    assert sum(row["lost"] for row in table) == lost.sum()
    assert sum(row["value_lost_fen"] for row in table) == value[lost].sum()
    assert table[0]["promised"] > table[-1]["promised"]


def test_evaluate_reports_plain_numbers():
    lost, probability, value = random_case()

    report = evaluate(lost, probability, value)

    assert report["customers"] == 997
    assert report["brier"] == pytest.approx(brier_score_loss(lost, probability), abs=1e-5)
    assert set(report["value_caught"]) == {"by_probability", "by_value", "by_probability_times_value"}


def test_value_to_come_is_the_bills_times_the_chance_to_stay():
    assert forward_fen(np.array([10_000, 333]), np.array([0.25, 0.5])).tolist() == [7_500, 166]


def test_tenths_put_the_most_valuable_first_and_lose_nobody():
    forward = np.arange(20, dtype=np.int64)
    rows = forward_deciles(forward, forward * 2)
    assert [row["customers"] for row in rows] == [2] * 10
    assert (rows[0]["forward_fen"], rows[0]["realised_fen"]) == (18 + 19, 2 * (18 + 19))
    assert sum(row["forward_fen"] for row in rows) == forward.sum()
    assert forward_deciles(np.zeros(0, np.int64), np.zeros(0, np.int64)) == []


def test_a_promise_may_be_wrong_by_its_gap_and_by_chance():
    checked = {"base_rate": 0.02, "lost": 400, "ece": 0.002}

    assert promise_error(checked) == pytest.approx(0.1 + 1.96 * (0.98 / 400) ** 0.5)
    assert promise_error(checked | {"ece": 0, "base_rate": 1.0}) == 0
    assert promise_error({"auc": 0.5}) is None
    assert promise_error(checked | {"lost": 0}) is None


def test_more_departures_seen_make_the_range_narrower():
    few, many = ({"base_rate": 0.05, "lost": lost, "ece": 0.0} for lost in (25, 2_500))

    assert promise_error(few) == pytest.approx(10 * promise_error(many))
