"""Stages: the handbook's three lives month by month, every clause, every boundary."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.features import features
from customers.models import Customer
from customers.tests.frames import make_frame
from cvm.lib.months import day_number, label, last_day, parse_label
from lifecycle import models
from lifecycle.paths import PATH_MONTHS, steps
from lifecycle.signs import STATE_PRE_CANCEL
from lifecycle.stage_rule import (
    ACQUISITION,
    DECLINE,
    EXIT,
    FALLING,
    FIRST_YEAR,
    GROWTH,
    LOW_MONTHS,
    MATURITY,
    NEW,
    OFF_NETWORK,
    PORTING,
    PRE_CANCELLED,
    RECOVERED,
    RETURNED,
    RISING,
    SIGNALS,
    SILENT,
    STEADY,
    SUSPENDED_LONG,
)
from lifecycle.stages import StageThresholds, stage_path, stages
from segmentation.cohort import CohortTerms, cohort

POLICY = StageThresholds()
OFF = "-"
L1 = {"joined": dt.date(2016, 1, 9), "bills": [100] * 14 + [90, 70, 60, 60, 60, 60, 62, 62, 62, 62]}
L2 = {
    "joined": dt.date(2016, 7, 20),
    "bills": [60, 62, 65, 80, 90, 100, 110, 112, 112, 112, 112, 112, 112, 113, 112, 112, 112, 112],
}
L3 = {"joined": dt.date(2016, 1, 1), "bills": [150] * 13 + [120, 90, 90, 90, 90] + [OFF] * 6}
LIVES = {
    "L1": (
        L1,
        [
            ("2016-01", ACQUISITION),
            ("2016-04", GROWTH),
            ("2017-01", MATURITY),
            ("2017-06", DECLINE),
            ("2017-10", MATURITY),
        ],
    ),
    "L2": (L2, [("2016-07", ACQUISITION), ("2016-10", GROWTH), ("2017-07", MATURITY)]),
    "L3": (
        L3,
        [("2016-01", ACQUISITION), ("2016-04", GROWTH), ("2017-01", MATURITY), ("2017-04", DECLINE), ("2017-07", EXIT)],
    ),
}
STEADY_USE = {"voice_min": 300, "data_mb": 9000, "sms_count": 3, "active_days": 28}


def judge(rows, *, month="2017-12", as_of=None, months=None):
    frame = features(make_frame(rows, month=month, as_of=as_of, months=months))
    return stages(cohort(frame, CohortTerms(year=parse_label(month) // 12)), POLICY)


def stage_of(row, **when):
    """Return (stage, reason) of one customer at the newest month."""
    frame = judge([row], **when)
    return int(frame["stage"][0]), int(frame["stage_reason"][0])


def cut(row, *, at):
    """Return the customer's row as it was known at an earlier month."""
    drop = parse_label("2017-12") - parse_label(at)
    return {key: value[: len(value) - drop] if isinstance(value, list) else value for key, value in row.items()}


def path_of(row):
    """Return (month, stage) at every change, judged month by month as it was known then."""
    newest = parse_label("2017-12")
    path = []
    for month in range(newest - len(row["bills"]) + 1, newest + 1):
        stage, _reason = stage_of(cut(row, at=label(month)), month=label(month))
        if not path or path[-1][1] != stage:
            path.append((label(month), stage))
    return path


@pytest.mark.parametrize("name", LIVES)
def test_stages_give_the_handbook_lives_month_by_month(name):
    row, expected = LIVES[name]

    assert path_of(row) == expected


@pytest.mark.parametrize("name", LIVES)
def test_stage_since_is_the_month_of_the_last_change(name):
    row, expected = LIVES[name]

    assert label(int(judge([row])["stage_since"][0])) == expected[-1][0]


def test_exactly_twenty_percent_counts_as_fall_and_one_fen_less_does_not():
    exact = {"bills": [150] * 13 + [120, 90, 90], "joined": dt.date(2010, 1, 1)}
    above = {"bills": [150] * 13 + ["120.01", 90, 90], "joined": dt.date(2010, 1, 1)}

    assert stage_of(exact) == (DECLINE, FALLING)
    assert stage_of(above) == (MATURITY, STEADY)


def test_months_three_and_twelve_end_acquisition_and_growth():
    joined = {"joined": dt.date(2016, 12, 31)}

    assert stage_of({**joined, "bills": [100] * 3}, month="2017-02") == (ACQUISITION, NEW)
    assert stage_of({**joined, "bills": [100] * 4}, month="2017-03") == (GROWTH, FIRST_YEAR)
    assert stage_of({**joined, "bills": [100] * 12}, month="2017-11") == (GROWTH, FIRST_YEAR)
    assert stage_of({**joined, "bills": [100] * 13}) == (MATURITY, STEADY)


