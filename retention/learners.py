"""The two learners of the churn model, and a fitted one as bytes: all there is of scikit-learn and skops.

Apart from churn.py because their import takes five seconds of processor time, which web processes and commands that
never learn need not spend. The worker imports this before it forks (cvm/celery.py).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skops import io

# What a stored model may bring beside the scikit-learn classes skops knows as harmless: one class, by name.
TRUSTED = ["sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"]


def logistic() -> Any:
    """Return an unfitted logistic regression over standardised features."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))


def boosting() -> Any:
    """Return unfitted gradient boosting with few, small trees."""
    return HistGradientBoostingClassifier(
        max_iter=60,
        max_leaf_nodes=15,
        min_samples_leaf=40,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=0,
    )


def platt(decision: npt.NDArray[np.float64], lost: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Return slope and intercept that make decision values probabilities."""
    fitted = LogisticRegression(C=1e6, max_iter=1000).fit(decision[:, None], lost)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def to_skops(content: dict[str, Any]) -> bytes:
    """Return plain values and a fitted learner as a skops file."""
    data: bytes = io.dumps(content)
    return data


def from_skops(data: bytes) -> dict[str, Any]:
    """Return the content of a skops file; raises skops' error for any class that is not trusted."""
    content: dict[str, Any] = io.loads(data, trusted=TRUSTED)
    return content
