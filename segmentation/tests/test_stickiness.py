"""The stickiness index: its parts, their limits, and that they add up."""

import pytest

from segmentation.stickiness import Ties, index, stickiness


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
