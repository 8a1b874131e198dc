"""How good a churn probability is on customers it has not seen. NumPy only; every figure between its own bounds."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

RANGE_95 = 1.96  # standard errors to either side that hold 95 of 100 cases
TOP = 0.1  # the share of customers a branch can work on


def auc(lost: Flags, score: npt.NDArray[np.generic]) -> float:
    """Return the area under the ROC curve, ties counted half; 0.5 when only one class is present."""
    positives = int(lost.sum())
    negatives = len(lost) - positives
    if not positives or not negatives:
        return 0.5
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2.0
    return float((ranks[place][lost].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def evaluate(lost: Flags, probability: Floats, value_fen: npt.NDArray[np.int64]) -> dict[str, Any]:
    """Return AUC, lift in the top tenth, calibration, base rate, value at risk caught, and the decile table."""
    return {
        "customers": len(lost),
        "lost": int(lost.sum()),
        "base_rate": round(float(lost.mean()), 6),
        "auc": round(auc(lost, probability), 4),
        "lift_top_tenth": round(lift(lost, probability), 3),
        "ece": round(calibration_error(lost, probability), 4),
        "brier": round(float(np.mean((probability - lost) ** 2)), 5),
        "value_caught": {
            "by_probability": round(value_caught(lost, value_fen, probability), 4),
            "by_value": round(value_caught(lost, value_fen, value_fen), 4),
            "by_probability_times_value": round(value_caught(lost, value_fen, probability * value_fen), 4),
        },
        "deciles": deciles(lost, probability, value_fen),
    }


def promise_error(metrics: dict[str, Any]) -> float | None:
    """Return by which share a sum of promised departures may be wrong, from the check on customers the model never saw.

    ece / base rate: the mean gap between promised and seen rate over the tenths, as if every gap pointed the same way;
    plus 1.96 x sqrt((1 - base rate) / lost), the binomial error (95 %) of the seen rate itself. Save rates, margins and
    costs are planning figures and no part of it. None for a model that was not checked, or saw nobody leave.
    """
    lost, base = metrics.get("lost", 0), metrics.get("base_rate", 0)
    if not lost or not base:
        return None
    return float(metrics["ece"] / base + RANGE_95 * np.sqrt((1 - base) / lost))


def lift(lost: Flags, score: npt.NDArray[np.generic]) -> float:
    """Return the rate of the lost in the riskiest tenth, over the rate of all."""
    rate = lost.mean()
    return float(lost[_top(score)].mean() / rate) if rate else 0.0


def calibration_error(lost: Flags, probability: Floats, *, bins: int = 10) -> float:
    """Return the expected calibration error: mean gap between promised and seen rate over equally filled bins."""
    parts = np.array_split(np.argsort(probability, kind="stable"), bins)
    gaps = [len(part) * abs(probability[part].mean() - lost[part].mean()) for part in parts if len(part)]
    return float(sum(gaps) / len(lost))


def value_caught(lost: Flags, value_fen: npt.NDArray[np.int64], order: npt.NDArray[np.generic]) -> float:
    """Return which share of the value that was lost lies in the top tenth by `order`."""
    at_risk = np.where(lost, value_fen, 0)
    total = at_risk.sum()
    return float(at_risk[_top(order)].sum() / total) if total else 0.0


def deciles(lost: Flags, probability: Floats, value_fen: npt.NDArray[np.int64]) -> list[dict[str, Any]]:
    """Return ten rows, riskiest first: customers, promised rate, lost, seen rate, value lost in fen."""
    parts = np.array_split(np.argsort(-probability, kind="stable"), 10)
    return [
        {
            "decile": number,
            "customers": len(part),
            "promised": round(float(probability[part].mean()), 5),
            "lost": int(lost[part].sum()),
            "seen": round(float(lost[part].mean()), 5),
            "value_lost_fen": int(value_fen[part][lost[part]].sum()),
        }
        for number, part in enumerate(parts, start=1)
        if len(part)
    ]


def forward_fen(value_fen: npt.NDArray[np.int64], probability: Floats) -> npt.NDArray[np.int64]:
    """Return the value to come: the bills of three months times the chance to stay, rounded down to the fen."""
    stay_ppm = 1_000_000 - np.rint(probability * 1_000_000).astype(np.int64)
    return value_fen * stay_ppm // 1_000_000


def forward_deciles(forward: npt.NDArray[np.int64], realised_fen: npt.NDArray[np.int64]) -> list[dict[str, int]]:
    """Return ten rows, the most valuable first: customers, value to come as promised, bills as they came, in fen."""
    parts = np.array_split(np.argsort(-forward, kind="stable"), 10)
    return [
        {
            "decile": number,
            "customers": len(part),
            "forward_fen": int(forward[part].sum()),
            "realised_fen": int(realised_fen[part].sum()),
        }
        for number, part in enumerate(parts, start=1)
        if len(part)
    ]


def _top(order: npt.NDArray[np.generic]) -> npt.NDArray[np.intp]:
    return np.argsort(-order.astype(np.float64), kind="stable")[: max(1, round(len(order) * TOP))]
