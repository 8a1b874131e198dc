"""Whose customer code a draft ladder would turn: the night's rule of codes on the kept frame, exact to the customer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from customers.models import Run
from segmentation.actions import Ladder
from segmentation.ladder_frame import ladder_frame
from segmentation.models import Code
from segmentation.tiers import TierThresholds, tiers
from segmentation.whatif import CountyMoves, bands_under, county_moves, policies_of

CODES = max(Code) + 1

Small = npt.NDArray[np.int8]
Mask = npt.NDArray[np.bool_]


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
class CodeEffect:
    """What a ladder would do to codes, of customers on the network. `changed`: whose band or code would differ."""

    codes: list[Pair]
    turns: list[Turn]
    counties: list[CountyMoves]
    changed: int

    @property
    def turned(self) -> int:
        return sum(turn.customers for turn in self.turns)

    def as_record(self) -> dict[str, Any]:
        """Return what is kept with the published policy beside the bands."""
        return {"codes": {str(pair.value): pair.after for pair in self.codes}, "moved": self.changed}


def code_effect(*, run: Run, ladder: Ladder) -> CodeEffect:
    """Return what the ladder would do to the codes on the day of the published run. Saves nothing."""
    frame, policies = ladder_frame(run.pk), policies_of(ladder)
    before, after = (codes_of(run.pk, policy) for policy in policies)
    bands = [bands_under(frame, policy) for policy in policies]
    counts = np.bincount(before.astype(np.int16) * CODES + after, minlength=CODES * CODES).reshape(CODES, CODES)
    return CodeEffect(
        codes=[Pair(code, int(counts[code].sum()), int(counts[:, code].sum())) for code in Code.values],
        turns=[
            Turn(int(old), int(new), int(counts[old, new])) for old, new in np.argwhere(counts) if old != new
        ],
        counties=county_moves(frame, after, before),  # A is better than C: the smaller number
        changed=int(((before != after) | (bands[0] != bands[1])).sum()),
    )  # fmt: skip


@lru_cache(maxsize=4)
def codes_of(run_id: int, policy: TierThresholds) -> Small:
    """Return everybody's code under a policy, in the order of the kept frame, 0 off the network; the last few are kept."""
    found = codes_under(ladder_frame(run_id), policy)
    found.flags.writeable = False
    return found


def codes_under(frame: Frame, policy: TierThresholds) -> Small:
    """Return everybody's code today under a policy, 0 off the network; pure."""
    # Membership of the cohort decides between layers below the strategic one, which no code depends on.
    stranger = frame.with_columns(cohort_state=np.zeros(len(frame), dtype=np.int8))
    code: Small = tiers(stranger, policy)["code"] * frame["is_in_network"]
    return code
