"""Why a customer stands in a band, in words with the amounts."""

from __future__ import annotations

import pytest

from customers.models import Standing
from segmentation.panels import _band
from segmentation.tiers import TierThresholds

PLAN = vars(TierThresholds(grace_months=2))


@pytest.mark.parametrize(
    ("cum3_fen", "clause", "change"),
    [
        (366_00, ("122", "120"), ("78", "2")),
        (300_00, ("100", "120", "2"), ("100", "20")),
    ],
)
def test_band_names_its_line_and_the_distance(cum3_fen, clause, change):
    verdict = _band(Standing(band=4, previous_band=4, cum3_fen=cum3_fen, previous_cum3_fen=0), plan=PLAN, policy="v1")

    assert all(f"{amount}" in verdict.clause for amount in clause)
    assert all(f"{amount}" in verdict.change for amount in change)


def test_band_within_its_grace_says_so():
    plan = vars(TierThresholds(grace_months=2))

    held = _band(Standing(band=4, previous_band=4, cum3_fen=300_00, previous_cum3_fen=0), plan=plan, policy="v1")
    firm = _band(Standing(band=4, previous_band=4, cum3_fen=360_00, previous_cum3_fen=0), plan=plan, policy="v1")

    assert held.clause != firm.clause
    assert "-" not in held.change