def test_two_months_of_ten_percent_are_growth_and_one_is_not():
    rising = [100] * 6 + [110, 110, 110]

    assert stage_of({"bills": rising}) == (MATURITY, STEADY)
    assert stage_of({"bills": [*rising, 121]}) == (GROWTH, RISING)
    assert stage_of({"bills": [*rising, "120.99"]}) == (MATURITY, STEADY)


def test_growth_settles_after_two_months_below_three_percent():
    risen = [100] * 6 + [130] * 6

    assert stage_of({"bills": risen[:-1]}) == (GROWTH, RISING)
    assert stage_of({"bills": risen}) == (GROWTH, RISING)
    assert stage_of({"bills": [*risen, 130]}) == (MATURITY, STEADY)


def test_recovery_takes_two_months_at_minus_five_without_a_signal():
    fallen = [100] * 12 + [70, 70, 70]
    exact = [*fallen, 70, 70, "63.00", "63.00"]

    assert stage_of({"bills": fallen}) == (DECLINE, FALLING)
    assert stage_of({"bills": [*fallen, 70, 70, 70]}) == (DECLINE, FALLING)
    assert stage_of({"bills": [*fallen, 70, 70, 70, 70]}) == (MATURITY, RECOVERED)
    assert stage_of({"bills": exact}) == (DECLINE, FALLING)
    signalled = {"bills": [*fallen, 70, 70, 70, 70], **STEADY_USE, "active_days": [28] * 18 + [10]}
    assert stage_of(signalled) == (DECLINE, FALLING)


def test_recovery_with_ten_percent_is_growth():
    assert stage_of({"bills": [100] * 12 + [70, 70, 70, 70, 100, 100]}) == (GROWTH, RECOVERED)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"active_days": [28] * 11 + [10], "voice_min": [300] * 9 + [210] * 3}, (DECLINE, SIGNALS)),
        ({"active_days": [28] * 11 + [10], "voice_min": [300] * 9 + [210, 210, 211]}, (MATURITY, STEADY)),
        ({"active_days": [28] * 11 + [11], "voice_min": [300] * 9 + [210] * 3}, (MATURITY, STEADY)),
        ({"active_days": [28] * 11 + [10], "data_mb": [9000] * 9 + [6300] * 3}, (DECLINE, SIGNALS)),
        ({"active_days": [28] * 11 + [10], "data_mb": [9000] * 9 + [6300, 6300, 6301]}, (MATURITY, STEADY)),
        ({"voice_min": [300] * 9 + [100] * 3, "data_mb": [9000] * 9 + [100] * 3}, (DECLINE, SIGNALS)),
        ({"bills": [100] * 11 + [40], "active_days": [28] * 11 + [9]}, (DECLINE, SIGNALS)),
    ],
)
def test_two_signals_in_one_month_are_decline(change, expected):
    assert stage_of({"bills": [100] * 12, **STEADY_USE, **change}) == expected


def test_usage_that_is_never_delivered_gives_no_signal():
    assert stage_of({"bills": [100] * 11 + [40]}) == (MATURITY, STEADY)
    assert stage_of({"bills": [100] * 12, "voice_min": [300] * 9 + [10] * 3}) == (MATURITY, STEADY)


def test_second_low_month_of_a_member_is_decline_at_once():
    second = [130, 130, 130, "49.99", 130, 130, 130, 130, "49.99"]
    line = [130, 130, 130, "50.00", 130, 130, 130, 130, "49.99"]
    outsider = [100, 100, 100, "49.99", 100, 100, 100, 100, "49.99"]

    assert stage_of({"bills": second}, month="2017-09") == (DECLINE, LOW_MONTHS)
    assert stage_of({"bills": second[:4]}, month="2017-04") == (MATURITY, STEADY)
    assert stage_of({"bills": line}, month="2017-09") == (GROWTH, RISING)
    assert stage_of({"bills": outsider}, month="2017-09") == (GROWTH, RISING)


@pytest.mark.parametrize("column", ["porting_eligible_day", "downgrade_day"])
def test_an_event_of_the_last_sixty_days_is_decline_at_once(column):
    as_of = dt.date(2018, 1, 5)
    today = (as_of - dt.date(1970, 1, 1)).days

    assert stage_of({"bills": [100] * 12, column: today - 60}, as_of=as_of) == (DECLINE, PORTING)
    assert stage_of({"bills": [100] * 12, column: today - 61}, as_of=as_of) == (MATURITY, STEADY)
    assert stage_of({"bills": [100] * 12, column: 0}, as_of=as_of) == (MATURITY, STEADY)


