"""From policy rows to the plain values the rules take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from lifecycle.models import MomentKind, StagePolicy
from lifecycle.signs import StageThresholds


@dataclass(frozen=True)
class MomentTerms:
    """Which kinds are looked for, and how long each stays silent afterwards (days by bit)."""

    enabled_bits: int
    cool_down_days: dict[int, int]


def stage_thresholds(policy: StagePolicy) -> StageThresholds:
    """Return a stage policy as plain values."""
    return StageThresholds(**{field.name: getattr(policy, field.name) for field in fields(StageThresholds)})


def moment_terms(kinds: Iterable[MomentKind]) -> MomentTerms:
    """Return what the moments rule needs to know of its kinds."""
    kinds = list(kinds)
    enabled = sum(1 << kind.bit for kind in kinds if kind.is_enabled)
    return MomentTerms(enabled, {kind.bit: kind.cool_down_days for kind in kinds})
