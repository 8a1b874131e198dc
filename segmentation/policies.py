"""From policy rows to the plain values the rules take."""

from __future__ import annotations

import datetime as dt

from segmentation.actions import WAY, Ladder
from segmentation.cohort import CohortTerms
from segmentation.models import Cohort, TierPolicy
from segmentation.tiers import TierThresholds

PARAMETERS = (
    "threshold_fen",
    "low_amount_fen",
    "low_months",
    "require_signed",
    "require_full_window",
    "count_from_january",
)


def from_row(policy: TierPolicy) -> TierThresholds:
    """Return a tier policy, live or draft, as plain values."""
    return Ladder.of(policy).thresholds


def policy_on(day: dt.date) -> TierPolicy | None:
    """Return the ladder that was in force at the end of a day (business time zone); None before the first."""
    return WAY.on(day)


def cohort_terms(year: int, *, frozen_through: int = 0) -> CohortTerms:
    """Return the terms of a year's cohort; a year asked for the first time takes over those of the year before.

    `frozen_through` is the month (ordinal) up to which published runs have closed the membership, 0 for none.
    """
    row = Cohort.objects.filter(year=year).first() or _open(year)
    return CohortTerms(year=year, frozen_through=frozen_through, **{name: getattr(row, name) for name in PARAMETERS})


def _open(year: int) -> Cohort:
    latest = Cohort.objects.filter(year__lt=year).order_by("-year").first() or Cohort()
    parameters = {name: getattr(latest, name) for name in PARAMETERS}
    row, _is_new = Cohort.objects.get_or_create(year=year, defaults=parameters)
    return row