def ends_of(row, **when):
    """Return the stages of the loaded months, oldest first."""
    frame = judge([row], **when)
    return steps(frame["stage_path"], months=12).T[0].tolist()


@pytest.mark.parametrize("day", [dt.date(2017, 6, 1), dt.date(2017, 6, 30)])
def test_a_past_event_is_decline_at_the_month_ends_of_its_sixty_days(day):
    """The bills hold all along, so that recovery follows at once; 30 June plus 60 days is 29 August."""
    bills = {"bills": [100] * 12}

    assert ends_of(bills | {"signalled": [day]}) == [MATURITY] * 5 + [DECLINE] * 2 + [MATURITY] * 5
    assert ends_of(bills) == [MATURITY] * 12


@pytest.mark.parametrize(("day", "counts"), [(dt.date(2017, 7, 2), True), (dt.date(2017, 7, 1), False)])
def test_a_past_event_counts_up_to_the_sixtieth_day_before_the_month_end(day, counts):
    path = ends_of({"bills": [100] * 12, "signalled": [day]})

    assert (path[7] == DECLINE) is counts  # 31 August
    assert path[6] == DECLINE


def test_decline_by_a_past_event_lasts_until_the_bills_hold_again():
    weak = {"bills": [100] * 5 + [90, 88, 86, 84, 82, 80, 78], "signalled": [dt.date(2017, 6, 10)]}

    assert ends_of(weak) == [MATURITY] * 5 + [DECLINE] * 7
    assert stage_of(weak) == (DECLINE, PORTING)
    assert stage_of({"bills": weak["bills"]}) == (MATURITY, STEADY)


def test_a_later_event_of_the_past_counts_anew_and_recovery_waits_for_six_bills():
    twice = {"bills": [100] * 12, "signalled": [dt.date(2017, 2, 10), dt.date(2017, 8, 20), dt.date(2017, 8, 3)]}

    assert ends_of(twice) == [MATURITY] + [DECLINE] * 5 + [MATURITY] + [DECLINE] * 2 + [MATURITY] * 3


def test_exit_by_pre_cancel_in_a_month_or_today():
    assert stage_of({"bills": [100] * 12, "pre_cancel": [False] * 11 + [True]}) == (EXIT, PRE_CANCELLED)
    assert stage_of({"bills": [100] * 12, "state": Customer.State.PRE_CANCEL}) == (EXIT, PRE_CANCELLED)
    assert stage_of({"bills": [100] * 12, "state": Customer.State.PORTED_OUT}) == (EXIT, OFF_NETWORK)


def test_exit_by_two_suspended_month_ends():
    assert stage_of({"bills": [100] * 12, "suspended": [False] * 11 + [True]}) == (MATURITY, STEADY)
    assert stage_of({"bills": [100] * 12, "suspended": [False] * 10 + [True] * 2}) == (EXIT, SUSPENDED_LONG)


def test_exit_by_two_silent_months():
    one, two = (
        {"bills": [100] * 12, **{fact: [value] * (12 - quiet) + [0] * quiet for fact, value in STEADY_USE.items()}}
        for quiet in (1, 2)
    )
    talks = {**two, "sms_count": 1}

    assert stage_of(one) == (DECLINE, SIGNALS)
    assert stage_of(two) == (EXIT, SILENT)
    assert stage_of(talks)[0] == DECLINE


def test_a_returned_customer_grows_again():
    gone = [100] * 9 + [OFF, OFF]

    assert stage_of({"bills": gone}) == (EXIT, OFF_NETWORK)
    assert stage_of({"bills": [*gone, "9.99"]}) == (EXIT, OFF_NETWORK)
    assert stage_of({"bills": [*gone, 10]}) == (GROWTH, RETURNED)
    assert stage_of({"bills": [*gone, 10], **STEADY_USE, "active_days": [28] * 11 + [4]}) == (EXIT, OFF_NETWORK)
    assert stage_of({"bills": [*gone, 10], **STEADY_USE, "active_days": [28] * 11 + [5]}) == (GROWTH, RETURNED)
    assert stage_of({"bills": [*gone, *[50] * 6]}) == (GROWTH, RETURNED)
    assert stage_of({"bills": [*gone, *[50] * 7]}) == (MATURITY, STEADY)


def test_short_history_leaves_tenure_to_decide():
    assert stage_of({"bills": [100, 30, 30]}) == (MATURITY, STEADY)
    assert stage_of({"bills": [100, 30, 30], "join_day": 0}) == (MATURITY, STEADY)
    assert stage_of({"bills": [100]}) == (MATURITY, STEADY)


def test_who_joined_after_the_newest_bill_is_in_acquisition():
    assert stage_of({"bills": [], "joined": dt.date(2018, 1, 3)}, months=6) == (ACQUISITION, NEW)


