"""Which arm of a test a customer is in: a draw by the customer's id and the test's salt, nothing else. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

PERMILLE = 1000
# SplitMix64 (Steele, Lea, Flood 2014): its increment and the finalizer of Stafford's mix 13, every bit of 64 counts
GOLDEN, FIRST, SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def lots(ids: npt.ArrayLike, *, salt: str) -> npt.NDArray[np.int64]:
    """Return each customer's lot of a test, 0 to 999: the same whoever else is drawn, in whatever order.

    `ids` are main customer records. Another salt draws independently, so that who was a control once is none for ever.
    """
    seed = np.uint64(int.from_bytes(hashlib.sha256(salt.encode()).digest()[:8], "big"))
    mixed = np.asarray(ids, dtype=np.uint64) * GOLDEN + seed  # wraps around, as it should
    mixed = (mixed ^ (mixed >> np.uint64(30))) * FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * SECOND
    mixed ^= mixed >> np.uint64(31)
    return ((mixed >> np.uint64(32)) * np.uint64(PERMILLE) >> np.uint64(32)).astype(np.int64)


def arms_of(ids: npt.ArrayLike, *, salt: str, shares: Sequence[int]) -> npt.NDArray[np.int64]:
    """Return the number of each customer's arm, counted from 0; `shares` are per mille and sum to 1000."""
    if sum(shares) != PERMILLE:
        raise ValueError(f"the shares sum to {sum(shares)}, not to {PERMILLE}")
    return np.searchsorted(np.cumsum(shares), lots(ids, salt=salt), side="right").astype(np.int64)
