"""If this ladder had ruled the last year: who was mid or high, who moved, who flapped, whose leaving it saw. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from segmentation.tiers import TierThresholds, band_of, held_sum, was_in_network

MID = 4  # segmentation.models.Band.MID; test_backtest holds the two together
MONTHS = 12
SUM_MONTHS = 3
FLAP_MONTHS = 3  # over the mid line and back within a quarter

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class PastMonth:
    """One month under the ladder: mid/high customers at its end, moves over the mid line, and who left in it."""

    month: int
    valuable: int
    rose: int
    fell: int
    flapped: int
    left: int
    left_valuable: int
    opened: int  # mid/high at the end of the month before


def back_test(frame: Frame, policy: TierThresholds) -> list[PastMonth]:
    """Return the last twelve months under a policy, oldest first; needs 12 months and what the policy looks back.

    A customer flaps who crosses the mid line this month and crossed it the other way within the two months before.
    Who leaves counts as seen (`left_valuable`) when the ladder held him mid or high at the end of the month before.
    Months that the history does not reach, with the sums and the crossings before them, are left out.
    """
    reach = min(MONTHS, frame.months - SUM_MONTHS - FLAP_MONTHS - policy.grace_months + 2)
    if reach < 1:
        return []
    sides = [_is_valuable(frame, policy, back=back) for back in range(reach + FLAP_MONTHS)]
    return [_month(frame, sides, back=back) for back in reversed(range(reach))]


@dataclass(frozen=True)
class PastYear:
    """The months of a back-test together, in hundredths of a percent where a share is meant."""

    flapped_bp: int  # of those who crossed the line
    seen_bp: int  # of those who left
    kept_bp: int  # of the mid/high at each month's opening, still on the network at its end


def year_of(months: list[PastMonth]) -> PastYear:
    """Return what the months of a back-test (at least one) say together."""
    crossed = sum(month.rose + month.fell for month in months)
    left, seen = sum(month.left for month in months), sum(month.left_valuable for month in months)
    opened = sum(month.opened for month in months)
    return PastYear(
        flapped_bp=_share(sum(month.flapped for month in months), crossed),
        seen_bp=_share(seen, left),
        kept_bp=_share(opened - seen, opened),
    )


def _share(part: int, whole: int) -> int:
    return 10_000 * part // whole if whole else 0


def _is_valuable(frame: Frame, policy: TierThresholds, *, back: int) -> Mask:
    there = frame["is_in_network"] if back == 0 else was_in_network(frame, back=back)
    is_valuable: Mask = band_of(held_sum(frame, policy, back=back), there, policy) >= MID
    return is_valuable


def _month(frame: Frame, sides: list[Mask], *, back: int) -> PastMonth:
    now, before = sides[back], sides[back + 1]
    there = frame["is_in_network"] if back == 0 else was_in_network(frame, back=back)
    was_there = was_in_network(frame, back=back + 1)
    rose, fell = now & ~before & was_there, before & ~now & there
    left = was_there & ~there
    return PastMonth(
        month=frame.month - back,
        valuable=int(now.sum()),
        rose=int(rose.sum()),
        fell=int(fell.sum()),
        flapped=int(((rose & _crossed(sides, back, down=True)) | (fell & _crossed(sides, back, down=False))).sum()),
        left=int(left.sum()),
        left_valuable=int((left & before).sum()),
        opened=int(before.sum()),
    )


def _crossed(sides: list[Mask], back: int, *, down: bool) -> Mask:
    """Tell who crossed the mid line in this direction within the two months before."""
    crossed = np.zeros(len(sides[0]), dtype=np.bool_)
    for older in range(back + 1, back + FLAP_MONTHS):
        crossed |= (sides[older + 1] & ~sides[older]) if down else (~sides[older + 1] & sides[older])
    return crossed
