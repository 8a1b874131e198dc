"""Which moments meet: found for the same customer within a working week of each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

NEAR_DAYS = 7
SPREAD = 4096  # more days than any back-test has, so that one number holds customer and day

Array = npt.NDArray[Any]


def keys(rows: Array, days: Array, *, first_day: int) -> Array:
    """Return one ascending number per hit, of customer and day."""
    return np.sort(rows.astype(np.int64) * SPREAD + (days.astype(np.int64) - first_day))


def meets(ours: Array, theirs: Array, *, near: int = NEAR_DAYS) -> npt.NDArray[np.bool_]:
    """Tell which of our hits meet one of theirs at most `near` days away (both as `keys`)."""
    if not len(theirs):
        return np.zeros(len(ours), dtype=np.bool_)
    place = np.searchsorted(theirs, ours - near)
    inside = place < len(theirs)
    found = np.zeros(len(ours), dtype=np.bool_)
    found[inside] = theirs[place[inside]] <= ours[inside] + near
    return found
