"""What a draft ladder would do beside the bands: codes, credit, stickiness, and the kept rate by the same rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from customers.credit import LISTED, CreditTerms, credit
from customers.models import Run
from segmentation.actions import Ladder, live_policy
from segmentation.codes import CodeEffect, Pair, code_effect
from segmentation.cohort import RETAINED, CohortTerms, cohort
from segmentation.ladder_frame import ladder_frame
from segmentation.rates import rate
from segmentation.stickiness import StickinessWeights, indices

LEVELS = LISTED + 1

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Kept:
    """Members of this year's cohort and those of them who are kept, if its threshold were the mid line."""

    members: int
    retained: int

    @property
    def rate(self) -> Decimal | None:
        return rate(self.retained, self.members)


@dataclass(frozen=True)
class Beside:
    """The effect beside the bands; credit and stickiness of customers on the network.

    Stickiness: sums of the index, and whose index would differ.
    """

    customers: int
    code: CodeEffect
    credit: list[Pair]
    sticky: Pair
    sticky_moved: int
    kept: tuple[Kept, Kept]

    @property
    def sticky_means(self) -> tuple[Decimal, Decimal] | None:
        """Return the mean index before and after, to a tenth; None of nobody."""
        if not self.customers:
            return None
        before, after = (Decimal(one) / self.customers for one in (self.sticky.before, self.sticky.after))
        return before.quantize(Decimal("0.1")), after.quantize(Decimal("0.1"))


def beside(*, run: Run, ladder: Ladder) -> Beside:
    """Return the effect on the day of the published run. Saves nothing."""
    terms = CohortTerms(**{**run.plan.get("cohort", {}), "year": run.month.year, "frozen_through": 0})
    both = Ladder.of(live_policy()), ladder
    levels = [credit_levels(run.pk, one.thresholds.credit) for one in both]
    sticky = [stickiness_of(run.pk, one.stickiness) for one in both]
    return Beside(
        customers=int(levels[0].sum()),
        code=code_effect(run=run, ladder=ladder),
        credit=[Pair(level, int(levels[0][level]), int(levels[1][level])) for level in range(LEVELS)],
        sticky=Pair(0, *(int(index.sum(dtype=np.int64)) for index in sticky)),
        sticky_moved=int((sticky[0] != sticky[1]).sum()),
        kept=(
            kept_of(run.pk, replace(terms, threshold_fen=3 * both[0].mid_from_fen)),
            kept_of(run.pk, replace(terms, threshold_fen=3 * both[1].mid_from_fen)),
        ),
    )


@lru_cache(maxsize=4)
def credit_levels(run_id: int, terms: CreditTerms) -> Numbers:
    """Return the customers on the network by credit level; the last few answers are kept, as below."""
    frame = ladder_frame(run_id)
    return np.bincount(credit(frame, terms)[frame["is_in_network"]], minlength=LEVELS)


@lru_cache(maxsize=4)
def stickiness_of(run_id: int, weights: StickinessWeights) -> npt.NDArray[np.int16]:
    """Return everybody's index, 0 off the network."""
    frame = ladder_frame(run_id)
    return (indices(frame, weights) * frame["is_in_network"]).astype(np.int16)


@lru_cache(maxsize=4)
def kept_of(run_id: int, terms: CohortTerms) -> Kept:
    """Return members and kept ones as the bills say it now; what closed months froze is left aside, for both alike."""
    state = cohort(ladder_frame(run_id), terms)["cohort_state"]
    return Kept(int((state != 0).sum()), int((state == RETAINED).sum()))
