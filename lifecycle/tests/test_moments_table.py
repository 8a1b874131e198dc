"""The rules of the handbook's table, kind by kind: at, just below and just above every threshold, and nothing known."""

from __future__ import annotations

import datetime as dt

import pytest

from customers.marks import marks
from customers.tests.frames import make_frame
from cvm.lib.months import day_number
from lifecycle.moments import MODULES, REGISTRY
from lifecycle.moments.hits import NORMAL, ORANGE, RED, YELLOW
from lifecycle.moments.terms import PER_CASE, STEPWISE, KindTerms
from lifecycle.tests.scene import FLAT, TODAY, found, frame_of, run

DAY = day_number(TODAY)  # 2018-01-05, a Friday
A, B, C = 1, 2, 3
KEY = {"is_key_person": True}


def fires(code, row, **when):
    """Return (level, hours, value, reference) of one customer, None when nothing is found."""
    hits = found(code, {**FLAT, **row}, **when)
    return hits[0][1:] if hits else None


def noted(**columns):
    """Return the marks of a night on which these columns stood so."""
    return int(marks(make_frame([columns]))[0])


def points(many, days):
    return {"points_expiring": many, "points_expire_day": DAY + days}


def unified(days):
    return {**KEY, "unified_pay_end_day": DAY + days}


def ordered(fee_fen):
    return {"plan_fee_fen": 58_00, "next_plan_fee_fen": fee_fen}


def onnet(now):
    return {"previous_onnet_bp": 6000, "onnet_bp": now}


BOUNDARIES = [
    # code, the row just outside, the row just inside, what it says
    ("A6", {"roam_day": DAY - 2}, {"roam_day": DAY - 1}, (YELLOW, 24, 1, DAY - 1)),
    ("A6", {"roam_day": DAY + 1}, {"roam_day": DAY}, (YELLOW, 24, 1, DAY)),
    ("A6", {"province_roam_days": 4}, {"province_roam_days": 5}, (YELLOW, 24, 2, 5)),
    ("A9", {"complaint_closed_day": DAY - 2}, {"complaint_closed_day": DAY - 1}, (YELLOW, 24, 1, DAY - 1)),
    ("A9", {"outage_ended_day": DAY - 2}, {"outage_ended_day": DAY}, (YELLOW, 24, 2, DAY)),
    ("B1", {"over_data_months": 1}, {"over_data_months": 2}, (NORMAL, 48, 2, 2)),
    ("B2", {"over_voice_months": 1}, {"over_voice_months": 2}, (NORMAL, 120, 2, 2)),
    ("B4", {"handset_changed_day": DAY - 8}, {"handset_changed_day": DAY - 7}, (NORMAL, 168, 1, DAY - 7)),
    ("B4", {"handset_months": 23}, {"handset_months": 24}, (NORMAL, 168, 2, 24)),
    ("B7", points(499, 0), points(500, 0), (NORMAL, 360, 500, DAY)),
    ("B7", points(900, 31), points(900, 30), (NORMAL, 360, 900, DAY + 30)),
    ("B8", {"subscription_end_day": DAY + 16}, {"subscription_end_day": DAY + 15}, (NORMAL, 360, 2, DAY + 15)),
    ("B8", {"trial_end_day": DAY + 8}, {"trial_end_day": DAY + 7}, (NORMAL, 168, 1, DAY + 7)),
    ("B8", {"trial_end_day": DAY - 1}, {"trial_end_day": DAY}, (NORMAL, 24, 1, DAY)),
    ("B9", {"contact_day": DAY - 1, "code": A}, {"contact_day": DAY, "code": A}, (NORMAL, 1, A, DAY)),
    ("B9", {"contact_day": DAY, "code": C}, {"contact_day": DAY, "code": B}, (NORMAL, 1, B, DAY)),
    ("C2", {"porting_eligible_day": DAY - 2}, {"porting_eligible_day": DAY - 1}, (RED, 2, 1, DAY - 1)),
    ("C2", {"porting_blocked_day": DAY - 2}, {"porting_blocked_day": DAY - 1}, (ORANGE, 24, 2, DAY - 1)),
    ("C3", {"cancel_day": DAY - 2}, {"cancel_day": DAY - 1}, (RED, 4, 1, DAY - 1)),
    ("C3", {"suspend_day": DAY - 2}, {"suspend_day": DAY - 1}, (ORANGE, 24, 2, DAY - 1)),
    ("C3", {"downgrade_day": DAY - 2}, {"downgrade_day": DAY}, (ORANGE, 24, 3, DAY)),
    ("C3", ordered(58_00), ordered(57_99), (ORANGE, 24, 4, 57_99)),
    ("C6", {"usage_day": DAY, "zero_call_days": 6}, {"usage_day": DAY, "zero_call_days": 7}, (YELLOW, 72, 7, DAY)),
    ("C6", {"last_call_day": DAY - 6}, {"last_call_day": DAY - 7}, (YELLOW, 72, 7, DAY - 7)),
    ("C7", {}, {"competitor_forward_days": 1}, (ORANGE, 24, 1, 1)),
    ("C7", {"competitor_hotline_calls": 1}, {"competitor_hotline_calls": 2}, (ORANGE, 24, 2, 2)),
    ("C7", onnet(4201), onnet(4200), (ORANGE, 24, 4, 30)),
    ("C8", {"complaints_30d": 1}, {"complaints_30d": 2}, (ORANGE, 24, 2, 2)),
    ("C8", {"poor_events_30d": 9}, {"poor_events_30d": 10}, (ORANGE, 24, 3, 10)),
    ("C8", {"major_complaint_day": DAY - 31}, {"major_complaint_day": DAY - 30}, (RED, 4, 1, DAY - 30)),
    ("C9", {**KEY, "group_ported_30d": 2}, {**KEY, "group_ported_30d": 3}, (ORANGE, 24, 1, 3)),
    ("C9", {"group_ported_30d": 3}, {**KEY, "group_ported_30d": 4}, (ORANGE, 24, 1, 4)),
    ("C9", unified(61), unified(60), (ORANGE, 24, 3, DAY + 60)),
    ("C9", {"payer_left_day": DAY - 31}, {"payer_left_day": DAY - 30}, (ORANGE, 24, 5, DAY - 30)),
    ("C9", {"payer_left_day": DAY, "family_role": 2}, {"payer_left_day": DAY, "family_role": 3}, (ORANGE, 24, 5, DAY)),
]


