"""Key moments: each detector's worked example and boundaries, cool-downs, and the register beside its rows."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, fields
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lifecycle.moments
from customers.tests.frames import make_frame
from cvm.lib.months import day_number
from lifecycle.models import MomentKind, StagePolicy
from lifecycle.moments import MODULES, REGISTRY
from lifecycle.moments.hits import NORMAL, ORANGE, RED, YELLOW
from lifecycle.moments.terms import PER_CASE, PLAIN, STEPWISE, KindTerms, kinds_of
from lifecycle.policies import moment_rows, stage_thresholds
from lifecycle.signs import StageThresholds
from lifecycle.tests.scene import COOL_DOWN, FLAT, KINDS, TODAY, found, frame_of, run
from lifecycle.thresholds import NotAWholeNumber, ThresholdOutOfRange, ThresholdsCross, UnknownThreshold, checked
from segmentation.cohort import LOST_VALUE, RETAINED


@pytest.mark.parametrize(
    ("days", "level", "hours"), [(90, YELLOW, 120), (60, YELLOW, 72), (30, ORANGE, 24), (7, RED, 4)]
)
def test_c1_fires_on_the_exact_day(days, level, hours):
    end = day_number(TODAY) + days
    rows = [{**FLAT, "bundle_end_day": end + shift} for shift in (-1, 0, 1)]

    assert found("C1", *rows) == [(1, level, hours, days, end)]


def test_c1_ignores_endless_and_missing_bundles_and_those_who_left():
    end = day_number(TODAY) + 30

    assert found("C1", {**FLAT, "bundle_end_day": 2**30}, FLAT, {**FLAT, "bundle_end_day": end, "state": 8}) == []


def test_c1_tells_the_last_rebate_month_in_its_first_twenty_days():
    due = {**FLAT, "rebate_end_month": 2018 * 12}
    end = day_number(dt.date(2018, 1, 31))

    assert found("C1", due) == [(0, ORANGE, 24, 26, end)]
    assert found("C1", due, as_of=dt.date(2018, 1, 20)) == [(0, ORANGE, 24, 11, end)]
    assert found("C1", due, as_of=dt.date(2018, 1, 21)) == []
    assert found("C1", {**FLAT, "rebate_end_month": 2018 * 12 + 1}) == []


def test_c1_tells_the_more_urgent_of_rebate_and_bundle():
    due = {**FLAT, "rebate_end_month": 2018 * 12}
    today = day_number(TODAY)

    assert found("C1", {**due, "bundle_end_day": today + 7}) == [(0, RED, 4, 7, today + 7)]
    assert found("C1", {**due, "bundle_end_day": today + 90}) == [(0, ORANGE, 24, 26, today + 26)]


def test_c4_compares_the_bill_with_the_average_before():
    exact, one_fen_more = {"bills": [200, 190, 210, 140]}, {"bills": [200, 190, 210, "140.01"]}

    assert found("C4", exact, one_fen_more) == [(0, YELLOW, 72, 140_00, 200_00)]


def test_c4_is_orange_at_half_the_average():
    assert found("C4", {"bills": [100, 100, 100, 50]}, {"bills": [100, 100, 100, "50.01"]}) == [
        (0, ORANGE, 24, 50_00, 100_00),
        (1, YELLOW, 72, 50_01, 100_00),
    ]


def test_c4_needs_thirty_yuan_and_four_bills():
    gone = {"bills": [100, 100, 100, 50], "state": 8}

    assert found("C4", {"bills": [45, 45, 45, 15]}) == [(0, ORANGE, 24, 15_00, 45_00)]
    assert found("C4", {"bills": [45, 45, 45, "15.01"]}, {"bills": ["-", 300, 300, 100]}, gone) == []


def test_b3_compares_the_bill_with_the_average_before():
    exact, one_fen_less = {"bills": [200, 190, 210, 260]}, {"bills": [200, 190, 210, "259.99"]}

    assert found("B3", exact, one_fen_less) == [(0, YELLOW, 72, 260_00, 200_00)]


def test_b3_needs_thirty_yuan_and_four_bills():
    assert found("B3", {"bills": [35, 35, 35, 65]}, {"bills": [35, 35, 35, "64.99"]}, {"bills": [35, 35, 65]}) == [
        (0, YELLOW, 72, 65_00, 35_00)
    ]


def test_c5_fires_in_the_first_and_second_low_month_only():
    base = [150, 150, 150]
    rows = [
        {"bills": [*base, "49.99"]},
        {"bills": [*base, "49.99", "49.99"]},
        {"bills": [*base, "49.99", "49.99", "49.99"]},
        {"bills": [*base, "50.00"]},
    ]
    seen = [found("C5", row, month=f"2017-{len(row['bills']) - 3:02d}", as_of=dt.date(2017, 9, 5)) for row in rows]

    assert seen == [[(0, YELLOW, 72, 1, 49_99)], [(0, ORANGE, 24, 2, 49_99)], [], []]


def test_c5_stays_silent_when_the_newest_bill_recovered_or_the_member_is_lost():
    computed = {**FLAT, "low_bits": 1 << 11, "low_months": 1, "cohort_state": RETAINED, "is_in_network": True}
    rows = [computed, {**computed, "low_bits": 1}, {**computed, "cohort_state": LOST_VALUE}]
    frame = make_frame([{**row, "arpu_fen": 40_00} for row in rows])

    assert REGISTRY["C5"].detect(frame, REGISTRY["C5"].Thresholds()).rows.tolist() == [0]


def test_a2_fires_on_the_day():
    rows = [{**FLAT, "born": dt.date(1980, 1, day)} for day in (4, 5, 6)]

    assert found("A2", *rows, FLAT) == [(1, NORMAL, 24, 105, 105)]


@pytest.mark.parametrize(
    ("today", "fires"),
    [
        (dt.date(2018, 2, 28), True),
        (dt.date(2020, 2, 28), False),
        (dt.date(2020, 2, 29), True),
        (dt.date(2018, 3, 1), False),
    ],
)
def test_29_february_is_kept_on_the_28th_in_common_years(today, fires):
    row = {**FLAT, "born": dt.date(1980, 2, 29), "joined": dt.date(2012, 2, 29)}

    assert bool(found("A2", row, as_of=today)) is fires
    assert bool(found("A3", row, as_of=today)) is fires


def test_a3_fires_on_anniversaries_but_not_on_the_first_day():
    rows = [
        {**FLAT, "joined": day}
        for day in (dt.date(2017, 1, 5), dt.date(2008, 1, 5), dt.date(2017, 1, 6), dt.date(2018, 1, 5))
    ]

    assert found("A3", *rows) == [
        (0, NORMAL, 72, 1, day_number(dt.date(2017, 1, 5))),
        (1, NORMAL, 72, 10, day_number(dt.date(2008, 1, 5))),
    ]
    assert found("A3", {**FLAT, "join_day": 0}) == []


def test_moments_give_bits_and_hits_in_order():
    row = {"bills": [100, 100, 100, 50], "born": dt.date(1980, 1, 5), "bundle_end_day": day_number(TODAY) + 7}

    assert run(frame_of(FLAT, row)) == ([0, 0b010011], [(1, 0), (1, 1), (1, 4)])


def test_a_moment_stands_through_its_cool_down_and_then_may_fire_again():
    frame = frame_of({**FLAT, "bundle_end_day": day_number(TODAY) + 30})

    assert run(frame, past=[(0, 0, 19)]) == ([1], [])
    assert run(frame, past=[(0, 0, 20)]) == ([1], [(0, 0)])
    assert run(frame, past=[(0, 1, 19)]) == ([0b11], [(0, 0)])


def test_a_moment_found_earlier_stands_without_firing_today():
    assert run(frame_of(FLAT), past=[(0, 4, 299)]) == ([1 << 4], [])
    assert run(frame_of(FLAT), past=[(0, 4, 300)]) == ([0], [])


def test_a_monthly_moment_speaks_once_about_one_bill():
    last_day = dt.date(2018, 1, 31)
    frame = frame_of({"bills": [150, 150, 150, "49.99"]}, month="2017-12", as_of=last_day)
    frame = frame.with_columns(
        cohort_state=np.array([RETAINED]), low_months=np.array([1]), low_bits=np.array([1 << 11])
    )

    assert run(frame, past=[(0, 1, 99), (0, 2, 26)]) == ([0b10], [(0, 1)])
    assert run(frame, past=[(0, 1, 99), (0, 2, 31)]) == ([0b110], [(0, 1), (0, 2)])


def test_disabled_kinds_and_customers_who_left_have_no_moments():
    row = {"bills": [100, 100, 100, 50], "born": dt.date(1980, 1, 5)}

    assert run(frame_of(row), kinds=[kind for kind in KINDS if kind.code != "C4"], past=[(0, 1, 3)]) == (
        [1 << 4],
        [(0, 4)],
    )
    assert run(frame_of({**row, "state": 8}), past=[(0, 1, 3)]) == ([0], [])


ENDS_IN_A_WEEK = {**FLAT, "bundle_end_day": day_number(TODAY) + 7}
SEVENTH = day_number(TODAY) + 7


def with_repeats(repeats):
    return [KindTerms("C1", 30, repeats=repeats)]


@pytest.mark.parametrize(
    ("repeats", "level", "reference", "speaks"),
    [
        (PLAIN, YELLOW, 0, False),
        (STEPWISE, ORANGE, SEVENTH, True),
        (STEPWISE, RED, SEVENTH, False),
        (PER_CASE, RED, SEVENTH, False),
        (PER_CASE, RED, SEVENTH - 1, True),
    ],
)
def test_within_the_cool_down_a_kind_repeats_itself_only_as_its_terms_say(repeats, level, reference, speaks):
    past = [(0, 0, 3, level, reference)]

    assert run(frame_of(ENDS_IN_A_WEEK), past=past, kinds=with_repeats(repeats)) == ([1], [(0, 0)] if speaks else [])
    assert run(frame_of(ENDS_IN_A_WEEK), past=[(0, 0, 30, level, reference)], kinds=with_repeats(repeats))[1] == [
        (0, 0)
    ]


def test_a_kind_is_silent_where_it_is_not_on():
    frame = frame_of({**ENDS_IN_A_WEEK, "county_id": 1}, {**ENDS_IN_A_WEEK, "county_id": 2})

    assert run(frame, past=[(0, 0, 3)], kinds=[KindTerms("C1", 20, counties=(2, 9))]) == ([0, 1], [(1, 0)])


def test_thresholds_of_the_terms_reach_the_detector():
    frame = frame_of({"bills": [100, 100, 100, 60]})

    assert run(frame, kinds=[KindTerms("C4", 60, {"share_percent": 59})])[1] == []
    assert run(frame, kinds=[KindTerms("C4", 60, {"share_percent": 60})])[1] == [(0, 1)]


def test_overrides_of_thresholds_are_checked():
    assert checked("C4", {"share_percent": 60, "least_fall_fen": 30_00}) == {"share_percent": 60}
    for wrong, error in (
        ({"percent": 60}, UnknownThreshold),
        ({"share_percent": "60"}, NotAWholeNumber),
        ({"share_percent": True}, NotAWholeNumber),
        ({"share_percent": 100}, ThresholdOutOfRange),
        ({"share_percent": 50}, ThresholdsCross),
        ({"orange_share_percent": 70}, ThresholdsCross),
    ):
        with pytest.raises(error):
            checked("C4", wrong)


def test_every_default_lies_within_its_own_limits():
    for code, module in REGISTRY.items():
        assert checked(code, {field.name: field.default for field in fields(module.Thresholds)}) == {}


def test_moments_of_nobody_are_empty():
    assert run(frame_of()) == ([], [])


ROW = st.fixed_dictionaries(
    {
        "bills": st.lists(st.sampled_from(["-", 20, "49.99", 50, 100, 150, 300]), min_size=12, max_size=12),
        "born": st.sampled_from([dt.date(1980, 1, 5), dt.date(1980, 1, 6)]),
        "joined": st.sampled_from([dt.date(2015, 1, 5), dt.date(2017, 5, 5)]),
        "bundle_end_day": st.sampled_from([0, day_number(TODAY) + 7, day_number(TODAY) + 31, 2**30]),
    }
)


@settings(max_examples=40, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=5))
def test_one_customer_alone_has_the_moments_of_the_crowd(rows):
    crowd = frame_of(*rows)
    bits, hits = run(crowd)

    alone = [run(crowd.take(np.array([place]))) for place in range(len(rows))]
    assert [bits for [bits], _hits in alone] == bits
    assert [(place, bit) for place, (_bits, own) in enumerate(alone) for _zero, bit in own] == hits


def test_register_holds_every_module_of_the_folder():
    folder = Path(lifecycle.moments.__file__).parent
    modules = [import_module(f"lifecycle.moments.{path.stem}") for path in folder.glob("[abc][0-9]_*.py")]

    assert {module.CODE for module in modules} == set(REGISTRY)
    assert all(module.__name__.split(".")[-1].startswith(module.CODE.lower()) for module in modules)
    assert sorted(module.BIT for module in modules) == list(range(27))
    assert {module.CODE for module in modules} == {
        f"{category}{number}" for category in "ABC" for number in range(1, 10)
    }
    assert len(MODULES) == 27


def test_levels_are_those_of_the_model():
    assert MomentKind.Level.values == [NORMAL, YELLOW, ORANGE, RED]
    assert MomentKind.Repeats.values == [PLAIN, STEPWISE, PER_CASE]


@pytest.mark.django_db
def test_every_module_has_a_row_and_every_row_a_module():
    rows = {kind.code: kind for kind in MomentKind.objects.all()}

    assert {code: kind.bit for code, kind in rows.items()} == {module.CODE: module.BIT for module in MODULES}
    assert all(kind.category == code[0] for code, kind in rows.items())


@pytest.mark.django_db
def test_the_plan_of_a_night_tells_the_terms_of_every_kind(django_assert_num_queries):
    with django_assert_num_queries(2):
        rows = moment_rows()
    terms = {kind.code: kind for kind in kinds_of(rows)}

    assert set(terms) == set(REGISTRY)
    assert terms["C6"].repeats == STEPWISE
    assert terms["C4"].thresholds == asdict(REGISTRY["C4"].Thresholds())
    assert kinds_of([{**rows[0], "is_enabled": False}]) == ()
    assert kinds_of(json.loads(json.dumps(rows))) == kinds_of(rows)


@pytest.mark.django_db
def test_every_kind_has_words_in_both_languages_and_five_steps():
    for kind in MomentKind.objects.all():
        words = (kind.name_zh, kind.name_en, kind.action_zh, kind.action_en, kind.closing_zh, kind.closing_en)
        words += (kind.evidence_zh, kind.evidence_en, kind.owner_role, kind.channel_ab, kind.channel_c)
        assert all(words)
        assert [line[:2] for line in kind.script_zh.splitlines()] == ["问：", "查：", "比：", "算：", "办："]
        steps = [line.split(":")[0] for line in kind.script_en.splitlines()]
        assert steps == ["Ask", "Check", "Compare", "Calculate", "Act"]


@pytest.mark.django_db
def test_policies_give_the_rules_their_values():
    assert stage_thresholds(StagePolicy.objects.get(status="live")) == StageThresholds()
    assert COOL_DOWN.items() <= dict(MomentKind.objects.values_list("code", "cool_down_days")).items()
