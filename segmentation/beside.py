"""What a draft ladder would do beside the bands: codes, credit, stickiness, and the kept rate by the same rule.

More than bills decides here, so every customer is loaded as the night loads them: slower than segmentation/whatif.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.credit import LISTED, credit
from customers.frame import Frame
from customers.models import Run
from cvm.lib.months import month_of
from segmentation.actions import Ladder, live_policy
from segmentation.cohort import RETAINED, CohortTerms, cohort
from segmentation.ladder_frame import frames_of
from segmentation.models import Code
from segmentation.rates import rate
from segmentation.stickiness import indices
from segmentation.tiers import bands, months_needed, tiers

CODES = max(Code) + 1
LEVELS = LISTED + 1
YEAR_MONTHS, WINDOW = 12, 3

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Turn:
    """So many customers on the network whose code turns."""

    before: int
    after: int
    customers: int


@dataclass(frozen=True)
class Pair:
    """A number under the ladder in force and under the draft."""

    value: int
    before: int
    after: int


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
    """The effect beside the bands; codes, credit and stickiness of customers on the network.

    `changed`: whose band or code would differ. Stickiness: sums of the index, and whose index would differ.
    """

    customers: int
    codes: list[Pair]
    turns: list[Turn]
    credit: list[Pair]
    sticky: Pair
    sticky_moved: int
    kept: tuple[Kept, Kept]
    changed: int

    @property
    def sticky_means(self) -> tuple[Decimal, Decimal] | None:
        """Return the mean index before and after, to a tenth; None of nobody."""
        if not self.customers:
            return None
        before, after = (Decimal(one) / self.customers for one in (self.sticky.before, self.sticky.after))
        return before.quantize(Decimal("0.1")), after.quantize(Decimal("0.1"))

    def as_record(self) -> dict[str, Any]:
        """Return what is kept with the published policy beside the bands."""
        return {"codes": {str(pair.value): pair.after for pair in self.codes}, "moved": self.changed}


def beside(*, run: Run, ladder: Ladder) -> Beside:
    """Return the effect on the day of the published run. Saves nothing; the last few answers are kept."""
    terms = CohortTerms(**{**run.plan.get("cohort", {}), "year": run.month.year, "frozen_through": 0})
    return _beside(run.pk, replace(Ladder.of(live_policy()), note=""), replace(ladder, note=""), terms)


@lru_cache(maxsize=4)
def _beside(run_id: int, before: Ladder, after: Ladder, terms: CohortTerms) -> Beside:
    codes, levels = np.zeros((CODES, CODES), np.int64), np.zeros((2, LEVELS), np.int64)
    sticky, kept = np.zeros(2, np.int64), np.zeros((2, 2), np.int64)
    customers = sticky_moved = changed = 0
    for frame in _frames(run_id, before, after, terms):
        there = frame["is_in_network"]
        old, new = (_judged(frame, ladder) for ladder in (before, after))
        turned = old["code"][there].astype(np.int64) * CODES + new["code"][there]
        codes += np.bincount(turned, minlength=CODES * CODES).reshape(CODES, CODES)
        changed += int(((old["band"] != new["band"]) | (there & (old["code"] != new["code"]))).sum())
        index = [indices(frame, ladder.stickiness)[there] for ladder in (before, after)]
        sticky += [int(one.sum()) for one in index]
        sticky_moved += int((index[0] != index[1]).sum())
        for row, ladder in enumerate((before, after)):
            found = credit(frame, ladder.thresholds.credit)[there]
            levels[row] += np.bincount(found, minlength=LEVELS)
            kept[row] += _kept(frame, replace(terms, threshold_fen=3 * ladder.mid_from_fen))
        customers += int(there.sum())
    return Beside(
        customers=customers,
        codes=[Pair(code, int(codes[code].sum()), int(codes[:, code].sum())) for code in Code.values],
        turns=[
            Turn(int(old), int(new), int(codes[old, new])) for old, new in np.argwhere(codes) if old != new
        ],
        credit=[Pair(level, int(levels[0, level]), int(levels[1, level])) for level in range(LEVELS)],
        sticky=Pair(0, int(sticky[0]), int(sticky[1])),
        sticky_moved=sticky_moved,
        kept=(Kept(*kept[0].tolist()), Kept(*kept[1].tolist())),
        changed=changed,
    )  # fmt: skip


def _frames(run_id: int, before: Ladder, after: Ladder, terms: CohortTerms) -> Iterator[Frame]:
    """Yield everybody with as many months as the codes, a year of bills and the cohort's base window need."""
    run = Run.objects.get(pk=run_id)
    window = month_of(run.month) - terms.base_month + WINDOW
    looked = (months_needed(ladder.thresholds) for ladder in (before, after))
    yield from frames_of(run, months=max(YEAR_MONTHS, window, *looked))


def _judged(frame: Frame, ladder: Ladder) -> Frame:
    # Membership of the cohort decides between layers below the strategic one, which no code depends on.
    stranger = frame.with_columns(cohort_state=np.zeros(len(frame), dtype=np.int8))
    return tiers(bands(stranger, ladder.thresholds), ladder.thresholds)


def _kept(frame: Frame, terms: CohortTerms) -> list[int]:
    """Return members and kept ones as the bills say it now; what closed months froze is left aside, for both alike."""
    state = cohort(frame, terms)["cohort_state"]
    return [int((state != 0).sum()), int((state == RETAINED).sum())]