@pytest.mark.parametrize(("code", "outside", "inside", "says"), BOUNDARIES)
def test_the_line_is_crossed_exactly_there(code, outside, inside, says):
    assert fires(code, outside) is None
    assert fires(code, inside) == says
    assert fires(code, {**inside, "state": 8}) is None


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.CODE)
def test_a_customer_of_whom_nothing_is_known_has_no_moment(module):
    bare = {"bills": [100, 100, 100, 100], "code": C}

    assert found(module.CODE, bare, bare) == []
    assert found(module.CODE) == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.CODE)
def test_a_rerun_changes_nothing_and_its_own_hits_silence_it(module):
    rows = [{**FLAT, "code": A, **inside} for code, _outside, inside, _says in BOUNDARIES if code == module.CODE]
    frame, kinds = frame_of(*rows, {**FLAT, "code": A}), [KindTerms(module.CODE, 20)]
    bits, hits = run(frame, kinds=kinds)

    assert len(hits) == len(rows)
    assert run(frame, kinds=kinds) == (bits, hits)
    assert run(frame, kinds=kinds, past=[(place, bit, 0) for place, bit in hits]) == (bits, [])


def test_a1_tells_of_the_first_bill_of_the_month_of_joining():
    rows = [{"bills": ["-", "-", 60], "joined": day} for day in (dt.date(2017, 12, 31), dt.date(2017, 11, 30))]

    assert found("A1", *rows) == [(0, NORMAL, 168, 1, 60_00)]
    assert found("A1", {"bills": ["-", "-", "-"], "joined": dt.date(2017, 12, 1)}) == []


@pytest.mark.parametrize(
    ("day", "number"),
    [
        (dt.date(2026, 2, 14), 0),
        (dt.date(2026, 2, 15), 2),  # the Spring Festival is on the 17th
        (dt.date(2026, 2, 16), 2),
        (dt.date(2026, 2, 17), 0),
        (dt.date(2025, 12, 31), 1),  # the New Year of another year
        (dt.date(2026, 9, 24), 4),  # Mid-Autumn, by the moon
        (dt.date(2026, 9, 29), 5),
    ],
)
def test_a4_greets_one_or_two_days_before_a_festival(day, number):
    hits = found("A4", FLAT, {**FLAT, "is_special": True}, {**FLAT, "state": 3}, as_of=day)

    assert [(row, value) for row, _level, _hours, value, _day in hits] == ([(0, number)] if number else [])


