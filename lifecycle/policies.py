"""From policy rows to the plain values the rules take."""

from __future__ import annotations

from dataclasses import fields

from lifecycle.models import StagePolicy
from lifecycle.signs import StageThresholds


def stage_thresholds(policy: StagePolicy) -> StageThresholds:
    """Return a stage policy as plain values."""
    return StageThresholds(**{field.name: getattr(policy, field.name) for field in fields(StageThresholds)})