def test_who_no_month_shows_has_left():
    assert stage_of({"bills": []}, months=6) == (EXIT, OFF_NETWORK)


def test_a_base_under_ten_yuan_counts_as_level():
    assert stage_of({"bills": [9] * 6 + [90] * 6}) == (GROWTH, RISING)
    assert stage_of({"bills": ["9.99"] * 9 + [3] * 3}) == (MATURITY, STEADY)


def test_stages_of_nobody_are_empty():
    frame = judge([], months=24)

    assert [len(frame[name]) for name in ("stage", "stage_reason", "stage_since")] == [0, 0, 0]


def test_numbers_are_those_of_the_models():
    assert models.Stage.values == [ACQUISITION, GROWTH, MATURITY, DECLINE, EXIT]
    assert models.StageReason.values == [
        NEW, FIRST_YEAR, RISING, STEADY, FALLING, SIGNALS, PORTING,
        LOW_MONTHS, OFF_NETWORK, PRE_CANCELLED, SUSPENDED_LONG, SILENT, RETURNED, RECOVERED,
    ]  # fmt: skip
    assert Customer.State.PRE_CANCEL == STATE_PRE_CANCEL
    fields = {field.name: field.default for field in models.StagePolicy._meta.get_fields()}
    assert {name: fields[name] for name in StageThresholds.__dataclass_fields__} == vars(POLICY)


LIFE = st.lists(st.sampled_from([OFF, 0, 5, "49.99", 50, 60, 100, 110, 150, 400]), min_size=24, max_size=24)
USE = st.lists(st.sampled_from([0, 5, 12, 28]), min_size=24, max_size=24)
ROW = st.builds(
    lambda bills, days, voice, held: {"bills": bills, "active_days": days, "voice_min": voice, "suspended": held},
    LIFE, USE, USE, st.lists(st.booleans(), min_size=24, max_size=24),
)  # fmt: skip
VERDICT = ("stage", "stage_reason", "stage_since", "stage_path")


@settings(max_examples=40, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=5))
def test_one_customer_alone_gets_the_stage_of_the_crowd(rows):
    crowd = judge(rows)
    frame = features(make_frame(rows))
    frame = cohort(frame, CohortTerms(year=2017))

    for place in range(len(rows)):
        alone = stages(frame.take(np.array([place])), POLICY)
        assert [alone[name][0] for name in VERDICT] == [crowd[name][place] for name in VERDICT]


@settings(max_examples=30, deadline=None)
@given(ROW)
def test_every_step_of_the_path_is_what_that_month_said_itself(row):
    later = cohort(features(make_frame([row])), CohortTerms(year=2017))

    for step in list(stage_path(later, POLICY))[12:]:  # the cohort's year
        then = judge([cut(row, at=label(step.month))], month=label(step.month))
        if step.stage[0]:
            assert (step.stage[0], step.reason[0], step.since[0]) == tuple(then[name][0] for name in VERDICT[:3])
        else:
            assert (then["stage"][0], then["stage_reason"][0]) == (EXIT, OFF_NETWORK)


@settings(max_examples=20, deadline=None)
@given(ROW, st.lists(st.dates(dt.date(2016, 11, 1), dt.date(2017, 12, 31)), max_size=3))
def test_a_past_month_with_events_is_what_its_last_day_said(row, days):
    """A later event changes no earlier month; the night of a last day knows the events of sixty days."""
    told = cohort(features(make_frame([row | {"signalled": days}])), CohortTerms(year=2017))

    for step in list(stage_path(told, POLICY))[12:-1]:
        end = last_day(step.month)
        known = [day for day in days if day <= end]
        then = cut(row, at=label(step.month)) | {"signalled": known}
        if known and (end - max(known)).days <= 60:
            then["porting_eligible_day"] = day_number(max(known))
        found = judge([then], month=label(step.month), as_of=end)
        if step.stage[0]:
            assert (step.stage[0], step.reason[0], step.since[0]) == tuple(found[name][0] for name in VERDICT[:3])


@settings(max_examples=20, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=4))
def test_packed_path_is_the_path_of_the_months(rows):
    frame = judge(rows)
    walked = [step.stage for step in stage_path(frame, POLICY)][-PATH_MONTHS:]

    for place, path in enumerate(steps(frame["stage_path"], months=PATH_MONTHS).T.tolist()):
        assert path[-1] == frame["stage"][place]
        ends = [int(stage[place]) for stage in walked]
        assert path == ends if ends[-1] else path == [EXIT] * PATH_MONTHS


def test_stages_run_again_say_the_same():
    first = judge([L1, L3])
    again = stages(first, POLICY)

    assert all((again[name] == first[name]).all() for name in VERDICT)