def test_a5_compares_with_the_night_before():
    rose = {"star_level": 4, "previous_marks": noted(star_level=3)}
    card = {"vip_card": 2, "star_level": 5, "previous_marks": noted(vip_card=1, star_level=5)}

    assert fires("A5", rose) == (NORMAL, 168, 4, 3)
    assert fires("A5", card) == (NORMAL, 168, 102, 101)
    assert fires("A5", {"star_level": 3, "previous_marks": noted(star_level=3)}) is None
    assert fires("A5", {"star_level": 2, "previous_marks": noted(star_level=3)}) is None
    assert fires("A5", {"star_level": 7, "previous_marks": 0}) is None


def test_a6_days_in_other_provinces_count_only_after_three_months_at_home():
    assert fires("A6", {"province_roam_days": 9, "has_roamed_before": True}) is None


@pytest.mark.parametrize(
    ("balance_fen", "bill", "line_fen"), [(9_99, 30, 10_00), (10_00, 30, None), (19_99, 100, 20_00), (20_00, 100, None)]
)
def test_a7_is_under_ten_yuan_or_a_fifth_of_the_average(balance_fen, bill, line_fen):
    row = {"bills": [bill] * 3, "balance_fen": balance_fen, "has_balance": True, "pay_mode": 1}

    assert fires("A7", row) == (line_fen and (YELLOW, 24, balance_fen, line_fen))
    assert fires("A7", {**row, "has_balance": False}) is None
    assert [fires("A7", {**row, "pay_mode": mode}) for mode in (2, 3, 4)] == [None] * 3
    assert fires("A7", {**row, "state": 2}) is None


def test_a8_is_orange_for_a_and_b_and_normal_for_c():
    row = {"state": 3, "stop_reason": 1, "state_changed_day": DAY - 1, "balance_fen": -12_00}

    assert fires("A8", {**row, "code": B}) == (ORANGE, 4, -12_00, DAY - 1)
    assert fires("A8", {**row, "code": C}) == (NORMAL, 24, -12_00, DAY - 1)
    for change in ({"state": 1}, {"state": 4}, {"stop_reason": 2}, {"state_changed_day": DAY - 2}):
        assert fires("A8", {**row, "code": C, **change}) is None


def test_a8_is_told_by_an_event_or_by_the_night_before_too():
    stopped = {"state": 2, "stop_reason": 1, "code": C}

    assert fires("A8", {**stopped, "previous_marks": noted(state=1)}) == (NORMAL, 24, 0, DAY)
    assert fires("A8", {**stopped, "previous_marks": noted(state=2)}) is None
    assert fires("A8", {"code": A, "arrears_stop_day": DAY}) == (ORANGE, 4, 0, DAY)


@pytest.mark.parametrize(
    ("code", "used", "quota", "line"),
    [("B1", "used_data_mb", "data_quota_mb", 80), ("B2", "used_voice_min", "voice_quota_min", 90)],
)
def test_b1_and_b2_count_the_running_months_use_in_its_first_twenty_days(code, used, quota, line):
    def said(amount, day=dt.date(2018, 1, 20), **more):
        hits = found(code, {**FLAT, used: amount, quota: 1000, "usage_day": day_number(day), **more}, as_of=day)
        return [(value, percent) for _row, _level, _hours, value, percent in hits]

    assert said(line * 10) == [(1, line)]
    assert said(line * 10 - 1) == []
    assert said(line * 10, dt.date(2018, 1, 21)) == []
    assert said(line * 10, usage_day=day_number(dt.date(2017, 12, 31))) == []
    assert said(line * 10, **{f"month_{quota}": 2000}) == []
    assert said(line * 10, **{quota: 0}) == []


def test_b4_an_old_handset_under_contract_is_left_alone():
    assert fires("B4", {"handset_months": 30, "has_handset_bundle": True}) is None


