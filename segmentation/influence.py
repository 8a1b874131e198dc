"""What of other people's bills hangs on a customer: the value of somebody small to somebody big (S-065).

Of each person who talks with the customer, the share of that person's talk in the calling circle which is with the
customer, times that person's average bill. Shares of one person add up to at most the whole bill. Pure, exact: whole fen,
rounded down per tie, so that lines add up to the sum.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

STRONG_PERCENT = 20  # of somebody's talk: who is talked with so much would be missed

Column = npt.NDArray[np.integer[Any]]


def hanging_fen(cum3_fen: Column, *, minutes: Column, whole_minutes: Column) -> npt.NDArray[np.int64]:
    """Return per tie what of a monthly bill hangs on it; `cum3_fen` is the bill of three months, below zero counts as 0.

    `whole_minutes` are all minutes of the other person's circle, those of the tie among them.
    """
    bills = np.maximum(cum3_fen, 0).astype(np.int64)
    talked = np.maximum(whole_minutes, minutes).astype(np.int64)
    hanging: npt.NDArray[np.int64] = bills * minutes // (3 * np.maximum(talked, 1))
    return hanging


def is_strong(*, minutes: Column, whole_minutes: Column) -> npt.NDArray[np.bool_]:
    """Return whether the tie is a fifth or more of the other person's talk."""
    strong: npt.NDArray[np.bool_] = (minutes > 0) & (100 * minutes >= STRONG_PERCENT * whole_minutes)
    return strong
