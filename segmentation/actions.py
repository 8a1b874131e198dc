"""Writes on the value ladder: its versions go the way of all policies (customers/versioning.py)."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from customers.models import Staff
from customers.versioning import DraftChanged, NoDraft, SecondPersonNeeded, VersionWaits, Way
from segmentation.models import TierPolicy
from segmentation.models.policies import RANGES
from segmentation.stickiness import StickinessWeights
from segmentation.tiers import TierThresholds

__all__ = ["DraftChanged", "Ladder", "NoDraft", "SecondPersonNeeded", "VersionWaits"]

LIMITS = ("low_from_fen", "potential_from_fen", "mid_from_fen", "high_from_fen", "grace_months")
CODE = ("code_a_tenure_months", "arrears_months", "new_below_months", "potential_signals")
SIGNS = ("rise_percent", "saturation_percent", "old_handset_months")
WEIGHTS = tuple(name for name in RANGES if name.startswith("weight_"))
CREDIT = ("low_score_below",)
STICKINESS = tuple(f"stick_{name}" for name in StickinessWeights.__dataclass_fields__)
BESIDE = (*CODE, *SIGNS, *WEIGHTS, *CREDIT, *STICKINESS)  # what decides beside the bands
WAY = Way(TierPolicy, "tier_policy", decides=(*LIMITS, *BESIDE))

live_policy = WAY.live
current_draft = WAY.in_the_making
approve, take_back, discard_draft = WAY.approve, WAY.take_back, WAY.discard_draft
roll_back, activate_due = WAY.roll_back, WAY.activate_due


@dataclass(frozen=True)
class Ladder:
    """The values of a tier policy: lines of the bands, rule of the code, credit, stickiness."""

    low_from_fen: int
    potential_from_fen: int
    mid_from_fen: int
    high_from_fen: int
    grace_months: int = 1
    note: str = ""
    code_a_tenure_months: int = 12
    arrears_months: int = 6
    new_below_months: int = 3
    potential_signals: int = 2
    rise_percent: int = 10
    saturation_percent: int = 80
    old_handset_months: int = 24
    weight_rise: int = 1
    weight_saturation: int = 1
    weight_broadband: int = 1
    weight_handset: int = 1
    weight_sim: int = 1
    low_score_below: int = 450
    stick_contract: int = 30
    stick_family: int = 15
    stick_vnet: int = 15
    stick_idle_vnet: int = 5
    stick_autopay: int = 15
    stick_year: int = 3
    stick_benefit: int = 5

    @property
    def thresholds(self) -> TierThresholds:
        """Return the values of the rule of bands and codes."""
        return TierThresholds(**{name: getattr(self, name) for name in TierThresholds.__dataclass_fields__})

    @property
    def stickiness(self) -> StickinessWeights:
        """Return the weights of the stickiness index."""
        return StickinessWeights(**{name.removeprefix("stick_"): getattr(self, name) for name in STICKINESS})

    @classmethod
    def of(cls, policy: TierPolicy) -> Ladder:
        """Return the values of a stored policy."""
        return cls(**{name: getattr(policy, name) for name in cls.__dataclass_fields__})


def save_draft(ladder: Ladder, *, by: Staff, at: dt.datetime) -> TierPolicy:
    """Create the draft or change it. Raises IntegrityError when the ladder does not rise, VersionWaits."""
    return WAY.save_draft(asdict(ladder), by=by, at=at)


def publish_draft(
    seen: Ladder, *, by: Staff, at: dt.datetime, preview: dict[str, Any], effective_on: dt.date | None = None
) -> TierPolicy:
    """Send the draft on its way; `seen` is the ladder whose effect the person was shown. Raises DraftChanged, NoDraft."""
    return WAY.publish_draft(asdict(seen), by=by, at=at, preview=preview, effective_on=effective_on)
