"""Bands, layers and codes: every clause, its boundary, and the month of grace."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.features import features
from customers.models import Customer, GroupAccount
from customers.tests.frames import make_frame
from segmentation import models
from segmentation import tiers as rules
from segmentation.cohort import CohortTerms, cohort
from segmentation.policies import cohort_terms, from_row
from segmentation.tiers import (
    A_HIGH,
    A_STRATEGIC,
    B_POTENTIAL,
    B_VALUE,
    C_GENERAL,
    C_NEW,
    CODE_A,
    CODE_B,
    CODE_C,
    GENERAL,
    GROUP,
    HELD,
    ORDINARY,
    STRATEGIC,
    TierThresholds,
    bands,
    potential_signals,
    tiers,
)

POLICY = TierThresholds()
VERDICT = ("band", "previous_band", "layer", "code", "code_reason", "potential_signals")
SILVER = Customer.VipCard.SILVER
TWO_SIGNALS = {"broadband_carrier": Customer.BroadbandCarrier.NONE, "handset_months": 25}


def judge(*rows, policy=POLICY, **when):
    frame = bands(features(make_frame(rows, **when)), policy)
    return tiers(cohort(frame, CohortTerms(year=2017)), policy)


def one(row, *names, **when):
    """Return the named verdicts of one customer."""
    frame = judge(row, **when)
    return tuple(frame[name].item() for name in names)


def code_of(row):
    return one(row, "code", "code_reason")


def monthly(bill, *, months=8):
    return {"bills": [bill] * months}


@pytest.mark.parametrize(
    ("bills", "band"),
    [
        ([0, 0, 0], models.Band.VERY_LOW),
        ([50, 50, "49.99"], models.Band.VERY_LOW),
        ([50, 50, 50], models.Band.LOW),
        ([80, 80, "79.99"], models.Band.LOW),
        ([0, 0, 240], models.Band.POTENTIAL),
        ([120, 120, "119.99"], models.Band.POTENTIAL),
        (["119.99", "120.01", 120], models.Band.MID),
        ([200, 200, "199.99"], models.Band.MID),
        ([600, 0, 0], models.Band.HIGH),
        ([600, 0, "-"], models.Band.OFF),
    ],
)
def test_band_by_the_sum_of_three_months(bills, band):
    assert one({"bills": bills}, "band") == (band,)


def test_previous_band_is_the_band_one_month_earlier():
    rows = [
        {"bills": [200, 200, 200, 10]},
        {"bills": [200, 200, "-", 200]},
        {"bills": [200, 200, 200, "-"]},
        {"bills": [200]},
    ]

    assert judge(*rows)["previous_band"].tolist() == [5, 0, 5, 0]
    assert judge(*rows)["band"].tolist() == [4, 4, 0, 2]
    assert one({"bills": [200]}, "previous_band") == (0,)


def test_bands_follow_the_policy():
    ladder = TierThresholds(low_from_fen=10_00, potential_from_fen=20_00, mid_from_fen=30_00, high_from_fen=40_00)

    assert judge(*[monthly(bill) for bill in (9, 10, 20, 30, 40)], policy=ladder)["band"].tolist() == [1, 2, 3, 4, 5]


def test_layers_in_their_order():
    member = monthly(150, months=12)
    key = {"is_key_person": True}
    rows = [
        {**member, "vip_card": SILVER},
        {**monthly(20), "vip_card": SILVER},
        {**monthly(20), **key, "group_class": GroupAccount.GroupClass.B},
        {**member, **key, "group_class": GroupAccount.GroupClass.C},
        {**member, "group_class": GroupAccount.GroupClass.A},
        {**monthly(20), "group_class": GroupAccount.GroupClass.A},
        member,
        monthly(20),
        {**monthly(20), **key},
    ]

    assert judge(*rows)["layer"].tolist() == [
        STRATEGIC, STRATEGIC, STRATEGIC, GROUP, GROUP, GENERAL, ORDINARY, GENERAL, GENERAL,
    ]  # fmt: skip


def test_code_a_for_a_year_above_the_high_line():
    assert code_of(monthly(200)) == (CODE_A, A_HIGH)
    assert code_of(monthly("199.99")) == (CODE_B, B_VALUE)


def test_code_a_for_the_strategic_on_the_mid_line():
    assert code_of({**monthly(120), "vip_card": SILVER}) == (CODE_A, A_STRATEGIC)
    assert code_of({**monthly("119.99"), "vip_card": SILVER}) == (CODE_C, C_GENERAL)


def test_code_a_needs_twelve_months():
    assert code_of({**monthly(200), "joined": dt.date(2017, 1, 31)}) == (CODE_A, A_HIGH)
    assert code_of({**monthly(200), "joined": dt.date(2017, 2, 1)}) == (CODE_B, B_VALUE)
    assert code_of({**monthly(200), "join_day": 0}) == (CODE_A, A_HIGH)


@pytest.mark.parametrize(("months_ago", "code"), [(0, CODE_A), (1, CODE_B), (5, CODE_B), (6, CODE_A)])
def test_code_a_needs_six_months_without_arrears(months_ago, code):
    """Arrears in the newest month alone leave last month's A standing for a month."""
    owed = [False] * 12
    owed[-1 - months_ago] = True

    assert code_of({**monthly(200, months=12), "arrears": owed})[0] == code


