"""The stickiness index: its parts, their limits, and that they add up."""

import datetime as dt

import numpy as np
import pytest

from customers.models import Bundle, Customer
from customers.panels import terms
from customers.tests.frames import make_frame
from cvm.lib.months import day_number
from segmentation import stickiness as rule
from segmentation.stickiness import StickinessWeights, Ties, index, indices, stickiness, ties_of

TODAY = dt.date(2018, 1, 5)


def points(**ties):
    return {part.kind: part.points for part in stickiness(Ties(**ties))}


def test_nothing_ties_and_everything_ties():
    everything = Ties(bound_months=24, vnet=2, has_family=True, soft_bundles=3, tenure_months=200, pays_by_itself=True)
    assert index(stickiness(Ties())) == 0
    assert index(stickiness(everything)) == 100
    assert sum(part.most for part in stickiness(Ties())) == 100


@pytest.mark.parametrize(("months", "expected"), [(-1, 0), (0, 0), (1, 2), (6, 15), (12, 30), (13, 30)])
def test_contract_counts_by_its_last_twelve_months(months, expected):
    assert points(bound_months=months)["contract"] == expected


@pytest.mark.parametrize(("months", "expected"), [(-3, 0), (11, 0), (12, 3), (59, 12), (60, 15), (600, 15)])
def test_tenure_counts_full_years(months, expected):
    assert points(tenure_months=months)["tenure"] == expected


def test_an_unused_v_net_holds_little():
    assert [points(vnet=state)["vnet"] for state in (0, 1, 2)] == [0, 5, 15]


def test_benefits_are_counted_twice_at_most():
    assert [points(soft_bundles=number)["benefits"] for number in (0, 1, 2, 9)] == [0, 5, 10, 10]


def test_weights_move_points_and_full_points_alike():
    weights = StickinessWeights(contract=20, family=25)
    parts = {part.kind: (part.points, part.most) for part in stickiness(Ties(12, has_family=True), weights)}
    assert (parts["contract"], parts["family"]) == ((20, 20), (25, 25))
    assert sum(weights.most().values()) == 100


def test_numbers_are_those_of_the_models():
    mode = Customer.PayMode
    assert rule.PAYS_BY_ITSELF == (mode.BANK_COLLECTION, mode.BANK_DEBIT, mode.GROUP_UNIFIED, mode.FAMILY)
    assert (rule.VNET_ORDERED, rule.VNET_ACTIVE) == (Customer.Vnet.ORDERED, Customer.Vnet.ACTIVE)


@pytest.mark.parametrize("days", [0, 1, 25, 26, 27, 30, 31, 57, 58, 120, 365, 400])
def test_months_of_a_contract_are_counted_as_on_the_page(days):
    end = TODAY + dt.timedelta(days=days)
    bundle = Bundle(kind=1, start_date=dt.date(2017, 1, 1), end_date=end, status=Bundle.Status.ACTIVE)
    [term] = terms([bundle], today=TODAY)
    frame = make_frame([{"bundle_count": 1, "bundle_end_day": day_number(end)}])
    assert frame.today == day_number(TODAY)
    assert ties_of(frame).bound_months.tolist() == [term.months_left]


def test_everybody_at_once_is_everybody_alone():
    random = np.random.default_rng(3)
    rows = [
        {
            "bundle_count": int(random.integers(0, 2)),
            "bundle_end_day": int(random.choice([day_number(TODAY) + 80, 2**30])),
            "vnet": int(random.integers(0, 3)),
            "is_in_family": bool(random.integers(0, 2)),
            "benefit_count": int(random.integers(0, 4)),
            "tenure_months": int(random.integers(1, 90)),
            "pay_mode": int(random.integers(0, 6)),
        }
        for _ in range(50)
    ]
    together = indices(make_frame(rows), StickinessWeights())
    assert together.tolist() == [int(indices(make_frame([row]), StickinessWeights())[0]) for row in rows]
    assert 0 <= together.min() < together.max() <= 100
    assert len(indices(make_frame([]), StickinessWeights())) == 0
