"""From policy rows to the plain values the rules take."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from lifecycle.models import MomentKind, StagePolicy
from lifecycle.signs import StageThresholds
from lifecycle.thresholds import thresholds


def stage_thresholds(policy: StagePolicy) -> StageThresholds:
    """Return a stage policy as plain values."""
    return StageThresholds(**{field.name: getattr(policy, field.name) for field in fields(StageThresholds)})


def moment_rows() -> list[dict[str, Any]]:
    """Return the terms of every kind as plain JSON values, all thresholds told, for the plan of a night.

    `lifecycle.moments.terms.kinds_of` makes the rules' terms of them.
    """
    kinds = MomentKind.objects.order_by("bit").select_related("needs_tag", "not_for_tag").prefetch_related("counties")
    return [
        {
            "pk": kind.pk,
            "code": kind.code,
            "bit": kind.bit,
            "version": kind.version,
            "is_enabled": kind.is_enabled,
            "cool_down_days": kind.cool_down_days,
            "repeats": kind.repeats,
            "thresholds": thresholds(kind.code, kind.thresholds),
            "counties": sorted(county.pk for county in kind.counties.all()),
            "needs_tags": 1 << kind.needs_tag.bit if kind.needs_tag else 0,
            "not_for_tags": 1 << kind.not_for_tag.bit if kind.not_for_tag else 0,
        }
        for kind in kinds
    ]
