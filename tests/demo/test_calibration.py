"""The published figures of the reference branch, recomputed with the product's own rules."""

import numpy as np
import pytest

from customers.features import features
from cvm.demo.hazard import sigmoid
from cvm.demo.truth import next_leave
from retention.churn import fit
from retention.churn_metrics import auc
from segmentation.cohort import LOST_OFF_NETWORK, LOST_VALUE, OUTSIDE, CohortTerms, cohort
from segmentation.tiers import TierThresholds, bands

MID, PASSIVE = 4, 2


@pytest.fixture(scope="module")
def banded(demo):
    return bands(features(demo.frame), TierThresholds())


def test_mid_and_high_bands_hold_their_share_of_customers(banded):
    in_network = banded["is_in_network"]
    share = (banded["band"][in_network] >= MID).mean()
    assert share == pytest.approx(0.0825, abs=0.003)


def test_mid_and_high_bands_hold_their_share_of_revenue(banded):
    in_network = banded["is_in_network"]
    revenue = banded["cum3_fen"][in_network]
    share = revenue[banded["band"][in_network] >= MID].sum() / revenue.sum()
    assert share == pytest.approx(0.2760, abs=0.010)


def test_cohort_of_the_last_closed_year_loses_its_share(demo, banded):
    placed = cohort(banded, CohortTerms(year=demo.scenario.cohort_year))
    state = placed["cohort_state"]
    lost = np.isin(state, (LOST_OFF_NETWORK, LOST_VALUE)).sum() / (state != OUTSIDE).sum()
    assert lost == pytest.approx(0.2666, abs=0.015)


def test_passive_loyals_are_two_thirds_of_mid_and_high(banded):
    chosen = banded["is_in_network"] & (banded["band"] >= MID)
    assert (banded["loyalty"][chosen] == PASSIVE).mean() == pytest.approx(0.6534, abs=0.010)


def test_past_teaches_the_future_but_not_perfectly(demo, banded):
    scorer = fit([banded], customers=len(banded), month=banded.month, months=banded.months)
    assert 0.72 <= scorer.metrics["auc"] <= 0.90


def test_hazard_and_coming_leaves_belong_together(demo):
    branch = demo.branch
    day, _kind = next_leave(branch)
    undecided = branch.is_here & (branch.life.hazard_now < 1)
    area = auc((day > 0)[undecided], branch.life.hazard_now[undecided])
    assert 0.65 <= area <= 0.85


def test_sigmoid_is_a_probability():
    assert sigmoid(np.array([-100.0, 0.0, 100.0], np.float32)).tolist() == pytest.approx([0.0, 0.5, 1.0])
