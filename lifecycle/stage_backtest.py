"""If these stage thresholds had ruled the last year: who moved, who flapped, whose leaving was seen coming. Pure NumPy.

The stages of the past come from `stage_path`, the night's own rule, over all months that are loaded. One thing a past
month knew is not known any more, for the version in force and for a draft alike: low months count only within the
cohort's year.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from lifecycle.journeys import BACK_WITHIN
from lifecycle.signs import StageThresholds
from lifecycle.stage_rule import DECLINE, EXIT, NONE
from lifecycle.stages import stage_path

MONTHS = 12
FIRST_TOLD = 7  # months that must lie behind: six bills and one more, so that a fall can be told

Mask = npt.NDArray[np.bool_]
Small = npt.NDArray[np.int8]


@dataclass(frozen=True)
class PastMonth:
    """One month under the thresholds.

    moved: another stage than the month before. flapped: back in a stage left within the last three months. left: new in
    exit; caught: those of them who stood in decline the month before. entered: new in decline.
    """

    month: int
    moved: int
    flapped: int
    entered: int
    left: int
    caught: int
    declining: int

    def __add__(self, other: PastMonth) -> PastMonth:
        numbers = {name: getattr(self, name) + getattr(other, name) for name in NUMBERS}
        return PastMonth(month=self.month, **numbers)


NUMBERS = ("moved", "flapped", "entered", "left", "caught", "declining")


def back_test(frames: Iterable[Frame], policy: StageThresholds) -> list[PastMonth]:
    """Return the last twelve months under a policy, oldest first, summed over all frames; fewer where history ends."""
    total: list[PastMonth] = []
    for frame in frames:
        months = _of_frame(frame, policy)
        total = [one + more for one, more in zip(total, months, strict=True)] if total else months
    return total


def year(months: Iterable[PastMonth]) -> PastMonth:
    """Return the sum of the months, under the number of month 0."""
    total = PastMonth(0, *[0] * len(NUMBERS))
    for one in months:
        total += one
    return total


def _of_frame(frame: Frame, policy: StageThresholds) -> list[PastMonth]:
    reach = min(MONTHS, frame.months - FIRST_TOLD)
    behind: deque[Small] = deque(maxlen=BACK_WITHIN + 2)  # the month itself last
    found = []
    for step in stage_path(frame, policy):
        behind.append(step.stage)
        if step.month > frame.month - reach and len(behind) > 1:
            found.append(_month(step.month, list(behind)))
    return found


def _month(month: int, behind: list[Small]) -> PastMonth:
    now, before = behind[-1], behind[-2]
    is_known = before != NONE
    has_moved: Mask = (now != before) & is_known
    is_back = np.zeros(len(now), np.bool_)
    for older in behind[:-2]:
        is_back |= older == now
    left = has_moved & (now == EXIT)
    return PastMonth(
        month=month,
        moved=int(has_moved.sum()),
        flapped=int((has_moved & is_back).sum()),
        entered=int((has_moved & (now == DECLINE)).sum()),
        left=int(left.sum()),
        caught=int((left & (before == DECLINE)).sum()),
        declining=int((now == DECLINE).sum()),
    )