def test_code_b_for_potential_needs_two_signals_and_the_potential_line():
    assert code_of({**monthly(80), **TWO_SIGNALS}) == (CODE_B, B_POTENTIAL)
    assert code_of({**monthly("79.99"), **TWO_SIGNALS}) == (CODE_C, C_GENERAL)
    assert code_of({**monthly(80), **TWO_SIGNALS, "handset_months": 0}) == (CODE_C, C_GENERAL)


def test_new_customers_are_general_for_two_months():
    assert code_of({**monthly(300, months=2), "joined": dt.date(2017, 11, 1)}) == (CODE_C, C_NEW)
    assert code_of({**monthly(300, months=3), "joined": dt.date(2017, 10, 31)}) == (CODE_B, B_VALUE)
    assert code_of({"bills": ["-"], "joined": dt.date(2018, 1, 2)}) == (CODE_C, C_NEW)


def test_a_worse_code_waits_one_month_and_a_better_one_does_not():
    fallen = [120] * 7
    assert code_of({"bills": [*fallen, 119]}) == (CODE_B, HELD)
    assert code_of({"bills": [*fallen, 119, 119]}) == (CODE_C, C_GENERAL)
    assert code_of({"bills": [119] * 7 + [122]}) == (CODE_B, B_VALUE)


def test_who_left_is_general_at_once():
    assert code_of({"bills": [300] * 7 + ["-"]}) == (CODE_C, C_GENERAL)
    assert code_of({**monthly(300), "state": Customer.State.PORTED_OUT}) == (CODE_C, C_GENERAL)


@pytest.mark.parametrize(
    ("row", "count"),
    [
        ({}, 0),
        ({"bills": [100] * 3 + [110] * 3}, 1),
        ({"bills": [100] * 3 + [110, 110, "109.99"]}, 0),
        ({"bills": ["-", 100, 100, 110, 110, 110]}, 0),
        ({"over_fee_fen": [0, 0, 0, 1, 0, 1]}, 1),
        ({"over_fee_fen": [0, 0, 1, 1, 0, 0]}, 0),
        ({"data_mb": 800, "data_quota_mb": 1000}, 1),
        ({"data_mb": [800, 800, 800, 800, 800, 799], "data_quota_mb": 1000}, 0),
        ({"voice_min": 80, "voice_quota_min": 100}, 1),
        ({"voice_min": 80, "voice_quota_min": 100, "data_mb": 900, "data_quota_mb": 1000, "over_fee_fen": 5}, 1),
        ({"broadband_carrier": Customer.BroadbandCarrier.NONE}, 1),
        ({"broadband_carrier": Customer.BroadbandCarrier.COMPETITOR}, 1),
        ({"handset_months": 24}, 1),
        ({"handset_months": 23}, 0),
        ({"dual_sim": Customer.DualSim.OURS_MAIN}, 1),
        ({"dual_sim": Customer.DualSim.OTHER_MAIN}, 0),
        (
            {
                "bills": [50] * 3 + [90] * 3,
                "over_fee_fen": 9,
                "broadband_carrier": 0,
                "handset_months": 30,
                "dual_sim": 3,
            },
            5,
        ),
    ],
)
def test_signals_of_potential(row, count):
    assert one({"bills": [100] * 6, **row}, "potential_signals") == (count,)


def test_signals_of_last_month_look_one_month_back():
    frame = features(make_frame([{"bills": [100] * 3 + [110] * 3 + [90], "handset_months": 24}]))

    assert potential_signals(frame, POLICY, back=1).tolist() == [1]


ALL_SIGNS = {
    "bills": [100] * 3 + [110] * 3, "over_fee_fen": [0, 0, 0, 0, 1, 1], "broadband_carrier": 0, "handset_months": 24, "dual_sim": 3,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "points"),
    [
        ({}, 5),
        ({"weight_rise": 3}, 7),
        ({"weight_saturation": 0}, 4),
        ({"weight_broadband": 5}, 9),
        ({"weight_handset": 2}, 6),
        ({"weight_sim": 4}, 8),
        ({"rise_percent": 11}, 4),
        ({"old_handset_months": 25}, 4),
    ],
)
def test_each_sign_brings_its_weight_from_its_line_on(changes, points):
    frame = judge(ALL_SIGNS, policy=TierThresholds(**changes))

    assert frame["potential_signals"].tolist() == [points]


