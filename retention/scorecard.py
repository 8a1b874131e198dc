"""The score card: who may leave when there is not enough history to learn from. Documented points, no fitting.

Points are added and cut at 100. More points never come from a better sign, so the card is monotone in each input.
The weights are our own judgement (to be confirmed by the branch); the signs are those practice names:
falling spend, no recent bill, short tenure, nothing that binds, paying trouble.

| sign | points |
|---|---|
| months since the last positive bill: 1 / 2 / 3 or more | 15 / 30 / 45 |
| spend of the newest month against the average of the three before: <= 90 % / <= 70 % / <= 50 % | 5 / 15 / 25 |
| months on network: under 24 / under 12 / under 6 | 4 / 8 / 12 |
| bundle: ends in 31..90 days / ends within 30 days, or none runs | 5 / 10 |
| suspended at the end of the newest month | 15 |
| payments delayed in the last 90 days: 1 / 2 / 3 or more | 10 / 20 / 30 |

The trend needs four months of history; with fewer it gives no points. Spend is compared as exact integers.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from customers.history import SUSPENDED

Points = npt.NDArray[np.int16]

# Lost within three months when nothing was learned: 0.82 % a month leave a mid/high-end base (a published
# demonstration of one operator, 2026), three months of it.
BASE_RATE = 0.0246


def points(frame: Frame) -> Points:
    """Return the points 0..100 per customer; higher is more likely to leave."""
    signs = (_recency, _trend, _tenure, _bundle, _suspended, _delays)
    total = sum((sign(frame) for sign in signs), start=np.zeros(len(frame), dtype=np.int16))
    return np.minimum(total, 100).astype(np.int16)


def _recency(frame: Frame) -> Points:
    positive = frame.history["arpu_fen"][:3] > 0
    since = np.where(positive.any(axis=0), positive.argmax(axis=0), 3)
    return np.array([0, 15, 30, 45], dtype=np.int16)[since]


def _trend(frame: Frame) -> Points:
    if frame.months < 4:
        return np.zeros(len(frame), dtype=np.int16)
    spend = frame.history["arpu_fen"][:4].astype(np.int64)
    before = spend[1:].sum(axis=0)
    tenths = 30 * spend[0]  # tenths of the average: 10 * now / (before / 3)
    falls = [tenths <= share * before for share in (9, 7, 5)]
    return np.select([before <= 0, *falls[::-1]], [0, 25, 15, 5], default=0).astype(np.int16)


def _tenure(frame: Frame) -> Points:
    months = frame["tenure_months"]
    return np.select([months < 6, months < 12, months < 24], [12, 8, 4], default=0).astype(np.int16)


def _bundle(frame: Frame) -> Points:
    end = frame["bundle_end_day"]
    left = end.astype(np.int64) - frame.today
    return np.select([end == 0, left <= 30, left <= 90], [10, 10, 5], default=0).astype(np.int16)


def _suspended(frame: Frame) -> Points:
    return np.where(frame.history["flags"][0] & SUSPENDED, 15, 0).astype(np.int16)


def _delays(frame: Frame) -> Points:
    return np.array([0, 10, 20, 30], dtype=np.int16)[frame["payment_delays"].clip(0, 3)]