@pytest.mark.parametrize(
    ("handset", "plan", "sim", "lacks"),
    [(2, 1, 2, 1), (2, 2, 1, 2), (2, 1, 1, 3), (2, 2, 2, 0), (2, 0, 0, 0), (1, 1, 1, 0)],
)
def test_b5_needs_to_know_that_the_handset_can_and_the_plan_cannot(handset, plan, sim, lacks):
    said = fires("B5", {"handset_is_5g": handset, "plan_is_5g": plan, "sim_is_5g": sim})

    assert said == ((NORMAL, 240, lacks, 0) if lacks else None)


def test_b6_is_looked_at_on_mondays():
    monday, covered = dt.date(2018, 1, 8), {"broadband_carrier": 0, "is_address_covered": 2}
    end = day_number(monday) + 60

    assert fires("B6", covered) is None
    assert fires("B6", covered, thresholds={"weekday": 0}) == (NORMAL, 240, 3, 0)
    assert fires("B6", covered, as_of=monday) == (NORMAL, 240, 3, 0)
    assert fires("B6", {**covered, "is_address_covered": 0}, as_of=monday) is None
    assert fires("B6", {"broadband_carrier": 2}, as_of=monday) == (NORMAL, 240, 2, 0)
    assert fires("B6", {"broadband_carrier": 1, "broadband_end_day": end}, as_of=monday) == (NORMAL, 240, 1, end)
    assert fires("B6", {"broadband_carrier": 1, "broadband_end_day": end + 1}, as_of=monday) is None


def test_c2_a_code_issued_after_a_refused_query_speaks_within_the_cool_down():
    frame = frame_of({**FLAT, "porting_eligible_day": DAY, "porting_blocked_day": DAY - 1})
    bit, kinds = REGISTRY["C2"].BIT, [KindTerms("C2", 7, repeats=STEPWISE)]

    assert run(frame, kinds=kinds, past=[(0, bit, 1, ORANGE, DAY - 1)])[1] == [(0, bit)]
    assert run(frame, kinds=kinds, past=[(0, bit, 1, RED, DAY - 1)])[1] == []


@pytest.mark.parametrize(
    ("days", "level", "hours"), [(14, YELLOW, 72), (15, ORANGE, 24), (29, ORANGE, 24), (30, RED, 4), (400, RED, 4)]
)
def test_c6_grows_graver_step_by_step(days, level, hours):
    assert fires("C6", {"usage_day": DAY, "zero_call_days": days}) == (level, hours, days, DAY)
    assert fires("C6", {"last_call_day": DAY - days}) == (level, hours, days, DAY - days)


def test_c6_the_count_of_the_month_goes_before_the_last_call():
    assert fires("C6", {"usage_day": DAY, "zero_call_days": 0, "last_call_day": DAY - 40}) is None


def test_c7_our_sim_becoming_the_second_counts_once():
    assert fires("C7", {"dual_sim": 4, "previous_marks": noted(dual_sim=3)}) == (ORANGE, 24, 3, 0)
    assert fires("C7", {"dual_sim": 4, "previous_marks": noted(dual_sim=4)}) is None
    assert fires("C7", {"dual_sim": 4, "previous_marks": 0}) is None


def test_c9_v_net_left_and_duty_changed_are_seen_against_the_night_before():
    assert fires("C9", {**KEY, "vnet": 0, "previous_marks": noted(vnet=2)}) == (ORANGE, 24, 2, 0)
    assert fires("C9", {**KEY, "vnet": 1, "previous_marks": noted(vnet=2)}) is None
    assert fires("C9", {**KEY, "duty_mark": 9, "previous_marks": noted(duty_mark=8)}) == (ORANGE, 24, 4, 0)
    assert fires("C9", {**KEY, "duty_mark": 9, "previous_marks": noted(duty_mark=9)}) is None
    assert fires("C9", {"vnet": 0, "previous_marks": noted(vnet=2)}) is None


def test_a9_asks_about_another_case_within_its_cool_down():
    frame = frame_of({**FLAT, "complaint_closed_day": DAY})
    bit, kinds = REGISTRY["A9"].BIT, [KindTerms("A9", 7, repeats=PER_CASE)]

    assert run(frame, kinds=kinds, past=[(0, bit, 1, YELLOW, DAY)])[1] == []
    assert run(frame, kinds=kinds, past=[(0, bit, 3, YELLOW, DAY - 3)])[1] == [(0, bit)]