@pytest.mark.parametrize(
    ("row", "changes", "code"),
    [
        ({**monthly(200, months=12), "arrears": [False] * 8 + [True] + [False] * 3}, {}, CODE_B),
        ({**monthly(200, months=12), "arrears": [False] * 8 + [True] + [False] * 3}, {"arrears_months": 2}, CODE_A),
        ({**monthly(90, months=12), "handset_months": 30, "broadband_carrier": 1}, {}, CODE_C),
        ({**monthly(90, months=12), "handset_months": 30, "broadband_carrier": 1}, {"weight_handset": 2}, CODE_B),
        ({**monthly(200, months=12), "joined": dt.date(2017, 10, 3)}, {"new_below_months": 5}, CODE_C),
        ({**monthly(200, months=12), "joined": dt.date(2017, 10, 3)}, {}, CODE_B),
        ({**monthly(200, months=12), "joined": dt.date(2017, 10, 3)}, {"code_a_tenure_months": 2}, CODE_A),
    ],
)
def test_weights_of_the_policy_decide_the_code(row, changes, code):
    assert judge(row, policy=TierThresholds(**changes))["code"].tolist() == [code]


def test_tiers_of_nobody_are_empty():
    frame = judge(months=24)

    assert {len(frame[name]) for name in VERDICT} == {0}


def test_numbers_are_those_of_the_models():
    assert models.Code.values == [CODE_A, CODE_B, CODE_C]
    assert models.Layer.values == [STRATEGIC, GROUP, ORDINARY, GENERAL]
    assert models.CodeReason.values == [A_STRATEGIC, A_HIGH, B_VALUE, B_POTENTIAL, C_GENERAL, C_NEW, HELD]
    assert Customer.BroadbandCarrier.OWN == rules.OWN_BROADBAND
    assert Customer.DualSim.OURS_MAIN == rules.OURS_MAIN
    assert GroupAccount.GroupClass.B == rules.GROUP_CLASS_B
    assert from_row(models.TierPolicy()) == POLICY


BILL = st.sampled_from(["-", 0, "49.99", 50, 79, 80, 119, 120, 121, 200, 500])
ROW = st.fixed_dictionaries(
    {
        "bills": st.lists(BILL, min_size=12, max_size=12),
        "vip_card": st.sampled_from([0, 1]),
        "handset_months": st.sampled_from([0, 24, 25]),
        "arrears": st.lists(st.booleans(), min_size=12, max_size=12),
        "joined": st.sampled_from([dt.date(2017, 11, 3), dt.date(2017, 2, 3), dt.date(2010, 2, 3)]),
    }
)


@settings(max_examples=40, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=5))
def test_one_customer_alone_gets_the_tier_of_the_crowd(rows):
    crowd = judge(*rows)

    for place, row in enumerate(rows):
        assert one(row, *VERDICT) == tuple(crowd[name][place].item() for name in VERDICT)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(min_value=0, max_value=200_000), min_size=2, max_size=20))
def test_band_never_falls_when_the_sum_rises(sums):
    columns = {"cum3_fen": np.sort(np.array(sums)), "is_in_network": np.ones(len(sums), dtype=np.bool_)}
    frame = make_frame([{} for _ in sums]).with_columns(**columns, last_cum3_fen=columns["cum3_fen"])

    assert (np.diff(bands(frame, POLICY)["band"]) >= 0).all()


def test_tiers_run_again_say_the_same():
    frame = judge(monthly(150, months=12), monthly(20))

    assert all((tiers(bands(frame, POLICY), POLICY)[name] == frame[name]).all() for name in VERDICT)


@pytest.mark.django_db
def test_the_first_ladder_is_live_and_gives_the_rule_its_values():
    policy = models.TierPolicy.objects.get(status=models.TierPolicy.Status.LIVE)

    assert (policy.version, from_row(policy)) == (1, POLICY)


@pytest.mark.django_db
def test_a_cohort_year_is_opened_with_the_terms_of_the_year_before():
    assert cohort_terms(2017) == CohortTerms(year=2017)
    models.Cohort.objects.filter(year=2017).update(threshold_fen=267_00, require_signed=False)

    assert cohort_terms(2018, frozen_through=5) == CohortTerms(
        year=2018, threshold_fen=267_00, require_signed=False, frozen_through=5
    )
    assert sorted(models.Cohort.objects.values_list("year", flat=True)) == [2017, 2018]


@pytest.mark.parametrize(("grace", "expected"), [(1, (3, 4)), (2, (4, 5)), (3, (5, 5))])
def test_band_falls_only_after_the_months_of_grace(grace, expected):
    """Three-month sums of 300, a month before 360, a month before that 600: potential, mid, high by themselves."""
    row = {"bills": [0, 0, 0, 340, 160, 100, 100, 100]}

    frame = judge(row, policy=TierThresholds(grace_months=grace))

    assert (frame["band"].item(), frame["previous_band"].item()) == expected


@pytest.mark.parametrize("grace", [1, 2, 6])
def test_band_rises_at_once_whatever_the_grace(grace):
    row = {"bills": [10] * 6 + [0, 0, 600]}

    assert judge(row, policy=TierThresholds(grace_months=grace))["band"].item() == 5


def test_months_needed_grow_with_the_grace():
    assert [rules.months_needed(TierThresholds(grace_months=grace)) for grace in (1, 4, 5, 6)] == [7, 7, 8, 9]
