"""Each clause at its boundary, the order of reasons, hysteresis; one row = many rows."""

import datetime as dt

import numpy as np
import pytest

from customers.models import Complaint, Customer
from customers.tests.frames import make_frame
from cvm.lib.months import day_number
from retention import warnings as rules
from retention.models import Reason, WarningLevel
from retention.warnings import NEVER_ENDS, ORANGE, RED, YELLOW, WarningTerms, warnings
from segmentation.models import Code

AS_OF = dt.date(2018, 1, 5)
TODAY = day_number(AS_OF)
TERMS = WarningTerms()
ADDED = {
    "base_score": 0,
    "code": 2,
    "cohort_state": 1,
    "low_months": 0,
    "previous_warning": 0,
    "previous_warning_day": 0,
}


def frame_of(*rows):
    """Return a frame of steady customers with these columns changed."""
    scores = [row.pop("base_score", 0) for row in (dict(row) for row in rows)]
    plain = [{name: value for name, value in row.items() if name != "base_score"} for row in rows]
    defaults = {name: value for name, value in ADDED.items() if name != "base_score"}
    frame = make_frame([{"bills": [100] * 6, "is_in_network": True} | defaults | row for row in plain], as_of=AS_OF)
    return frame.with_columns(base_score=np.array(scores, dtype=np.int16))


def verdict(**row):
    """Return (level, reason, value) of one customer."""
    framed = warnings(frame_of(row), TERMS)
    return int(framed["warning"][0]), int(framed["reason_1"][0]), int(framed["value_1"][0])


def test_constants_are_those_of_the_models():
    assert [level.value for level in WarningLevel] == [rules.NONE, YELLOW, ORANGE, RED]
    names = {"ARREARS": "ARREARS_REASON", "PRE_CANCEL": "PRE_CANCELLED"}
    assert {reason: getattr(rules, names.get(reason.name, reason.name)) for reason in Reason if reason} == {
        reason: reason.value for reason in Reason if reason
    }
    states = (Customer.State.ONE_WAY, Customer.State.SUSPENDED, Customer.State.PRE_CANCEL)
    assert states == (rules.STATE_ONE_WAY, rules.STATE_SUSPENDED, rules.STATE_PRE_CANCEL)
    assert (rules.MAJOR, rules.PASSIVE) == (Complaint.Level.MAJOR, Customer.Loyalty.PASSIVE)
    assert (rules.CODE_A, rules.CODE_B) == (Code.A, Code.B)


def test_a_steady_customer_has_no_warning():
    assert verdict() == (0, 0, 0)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"porting_eligible_day": TODAY - 7}, (RED, Reason.PORTING_ELIGIBLE, 7)),
        ({"porting_eligible_day": TODAY - 8}, (0, 0, 0)),
        ({"cancel_day": TODAY - 30}, (RED, Reason.CANCEL_REQUEST, 30)),
        ({"cancel_day": TODAY - 31}, (0, 0, 0)),
        ({"state": Customer.State.PRE_CANCEL}, (RED, Reason.PRE_CANCEL, 0)),
        ({"open_complaint_level": 3, "open_complaint_day": TODAY - 4}, (RED, Reason.MAJOR_COMPLAINT, 4)),
        ({"open_complaint_level": 2, "open_complaint_day": TODAY - 4}, (0, 0, 0)),
        ({"porting_blocked_day": TODAY - 30}, (ORANGE, Reason.PORTING_BLOCKED, 30)),
        ({"porting_blocked_day": TODAY - 31}, (0, 0, 0)),
        ({"downgrade_day": TODAY}, (ORANGE, Reason.DOWNGRADE_REQUEST, 0)),
        ({"complaints_30d": 1}, (0, 0, 0)),
        ({"complaints_30d": 2}, (YELLOW, Reason.COMPLAINTS, 2)),
        ({"low_months": 1}, (YELLOW, Reason.LOW_MONTHS, 1)),
        ({"low_months": 2}, (ORANGE, Reason.LOW_MONTHS, 2)),
        ({"low_months": 2, "cohort_state": 0}, (0, 0, 0)),
    ],
)
def test_events_and_counts(row, expected):
    assert verdict(**row) == expected


@pytest.mark.parametrize(
    ("score", "level"), [(39, 0), (40, YELLOW), (59, YELLOW), (60, ORANGE), (79, ORANGE), (80, RED), (100, RED)]
)
def test_score_lines(score, level):
    assert verdict(base_score=score) == (level, Reason.SCORE if level else 0, score if level else 0)


@pytest.mark.parametrize(
    ("days", "level"), [(6, 0), (7, YELLOW), (14, YELLOW), (15, ORANGE), (29, ORANGE), (30, RED), (400, RED)]
)
def test_silence_lines(days, level):
    assert verdict(last_call_day=TODAY - days) == (level, Reason.SILENT_DAYS if level else 0, days if level else 0)


def test_an_unknown_last_call_is_no_silence():
    assert verdict(last_call_day=0) == (0, 0, 0)


@pytest.mark.parametrize(
    ("days", "score", "level"),
    [
        (0, 50, RED),
        (7, 50, RED),
        (7, 49, ORANGE),
        (8, 50, ORANGE),
        (30, 0, ORANGE),
        (31, 0, YELLOW),
        (90, 0, YELLOW),
        (91, 0, 0),
    ],
)
def test_bundle_lines(days, score, level):
    framed = warnings(frame_of({"bundle_end_day": TODAY + days, "base_score": score}), TERMS)

    assert framed["warning"].tolist() == [max(level, YELLOW if score >= 40 else 0)]
    if level:
        assert framed["reason_1"].tolist() == [Reason.BUNDLE_ENDS]
        assert framed["value_1"].tolist() == [days]


