"""A year back: who moved, who flapped, whose leaving was seen, and that it is the night's own rule."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from customers.features import features
from customers.tests.frames import make_frame
from lifecycle.signs import StageThresholds
from lifecycle.stage_backtest import back_test, year
from lifecycle.stage_rule import DECLINE, EXIT
from lifecycle.stages import stage_path
from segmentation.cohort import CohortTerms, cohort

POLICY = StageThresholds()
OFF = "-"


def frame_of(*rows):
    return cohort(features(make_frame(rows, months=24)), CohortTerms(year=2017))


def test_a_leaver_is_caught_who_stood_in_decline_before():
    seen = {"bills": [150] * 16 + [120, 90, 90, 90, 90, OFF, OFF, OFF]}
    unseen = {"bills": [150] * 21 + [OFF] * 3}

    total = year(back_test([frame_of(seen, unseen)], POLICY))

    assert (total.left, total.caught) == (2, 1)


def test_back_within_three_months_is_flapping():
    # silent for two months, back in the third month after, and once more much later
    quick = {"bills": [100] * 14 + [OFF, OFF, 100] + [100] * 7}
    slow = {"bills": [100] * 13 + [OFF] * 4 + [100] * 7}

    assert year(back_test([frame_of(quick)], POLICY)).flapped == 0  # maturity → exit → growth: another stage
    confirm_one = replace(POLICY, confirm_months=1)
    zigzag = {"bills": [100, 100, 100, 140, 140, 140] * 4}
    assert year(back_test([frame_of(zigzag)], confirm_one)).flapped > 0
    assert year(back_test([frame_of(slow)], POLICY)).flapped == 0


def test_more_confirmation_means_fewer_moves():
    rows = [{"bills": [100, 90, 120, 80, 130, 100] * 4}, {"bills": [100, 60, 120, 70, 150, 100] * 4}]

    moves = [year(back_test([frame_of(*rows)], replace(POLICY, confirm_months=months))).moved for months in (1, 2, 4)]

    assert moves == sorted(moves, reverse=True)
    assert moves[0] > moves[2]


def test_months_add_up_over_frames_and_end_with_the_newest():
    first, second = frame_of({"bills": [100] * 12 + [70] * 12}), frame_of({"bills": [100] * 24})

    both, one = back_test([first, second], POLICY), back_test([first], POLICY)

    assert [month.month for month in both] == list(range(first.month - 11, first.month + 1))
    assert [(month.moved, month.declining) for month in both] == [(month.moved, month.declining) for month in one]
    assert back_test([], POLICY) == []


def test_a_short_history_has_fewer_months():
    frame = cohort(features(make_frame([{"bills": [100] * 9}], months=9)), CohortTerms(year=2017))

    assert len(back_test([frame], POLICY)) == 2
    assert back_test([cohort(features(make_frame([{"bills": [100]}])), CohortTerms(year=2017))], POLICY) == []


LIFE = st.lists(st.sampled_from([OFF, 5, 50, 70, 100, 130]), min_size=24, max_size=24)


@settings(max_examples=30, deadline=None)
@given(st.lists(LIFE, min_size=1, max_size=6))
def test_each_month_is_what_the_rules_path_says(lives):
    frame = frame_of(*({"bills": bills} for bills in lives))
    path = {step.month: step.stage.copy() for step in stage_path(frame, POLICY)}

    for month in back_test([frame], POLICY):
        now, before = path[month.month], path[month.month - 1]
        moved = (now != before) & (before != 0)
        assert month.moved == moved.sum()
        assert month.declining == (now == DECLINE).sum()
        assert month.left == (moved & (now == EXIT)).sum()
        assert month.caught == ((now == EXIT) & (before == DECLINE)).sum()
        assert month.flapped <= month.moved
