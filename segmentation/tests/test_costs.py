"""What serving cost and what remains: worked examples, exact to the fen."""

import pytest

from segmentation.costs import (
    CostLine,
    NoUnitCost,
    channel_of,
    cost_to_serve,
    is_high_cost,
    margin_fen,
    net_value_fen,
)
from segmentation.models import ChannelCost

UNITS = {"call": 600, "hotline": 500, "hall": 1200, "visit": 8000, "sms": 5, "app": 1, "complaint": 3000}
SPELLINGS = {"hotline": ("热线", "10086"), "ivr": ("自助语音热线",), "hall": ("营业厅",), "app": ("app",)}


def test_worked_example():
    cost = cost_to_serve({"call": 4, "hotline": 2, "visit": 1, "sms": 7, "complaint": 2}, UNITS)

    assert cost.lines == (
        CostLine("call", 4, 600),
        CostLine("hotline", 2, 500),
        CostLine("visit", 1, 8000),
        CostLine("sms", 7, 5),
        CostLine("complaint", 2, 3000),
    )
    assert cost.total_fen == 2400 + 1000 + 8000 + 35 + 6000
    assert cost.contacts == 14  # a complaint is no contact
    assert net_value_fen(cost, bills_fen=120_001, margin_permille=500) == 60_000 - 17_435


def test_nobody_served_costs_nothing():
    cost = cost_to_serve({}, UNITS)
    assert (cost.lines, cost.total_fen, cost.contacts) == ((), 0, 0)
    assert not is_high_cost(cost, bills_fen=0)


def test_a_channel_without_unit_cost_is_refused_by_name():
    with pytest.raises(NoUnitCost, match="telex"):
        cost_to_serve({"telex": 1}, UNITS)
    assert cost_to_serve({"telex": 0}, UNITS).lines == ()


def test_margin_is_rounded_down_and_refunds_leave_none():
    assert [margin_fen(fen, margin_permille=500) for fen in (0, 1, 2, 12_345, -700)] == [0, 0, 1, 6172, 0]


def test_high_cost_needs_both_share_and_contacts():
    six, five = cost_to_serve({"call": 6}, UNITS), cost_to_serve({"call": 5, "complaint": 1}, UNITS)
    assert not is_high_cost(six, bills_fen=18_000)  # exactly 20 %
    assert is_high_cost(six, bills_fen=17_999)
    assert is_high_cost(six, bills_fen=-5)
    assert not is_high_cost(five, bills_fen=100)


def test_channels_are_known_by_their_longest_spelling():
    assert channel_of("10086热线", SPELLINGS) == "hotline"
    assert channel_of("自助语音热线", SPELLINGS) == "ivr"
    assert channel_of("东湖营业厅", SPELLINGS) == "hall"
    assert channel_of("APP", SPELLINGS) == "app"
    assert channel_of("传真", SPELLINGS) == ""


@pytest.mark.django_db
def test_default_costs_are_those_of_the_handbook():
    found = dict(ChannelCost.objects.values_list("code", "unit_fen"))
    assert found == {
        "call": 600, "hotline": 500, "hall": 1200, "visit": 8000, "online": 300,
        "ivr": 30, "sms": 5, "app": 1, "complaint": 3000,
    }  # fmt: skip