def test_a_bundle_that_never_ends_warns_of_nothing():
    assert verdict(bundle_end_day=NEVER_ENDS) == (0, 0, 0)


@pytest.mark.parametrize(
    ("newest", "expected"),
    [
        ("70.01", (0, 0, 0)),
        ("70.00", (YELLOW, Reason.SPEND_DROP, 70)),
        ("50.01", (YELLOW, Reason.SPEND_DROP, 50)),
        ("50.00", (ORANGE, Reason.SPEND_DROP, 50)),
        ("0.00", (ORANGE, Reason.SPEND_DROP, 0)),
    ],
)
def test_spend_drop_is_exact_to_the_fen(newest, expected):
    assert verdict(bills=["100", "100", "100", "100", newest]) == expected


def test_spend_drop_needs_three_months_before():
    assert verdict(bills=["100", "100", "0"]) == (0, 0, 0)
    assert verdict(bills=["0", "0", "0", "0"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("row", "level"),
    [
        ({"state": 3, "arrears": True, "code": 1}, ORANGE),
        ({"state": 2, "arrears": True, "code": 2}, ORANGE),
        ({"state": 3, "arrears": True, "code": 3}, 0),
        ({"state": 3, "arrears": False, "code": 1}, 0),
        ({"state": 1, "arrears": True, "code": 1}, 0),
    ],
)
def test_arrears_count_for_codes_a_and_b(row, level):
    assert verdict(**row)[:2] == (level, Reason.ARREARS if level else 0)


@pytest.mark.parametrize(
    "row", [{"loyalty": 2}, {"bundle_ended_day": TODAY - 40}, {"loyalty": 2, "bundle_ended_day": TODAY}]
)
def test_passive_loyalty_or_an_ended_bundle_adds_points_once(row):
    framed = warnings(frame_of({"base_score": 70} | row), TERMS)

    assert framed["score"].tolist() == [80]
    assert framed["warning"].tolist() == [RED]


def test_score_stops_at_a_hundred_and_the_rule_may_run_twice():
    once = warnings(frame_of({"base_score": 95, "loyalty": 2}), TERMS)

    assert once["score"].tolist() == [100]
    assert warnings(once, TERMS)["score"].tolist() == [100]


def test_reasons_stand_by_severity_and_only_three():
    row = {
        "complaints_30d": 3,
        "low_months": 2,
        "base_score": 85,
        "last_call_day": TODAY - 16,
        "cancel_day": TODAY - 2,
    }
    framed = warnings(frame_of(row), TERMS)

    found = [(framed[f"reason_{place}"][0], framed[f"value_{place}"][0]) for place in (1, 2, 3)]
    assert found == [(Reason.CANCEL_REQUEST, 2), (Reason.SCORE, 85), (Reason.SILENT_DAYS, 16)]


def test_off_network_there_is_no_warning():
    row = {
        "is_in_network": False,
        "cancel_day": TODAY,
        "base_score": 90,
        "previous_warning": 3,
        "previous_warning_day": TODAY,
    }
    framed = warnings(frame_of(row), TERMS)

    assert [framed[name][0] for name in ("warning", "warning_day", "reason_1", "score")] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("days_without", "level", "day"), [(1, RED, TODAY - 1), (13, RED, TODAY - 13), (14, 0, 0), (200, 0, 0)]
)
def test_a_level_is_held_for_fourteen_days(days_without, level, day):
    framed = warnings(frame_of({"previous_warning": RED, "previous_warning_day": TODAY - days_without}), TERMS)

    assert framed["warning"].tolist() == [level]
    assert framed["warning_day"].tolist() == [day]
    assert framed["reason_1"].tolist() == [Reason.HELD if level else 0]
    assert framed["value_1"].tolist() == [days_without if level else 0]


def test_a_held_level_shows_todays_lesser_cause_second():
    row = {"previous_warning": RED, "previous_warning_day": TODAY - 5, "low_months": 1}
    framed = warnings(frame_of(row), TERMS)

    assert [framed[f"reason_{place}"][0] for place in (1, 2)] == [Reason.HELD, Reason.LOW_MONTHS]
    assert framed["warning"].tolist() == [RED]


def test_a_cause_of_the_same_or_a_higher_level_renews_the_day():
    same = {"previous_warning": YELLOW, "previous_warning_day": TODAY - 5, "low_months": 1}
    higher = {"previous_warning": YELLOW, "previous_warning_day": TODAY - 5, "low_months": 2}
    framed = warnings(frame_of(same, higher), TERMS)

    assert framed["warning"].tolist() == [YELLOW, ORANGE]
    assert framed["warning_day"].tolist() == [TODAY, TODAY]


def test_after_the_hold_the_customer_falls_to_todays_cause():
    row = {"previous_warning": RED, "previous_warning_day": TODAY - 14, "low_months": 1}
    framed = warnings(frame_of(row), TERMS)

    assert (framed["warning"][0], framed["warning_day"][0]) == (YELLOW, TODAY)


def test_one_row_is_judged_as_many_rows():
    rows = [
        {
            "base_score": 5 * number,
            "low_months": number % 3,
            "last_call_day": TODAY - number,
            "cancel_day": (TODAY - 20 - number),
        }
        for number in range(20)
    ]
    names = ("score", "warning", "warning_day", "reason_1", "reason_2", "reason_3", "value_1", "value_2", "value_3")
    together = warnings(frame_of(*rows), TERMS)

    for position, row in enumerate(rows):
        alone = warnings(frame_of(row), TERMS)
        assert [alone[name][0] for name in names] == [together[name][position] for name in names]


def test_nobody_is_warned_in_an_empty_frame():
    framed = warnings(frame_of({}).take(np.zeros(0, dtype=int)), TERMS)

    assert len(framed["warning"]) == 0
