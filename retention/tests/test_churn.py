"""Fit, the reasons not to, calibration, the score's scale, and the bytes."""

from dataclasses import replace

import numpy as np
import pytest

from customers.frame import Frame
from customers.tests.frames import make_frame
from cvm.lib.months import parse_label
from retention import churn, learners, scorecard
from retention.churn import Scorer, WrongHash, fit, from_bytes, score, to_bytes, to_ppm, to_score

MONTH = parse_label("2017-12")


def leaving_frame(*, customers=3000, months=24, seed=1) -> Frame:
    """Return customers of whom some fade before they leave: something to learn."""
    random = np.random.default_rng(seed)
    frame = make_frame([{"bills": [100] * months}] * customers)
    leave = np.where(random.random(customers) < 0.6, random.integers(0, months + 12, customers), -1)
    back = np.arange(months)[:, None]
    fading = (back > leave) & (back <= leave + 4) & (leave >= 0)
    gone = (back <= leave) & (leave >= 0)
    spend = random.lognormal(4.6, 0.3, (months, customers)) * np.where(fading, 0.6, 1.0)
    frame.history["arpu_fen"][:] = np.where(gone, 0, spend * 100)
    frame.history["flags"][:] = np.where(gone, 0, frame.history["flags"])
    return frame.with_columns(is_in_network=leave < 0)


@pytest.fixture(scope="module")
def frame():
    return leaving_frame()


@pytest.fixture(scope="module")
def scorer(frame):
    return fit([frame], customers=len(frame), month=MONTH, months=frame.months)


def test_fit_learns_and_reports_a_later_time(scorer):
    assert scorer.kind in {"logistic", "boosting"}
    assert (scorer.learn_month, scorer.check_month) == (MONTH - 6, MONTH - 3)
    assert set(scorer.metrics["race"]) == {"logistic", "boosting"}
    assert scorer.metrics["auc"] > 0.6
    assert scorer.metrics["ece"] < 0.05
    assert scorer.note == ""


def test_fit_is_the_same_twice_and_over_buckets(frame, scorer):
    halves = [frame.take(np.arange(0, 1500)), frame.take(np.arange(1500, 3000))]

    again = fit(iter(halves), customers=len(frame), month=MONTH, months=frame.months)

    assert again.metrics == scorer.metrics
    np.testing.assert_array_equal(score(again, frame)["churn_ppm"], score(scorer, frame)["churn_ppm"])


def test_fit_keeps_the_score_card_for_a_short_history():
    frame = leaving_frame(months=8)

    scorer = fit([frame], customers=len(frame), month=MONTH, months=8)

    assert (scorer.kind, scorer.note) == ("score_card", "few_months")
    assert scorer.metrics == {"months": 8, "needed": 9}


def test_fit_keeps_the_score_card_when_hardly_anybody_left():
    frame = leaving_frame(customers=300)

    scorer = fit([frame], customers=len(frame), month=MONTH, months=frame.months)

    assert (scorer.kind, scorer.note) == ("score_card", "few_lost")
    assert scorer.metrics["found"] < scorer.metrics["needed"]


def test_fit_keeps_the_score_card_when_nothing_holds_later(frame, monkeypatch):
    monkeypatch.setattr(churn, "MIN_AUC", 0.999)

    scorer = fit([frame], customers=len(frame), month=MONTH, months=frame.months)

    assert (scorer.kind, scorer.note) == ("score_card", "weak")


def test_fit_of_no_customers_keeps_the_score_card():
    empty = leaving_frame(customers=1).take(np.zeros(0, dtype=int))

    scorer = fit([empty], customers=0, month=MONTH, months=24)

    assert scorer.note == "few_lost"


def test_scores_are_whole_numbers_in_range_and_zero_off_network(frame, scorer):
    scored = score(scorer, frame)

    assert scored["churn_ppm"].dtype == np.int32
    assert scored["base_score"].dtype == np.int16
    assert scored["churn_ppm"].min() >= 0
    assert scored["churn_ppm"].max() <= 1_000_000
    off = ~frame["is_in_network"]
    assert scored["churn_ppm"][off].tolist() == [0] * off.sum()
    assert scored["base_score"][off].tolist() == [0] * off.sum()


def test_one_customer_scores_as_in_the_crowd(frame, scorer):
    crowd = score(scorer, frame)

    alone = score(scorer, frame.take(np.array([17])))

    assert alone["churn_ppm"][0] == crowd["churn_ppm"][17]


def test_scoring_nobody_gives_nobody(frame, scorer):
    assert len(score(scorer, frame.take(np.zeros(0, dtype=int)))["churn_ppm"]) == 0


@pytest.mark.parametrize("base_rate", [0.005, 0.0246, 0.33])
def test_score_puts_the_average_at_twenty_and_the_lines_at_their_odds(base_rate):
    odds = base_rate / (1 - base_rate) * np.array([1, 8 / 3, 6, 16])
    ppm = np.ceil(odds / (1 + odds) * 1_000_000).astype(np.int32)

    assert to_score(ppm, base_rate=base_rate).tolist() == [20, 40, 60, 80]


def test_score_keeps_the_order_and_the_ends():
    ppm = np.arange(0, 1_000_001, 997, dtype=np.int32)

    points = to_score(ppm, base_rate=0.03)

    assert (np.diff(points) >= 0).all()
    assert to_score(np.array([0], dtype=np.int32), base_rate=0.03).tolist() == [0]
    assert to_score(np.array([1_000_000], dtype=np.int32), base_rate=0.03).tolist() == [99]


def test_probability_of_a_score_leads_back_to_the_score():
    points = np.arange(100, dtype=np.int16)

    assert to_score(to_ppm(points, base_rate=0.0246), base_rate=0.0246).tolist() == points.tolist()


@pytest.mark.parametrize("kind", ["logistic", "boosting"])
def test_bytes_bring_back_the_same_model(frame, scorer, kind):
    learner = getattr(learners, kind)().fit(
        np.asfortranarray(np.random.default_rng(0).random((400, 25))), np.arange(400) % 3 == 0
    )
    model = replace(scorer, kind=kind, estimator=learner)

    data, sha256 = to_bytes(model)
    loaded = from_bytes(data, sha256)

    assert replace(loaded, estimator=None) == replace(model, estimator=None)
    np.testing.assert_array_equal(score(loaded, frame)["churn_ppm"], score(model, frame)["churn_ppm"])


def test_bytes_of_the_score_card_load():
    card = Scorer(kind="score_card", month=MONTH, note="few_months", metrics={"months": 6, "needed": 9})

    assert from_bytes(*to_bytes(card)) == card


def test_changed_bytes_are_refused(scorer):
    data, sha256 = to_bytes(scorer)

    with pytest.raises(WrongHash):
        from_bytes(data + b"x", sha256)


def test_card_scores_are_its_points(frame):
    scored = score(Scorer(kind="score_card", month=MONTH), frame)

    stays = frame["is_in_network"]
    assert scored["base_score"][stays].tolist() == scorecard.points(frame)[stays].tolist()
    assert scored["churn_ppm"][~stays].tolist() == [0] * (~stays).sum()
