"""Which stage a customer was in at each of the last month ends, packed into one number. Pure NumPy.

Three bits a month, the newest lowest: twenty months fill 60 of the 63 bits of a bigint. 0 stands before a customer's
first month. One home for the layout: the night packs with it, SQL and the measures read with it.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

BITS = 3
STAGE_MASK = (1 << BITS) - 1
PATH_MONTHS = 20
PATH_MASK = (1 << BITS * PATH_MONTHS) - 1
FIRST_TOLD = 6  # a stage is told in full once six bills lie behind it; before, tenure alone speaks

Int64 = npt.NDArray[np.int64]
Steps = npt.NDArray[np.int8]


def appended(path: Int64, stage: npt.NDArray[np.integer]) -> Int64:
    """Return the paths with one month more; what is older than PATH_MONTHS falls off."""
    longer: Int64 = (path << BITS) & PATH_MASK | stage
    return longer


def always(stage: int, *, months: int) -> int:
    """Return the path of somebody who was in one stage all along."""
    return sum(stage << BITS * back for back in range(min(months, PATH_MONTHS)))


def told_months(history_months: int) -> int:
    """Return for how many month ends (the newest first) a run with so many months of bills tells the stage."""
    return max(1, min(PATH_MONTHS, history_months - FIRST_TOLD + 1))


def stage_at(path: Int64, *, back: int) -> Steps:
    """Return the stages so many months before the newest; 0 where there was none."""
    found: Steps = (path >> BITS * back & STAGE_MASK).astype(np.int8)
    return found


def steps(path: Int64, *, months: int) -> Steps:
    """Return the stages as [months, customers], oldest month first."""
    return np.stack([stage_at(path, back=back) for back in reversed(range(months))])


def masked(back: int, stages: Iterable[int]) -> tuple[int, list[int]]:
    """Return the mask of a path and its values for whoever was in one of these stages so many months back."""
    shift = BITS * back
    return STAGE_MASK << shift, [stage << shift for stage in stages]
