"""From policy rows to the plain values the rules take."""

from __future__ import annotations

from django.db.models import Max

from segmentation.cohort import CohortTerms
from segmentation.models import Cohort, CohortMember, TierPolicy
from segmentation.tiers import TierThresholds


def from_row(policy: TierPolicy) -> TierThresholds:
    """Return a tier policy, live or draft, as plain values."""
    return TierThresholds(
        low_from_fen=policy.low_from_fen,
        potential_from_fen=policy.potential_from_fen,
        mid_from_fen=policy.mid_from_fen,
        high_from_fen=policy.high_from_fen,
        code_a_tenure_months=policy.code_a_tenure_months,
        potential_signals=policy.potential_signals,
    )


def cohort_terms(year: int) -> CohortTerms:
    """Return the terms of a year's cohort, laying the row with the default parameters the first time.

    The latest month with a written member is closed, and so is every month before it.
    """
    row, _created = Cohort.objects.get_or_create(year=year)
    frozen_through = CohortMember.objects.filter(cohort=row).aggregate(latest=Max("entry_month"))["latest"]
    return CohortTerms(
        year=row.year,
        threshold_fen=row.threshold_fen,
        low_amount_fen=row.low_amount_fen,
        low_months=row.low_months,
        require_signed=row.require_signed,
        require_full_window=row.require_full_window,
        count_from_january=row.count_from_january,
        frozen_through=frozen_through or 0,
    )
