"""Learn who leaves, check it on a later time, keep the model as bytes, and score every customer with it.

Two learners race: logistic regression and gradient boosting with few, small trees. With too little history
neither runs and the documented score card (scorecard.py) does the work; `Scorer.note` says why.

Score and probability. `churn_ppm` is the calibrated probability of being lost within three months (churn_sample.py),
in parts per million. The score restates it on a fixed scale, 0..100: the percentage it would be if one customer in
five of this branch were lost, `100 * r / (r + 4)` with r = odds of the customer over odds of the base rate. So the
order stays the same, an average customer has 20, and the warning lines 40, 60, 80 (DOMAIN 4.5) mean 2.7, 6 and 16
times the average odds in every branch and season, however many leave there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from retention import scorecard
from retention.churn_features import FEATURES, Matrix, churn_features
from retention.churn_metrics import auc, evaluate, forward_deciles, forward_fen
from retention.churn_sample import MIN_MONTHS, SAMPLE, Sample, Snapshot, gather, gather_all, plan_snapshots

BOOSTING, LOGISTIC, SCORE_CARD = "boosting", "logistic", "score_card"
MIN_EACH = 100  # lost, and kept, customers needed on each side of the split
MIN_AUC = 0.55  # below this a learner knows nothing worth acting on
BLOCK = 8192  # rows scored at a time: stays in the processor's cache (twice as fast as one call)
AVERAGE_SCORE = 20  # the score of a customer at the base rate


class WrongHash(ValueError):
    """The stored model is not the one that was fitted: its SHA-256 differs. Nothing was loaded."""


@dataclass(frozen=True)
class Scorer:
    """A fitted model, or the score card; everything scoring and the model page need, and nothing of the database."""

    kind: str
    month: int
    estimator: Any = None
    slope: float = 1.0  # Platt: probability = 1 / (1 + exp(-(slope * decision + intercept)))
    intercept: float = 0.0
    base_rate: float = scorecard.BASE_RATE
    window: int = 0
    learn_month: int | None = None
    check_month: int | None = None
    features: tuple[str, ...] = ()
    metrics: dict[str, Any] = field(default_factory=dict)
    note: str = ""  # why it is the score card: a key of retention.queries.NOTES, its values in `metrics`


def fit(frames: Iterable[Frame], *, customers: int, month: int, months: int, limit: int = SAMPLE) -> Scorer:
    """Return the better of two learners, checked on a later time, or the score card with the reason in `note`.

    `frames` are read once, one at a time (buckets of the night); `customers` is how many they hold together;
    every frame has `months` months of history ending in `month`. Deterministic: same data, same model.
    """
    plan = plan_snapshots(months)
    if plan is None:
        return _score_card(month, "few_months", months=months, needed=MIN_MONTHS)
    sample = gather_all([gather(frame, plan=plan, customers=customers, limit=limit) for frame in frames])
    if _fewest(sample) < MIN_EACH:
        return _score_card(month, "few_lost", found=_fewest(sample), needed=MIN_EACH)
    fitted = fit_sample(sample, month=month, window=plan.window)
    if fitted.metrics["auc"] < MIN_AUC:
        return _score_card(month, "weak", auc=fitted.metrics["auc"], needed=MIN_AUC)
    return replace(fitted, learn_month=month - plan.learn[0], check_month=month - plan.check)


def fit_sample(sample: Sample, *, month: int, window: int) -> Scorer:
    """Return the winner of the race on a sample.

    The even positions of the check snapshot choose the winner and calibrate it (Platt); every figure in `metrics`
    comes from the odd positions, which nothing was fitted to.
    """
    from retention import learners  # late: its import is dear, and most processes never learn

    calibration, test = _half(sample.check, 0), _half(sample.check, 1)
    entered = {LOGISTIC: learners.logistic(), BOOSTING: learners.boosting()}
    race = {kind: _learned(learner, sample.learn) for kind, learner in entered.items()}
    areas = {kind: auc(calibration.lost, known.decision_function(calibration.features)) for kind, known in race.items()}
    winner = max(areas, key=lambda kind: areas[kind])
    slope, intercept = learners.platt(race[winner].decision_function(calibration.features), calibration.lost)
    scorer = Scorer(
        kind=winner,
        month=month,
        estimator=race[winner],
        slope=slope,
        intercept=intercept,
        base_rate=float(calibration.lost.mean()),
        window=window,
        features=FEATURES,
    )
    promised = probabilities(scorer, test.features)
    metrics = evaluate(test.lost, promised, test.value_fen)
    forward = forward_deciles(forward_fen(test.value_fen, promised), test.realised_fen)
    race_report = {kind: round(area, 4) for kind, area in areas.items()}
    return replace(
        scorer, metrics={**metrics, "forward": forward, "race": race_report, "learned_from": len(sample.learn)}
    )


def score(scorer: Scorer, frame: Frame) -> Frame:
    """Return the frame with `churn_ppm` (int32) and `base_score` (int16, 0..100); both 0 for who is off network.

    `base_score` is the score before the warning policy adds its points (retention/warnings.py makes `score`).
    Needs `is_in_network`.
    """
    if scorer.kind == SCORE_CARD:
        return _by_card(frame)
    probability = np.empty(len(frame))
    for start in range(0, len(frame), BLOCK):
        block = frame.take(slice(start, start + BLOCK))
        probability[start : start + BLOCK] = probabilities(scorer, churn_features(block, window=scorer.window))
    probability[~frame["is_in_network"].astype(bool)] = 0.0
    ppm = np.rint(probability * 1_000_000).astype(np.int32)
    return frame.with_columns(churn_ppm=ppm, base_score=to_score(ppm, base_rate=scorer.base_rate))


def probabilities(scorer: Scorer, features: Matrix) -> Matrix:
    """Return the calibrated probability per row of a feature matrix."""
    decision = scorer.estimator.decision_function(features)
    return 1.0 / (1.0 + np.exp(-(scorer.slope * decision + scorer.intercept)))


def to_score(churn_ppm: npt.NDArray[np.int32], *, base_rate: float) -> npt.NDArray[np.int16]:
    """Return the score 0..100 of probabilities, rounded down (the mapping is in the module's text)."""
    probability = np.minimum(churn_ppm, 999_999) / 1_000_000.0
    ratio = probability / (1.0 - probability) * ((1.0 - base_rate) / base_rate)
    return np.floor(100.0 * ratio / (ratio + _SCALE) + 1e-9).astype(np.int16)


def to_ppm(points: npt.NDArray[np.int16], *, base_rate: float) -> npt.NDArray[np.int32]:
    """Return the probability in parts per million a score stands for: the inverse of `to_score`."""
    share = np.minimum(points, 99) / 100.0
    odds = _SCALE * share / (1.0 - share) * base_rate / (1.0 - base_rate)
    return np.ceil(odds / (1.0 + odds) * 1_000_000).astype(np.int32)


def to_bytes(scorer: Scorer) -> tuple[bytes, str]:
    """Return the scorer as a skops file and its SHA-256."""
    from retention import learners

    content = {column.name: getattr(scorer, column.name) for column in fields(scorer)}
    content["features"] = list(scorer.features)
    data = learners.to_skops(content)
    return data, hashlib.sha256(data).hexdigest()


def from_bytes(data: bytes, sha256: str) -> Scorer:
    """Return the scorer of a skops file; raises WrongHash before anything of it is read when the hash differs."""
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise WrongHash(f"The stored churn model has SHA-256 {found}, expected {sha256}. Train it again.")
    from retention import learners

    content = learners.from_skops(data)
    return Scorer(**{**content, "features": tuple(content["features"])})


_SCALE = (100 - AVERAGE_SCORE) / AVERAGE_SCORE


def _learned(learner: Any, snapshot: Snapshot) -> Any:
    return learner.fit(snapshot.features, snapshot.lost)


def _half(snapshot: Snapshot, first: int) -> Snapshot:
    return Snapshot(
        np.asfortranarray(snapshot.features[first::2]),
        snapshot.lost[first::2],
        snapshot.value_fen[first::2],
        snapshot.realised_fen[first::2],
        snapshot.id[first::2],
    )


def _fewest(sample: Sample) -> int:
    """Return the smallest count of lost or kept customers on either side of the split."""
    counts = [(int(part.lost.sum()), len(part)) for part in (sample.learn, sample.check)]
    return min(min(lost, total - lost) for lost, total in counts)


def _score_card(month: int, note: str, **values: float) -> Scorer:
    return Scorer(kind=SCORE_CARD, month=month, note=note, metrics=dict(values))


def _by_card(frame: Frame) -> Frame:
    points = np.where(frame["is_in_network"], scorecard.points(frame), 0).astype(np.int16)
    ppm = np.where(frame["is_in_network"], to_ppm(points, base_rate=scorecard.BASE_RATE), 0).astype(np.int32)
    return frame.with_columns(churn_ppm=ppm, base_score=points)
