"""Sub-states of exit, the returned flag, and every parameter of the stage policy at, just below and just above."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from customers.features import features
from customers.models import Customer
from customers.tests.frames import make_frame
from lifecycle import details, models
from lifecycle.details import (
    CANCELLED_ACTIVE,
    CANCELLED_ARREARS,
    LEFT,
    NONE,
    NUMBER_KEPT,
    PORTED_OUT,
    PRE_CANCELLED,
    RETURNED,
    SILENT,
    SUSPENDED,
    SUSPENDED_ARREARS,
    WITHOUT_ANY_USE,
    WITHOUT_CALLS,
)
from lifecycle.signs import QUIET, THREE_ZEROS, ZERO_CALLS
from lifecycle.stage_rule import DECLINE, EXIT, GROWTH, MATURITY
from lifecycle.stages import StageThresholds, stages
from segmentation.cohort import CohortTerms, cohort

POLICY = StageThresholds()
OFF = "-"
USED = {"voice_min": 300, "data_mb": 9000, "sms_count": 3, "active_days": 28}
YEAR = [100] * 12


def judge(row, **values):
    """Return (stage, detail, months) of one customer at the end of 2017, under the policy with these values."""
    frame = cohort(features(make_frame([row])), CohortTerms(year=2017))
    told = stages(frame, replace(POLICY, **values))
    return tuple(int(told[name][0]) for name in ("stage", "stage_detail", "stage_months"))


def quiet(months, **facts):
    """Return a customer of a year whose use ended so many months ago, but for these facts."""
    ended = {fact: [value] * (12 - months) + [0] * months for fact, value in USED.items()}
    return {"bills": YEAR, **ended, **facts}


@pytest.mark.parametrize(
    ("state", "detail"),
    [
        (Customer.State.PORTED_OUT, PORTED_OUT),
        (Customer.State.CANCELLED_ARREARS, CANCELLED_ARREARS),
        (Customer.State.CANCELLED_ACTIVE, CANCELLED_ACTIVE),
        (Customer.State.NORMAL, LEFT),
    ],
)
def test_off_the_network_is_told_apart_by_the_state(state, detail):
    assert judge({"bills": [*YEAR[:9], OFF, OFF, OFF], "state": state}) == (EXIT, detail, 3)


def test_off_the_network_without_a_state_is_ported_out_when_a_month_says_so():
    gone = {"bills": [*YEAR[:10], OFF, OFF]}

    assert judge({**gone, "ported": [False] * 10 + [True, False]})[1] == PORTED_OUT
    assert judge({**gone, "ported": [False] * 9 + [True, False, False]})[1] == PORTED_OUT
    assert judge({**gone, "ported": [False] * 8 + [True, False, False, False]})[1] == LEFT


def test_pre_cancelled_and_suspended_are_told_apart():
    held = [False] * 10 + [True] * 2

    assert judge({"bills": YEAR, "pre_cancel": [False] * 11 + [True]}) == (EXIT, PRE_CANCELLED, 1)
    assert judge({"bills": YEAR, "suspended": held}) == (EXIT, SUSPENDED, 2)
    assert judge({"bills": YEAR, "suspended": held, "arrears": held}) == (EXIT, SUSPENDED_ARREARS, 2)
    assert judge({"bills": YEAR, "suspended": held, "state": Customer.State.KEEP_NUMBER})[1] == NUMBER_KEPT


@pytest.mark.parametrize("months", [1, 2, 3])
def test_suspended_month_ends_are_counted_to_the_policys_number(months):
    row = {"bills": YEAR, "suspended": [False] * 10 + [True] * 2}

    assert judge(row, suspended_months=months)[0] == (EXIT if months <= 2 else MATURITY)


def test_silence_is_what_the_policy_says():
    data_only = quiet(2, data_mb=9000)
    sms_only = quiet(2, sms_count=1)

    assert judge(quiet(2)) == (EXIT, SILENT, 2)
    assert judge(data_only, silent_kind=ZERO_CALLS) == (EXIT, WITHOUT_CALLS, 2)
    assert judge(sms_only, silent_kind=ZERO_CALLS) == (EXIT, WITHOUT_CALLS, 2)
    assert judge(sms_only, silent_kind=THREE_ZEROS)[0] == DECLINE
    assert judge(quiet(2), silent_kind=THREE_ZEROS) == (EXIT, WITHOUT_ANY_USE, 2)
    assert judge(data_only)[0] != EXIT


@pytest.mark.parametrize(("data", "is_silent"), [(49, True), (50, False), (51, False)])
def test_data_below_the_limit_is_silence(data, is_silent):
    row = quiet(2, data_mb=[9000] * 10 + [data] * 2)

    assert (judge(row, silent_data_mb=50)[0] == EXIT) is is_silent
    assert judge(row, silent_data_mb=50, silent_kind=THREE_ZEROS)[0] != EXIT


@pytest.mark.parametrize(("months", "is_silent"), [(2, False), (3, True), (4, True)])
def test_silent_months_are_counted_to_the_policys_number(months, is_silent):
    assert (judge(quiet(months), silent_months=3)[0] == EXIT) is is_silent


def test_silence_that_was_interrupted_begins_anew():
    row = {"bills": YEAR, **{fact: [value] * 9 + [0, value, 0] for fact, value in USED.items()}}

    assert judge(row)[0] != EXIT


@pytest.mark.parametrize(("bill", "is_back"), [("19.99", False), (20, True), ("20.01", True)])
def test_back_with_the_policys_bill(bill, is_back):
    row = {"bills": [*YEAR[:9], OFF, OFF, bill]}

    assert (judge(row, return_bill_fen=20_00)[0] == GROWTH) is is_back


@pytest.mark.parametrize(("days", "is_back"), [(7, False), (8, True), (9, True)])
def test_back_with_the_policys_active_days(days, is_back):
    row = {"bills": [*YEAR[:9], OFF, OFF, 50], **USED, "active_days": [28] * 11 + [days]}

    assert (judge(row, return_active_days=8)[0] == GROWTH) is is_back


@pytest.mark.parametrize(("back", "detail"), [(1, RETURNED), (2, RETURNED), (3, NONE)])
def test_returned_for_the_policys_months_whatever_the_stage(back, detail):
    row = {"bills": [*YEAR[:6], OFF, *[50] * (back + 1)]}
    assert judge(row, returned_months=3)[1:] == (detail, back if detail else 0)

    settled = {"bills": [*YEAR[:6], OFF, *[50] * 9]}
    assert judge(settled, returned_months=9) == (MATURITY, RETURNED, 8)


def test_who_left_again_has_not_returned():
    assert judge({"bills": [*YEAR[:6], OFF, 50, 50, OFF]})[:2] == (EXIT, LEFT)


@pytest.mark.parametrize("confirm", [1, 2, 3])
def test_a_fall_is_confirmed_after_the_policys_months(confirm):
    falling = [100] * 12 + [70, 70, 70]  # -10 %, -20 %, -30 %

    assert (judge({"bills": falling}, confirm_months=confirm)[0] == DECLINE) is (confirm <= 2)
    assert judge({"bills": falling[:-1]}, confirm_months=1)[0] == DECLINE


@pytest.mark.parametrize("enough", [1, 2, 3])
def test_signals_are_counted_to_the_policys_number(enough):
    row = {"bills": YEAR, **USED, "active_days": [28] * 11 + [10], "voice_min": [300] * 9 + [210] * 3}

    assert (judge(row, enough_signals=enough)[0] == DECLINE) is (enough <= 2)


@pytest.mark.parametrize("months", [1, 2, 3])
def test_low_months_are_counted_to_the_policys_number(months):
    row = {"bills": [130, 130, 130, "49.99", 130, 130, 130, 130, 130, 130, 130, "49.99"]}

    assert (judge(row, low_months=months)[0] == DECLINE) is (months <= 2)


@pytest.mark.parametrize(("days", "counts"), [(29, True), (30, True), (31, False)])
def test_an_event_counts_for_the_policys_days(days, counts):
    as_of = dt.date(2018, 1, 5)
    today = (as_of - dt.date(1970, 1, 1)).days
    frame = make_frame([{"bills": YEAR, "downgrade_day": today - days}], as_of=as_of)
    told = stages(cohort(features(frame), CohortTerms(year=2017)), replace(POLICY, event_days=30))

    assert bool(told["stage"][0] == DECLINE) is counts


def test_who_no_month_shows_left_long_ago_and_nobody_gives_nothing():
    frame = cohort(features(make_frame([{"bills": []}], months=6)), CohortTerms(year=2017))
    nobody = cohort(features(make_frame([], months=6)), CohortTerms(year=2017))

    assert [int(stages(frame, POLICY)[name][0]) for name in ("stage_detail", "stage_months")] == [LEFT, 6]
    assert len(stages(nobody, POLICY)["stage_detail"]) == 0


def test_one_customer_alone_has_the_detail_of_the_crowd():
    rows = [
        quiet(2),
        {"bills": [*YEAR[:9], OFF, OFF, OFF], "state": Customer.State.PORTED_OUT},
        {"bills": [*YEAR[:10], OFF, OFF], "ported": [False] * 10 + [True, False]},
        {"bills": [*YEAR[:9], OFF, 50, 50]},
        {"bills": YEAR},
    ]
    crowd = cohort(features(make_frame(rows, months=12)), CohortTerms(year=2017))
    together = stages(crowd, POLICY)
    assert together["stage_detail"].tolist() == [SILENT, PORTED_OUT, PORTED_OUT, RETURNED, NONE]

    for place in range(len(rows)):
        alone = stages(crowd.take(np.array([place])), POLICY)
        for name in ("stage_detail", "stage_months"):
            assert alone[name][0] == together[name][place]


def test_numbers_are_those_of_the_models():
    assert models.StageDetail.values == [
        LEFT, CANCELLED_ACTIVE, CANCELLED_ARREARS, PORTED_OUT, PRE_CANCELLED, SUSPENDED, SUSPENDED_ARREARS,
        NUMBER_KEPT, SILENT, WITHOUT_CALLS, WITHOUT_ANY_USE, RETURNED,
    ]  # fmt: skip
    state = Customer.State
    assert (state.KEEP_NUMBER, state.CANCELLED_ACTIVE, state.CANCELLED_ARREARS, state.PORTED_OUT) == (
        details.STATE_NUMBER_KEPT,
        details.STATE_CANCELLED_ACTIVE,
        details.STATE_CANCELLED_ARREARS,
        details.STATE_PORTED_OUT,
    )
    reason = models.StageReason
    assert (reason.OFF_NETWORK, reason.PRE_CANCELLED, reason.SUSPENDED, reason.SILENT) == (
        details.BY_OFF_NETWORK,
        details.BY_PRE_CANCEL,
        details.BY_SUSPENSION,
        details.BY_SILENCE,
    )
    assert models.StagePolicy.SilentKind.values == [ZERO_CALLS, THREE_ZEROS, QUIET]
