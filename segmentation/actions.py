"""Writes on the value ladder: its versions go the way of all policies (customers/versioning.py)."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from customers.models import Staff
from customers.versioning import DraftChanged, NoDraft, SecondPersonNeeded, VersionWaits, Way
from segmentation.models import TierPolicy

__all__ = ["DraftChanged", "Ladder", "NoDraft", "SecondPersonNeeded", "VersionWaits"]

LIMITS = ("low_from_fen", "potential_from_fen", "mid_from_fen", "high_from_fen", "grace_months")
WAY = Way(TierPolicy, "tier_policy", decides=LIMITS, carried=("code_a_tenure_months", "potential_signals"))

live_policy = WAY.live
current_draft = WAY.in_the_making
approve, take_back, discard_draft = WAY.approve, WAY.take_back, WAY.discard_draft
roll_back, activate_due = WAY.roll_back, WAY.activate_due


@dataclass(frozen=True)
class Ladder:
    """The editable values of a tier policy."""

    low_from_fen: int
    potential_from_fen: int
    mid_from_fen: int
    high_from_fen: int
    grace_months: int = 1
    note: str = ""

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
