"""The cohort beyond the worked example: lines, windows, frozen entries, what is counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.tests.frames import make_frame
from cvm.lib.months import parse_label
from segmentation import models
from segmentation.cohort import LOST_OFF_NETWORK, LOST_VALUE, OUTSIDE, RETAINED, CohortTerms, cohort

TERMS = CohortTerms(year=2017)
BASE = parse_label("2016-12")
VERDICT = ("cohort_entry", "cohort_state", "low_months", "low_bits")


def judge(*rows, terms=TERMS, month="2017-12", **when):
    return cohort(make_frame(rows, month=month, **when), terms)


def one(row, *names, **when):
    frame = judge(row, **when)
    return tuple(frame[name].item() for name in names)


def entry_and_state(row, **when):
    return one(row, "cohort_entry", "cohort_state", **when)


@pytest.mark.parametrize(("last", "entry"), [("119.99", 0), ("120.00", BASE)])
def test_the_line_itself_is_in(last, entry):
    assert one({"bills": [120, 120, last]}, "cohort_entry", month="2016-12") == (entry,)


@pytest.mark.parametrize(
    "row",
    [
        {"bills": [200, 200, 200], "signed": [True, True, False]},
        {"bills": [200, 200, 200], "in_network": [True, True, False]},
        {"bills": [200, 200, 200], "is_special": True},
        {"bills": ["-", 200, 200]},
    ],
)
def test_who_does_not_enter(row):
    assert entry_and_state(row, month="2016-12") == (0, OUTSIDE)


def test_only_the_entry_month_asks_for_the_signature():
    signed_later = {"bills": [200, 200, 200], "signed": [False, False, True]}

    assert entry_and_state(signed_later, month="2016-12") == (BASE, RETAINED)


def test_low_months_count_after_entry_only():
    row = {"bills": [40, 40, 400, 49, "49.99", 50]}

    assert one(row, *VERDICT, month="2017-06") == (parse_label("2017-03"), RETAINED, 2, 0b011000)
    literal = replace(TERMS, count_from_january=True)
    assert one(row, *VERDICT, month="2017-06", terms=literal) == (parse_label("2017-03"), LOST_VALUE, 4, 0b011011)


def test_months_without_bill_or_network_are_not_low():
    row = {"bills": [150, 150, 150, "-", "-", "-", 40], "in_network": [True] * 4 + [False] * 2 + [True]}

    assert one(row, "low_months", "cohort_state", month="2017-04") == (1, RETAINED)


def test_value_loss_sticks_and_leaving_does_not():
    low = [150, 150, 150, 40, 40, 40]

    assert entry_and_state({"bills": [*low, 900]}, month="2017-04") == (BASE, LOST_VALUE)
    assert entry_and_state({"bills": [*low, "-"]}, month="2017-04") == (BASE, LOST_OFF_NETWORK)
    assert entry_and_state({"bills": [150, 150, 150, "-"]}, month="2017-01") == (BASE, LOST_OFF_NETWORK)
    assert entry_and_state({"bills": [150, 150, 150, "-", 150]}, month="2017-02") == (BASE, RETAINED)


def test_outsiders_have_no_low_months():
    assert one({"bills": [20] * 12}, *VERDICT) == (0, OUTSIDE, 0, 0)


def test_the_cohort_ends_with_december_of_its_year():
    row = {"bills": [150, 150, 150, *[100] * 12, "-"]}

    assert entry_and_state(row, month="2018-01") == (BASE, RETAINED)
    assert entry_and_state({"bills": [200, 200]}, month="2018-02") == (0, OUTSIDE)


def test_before_its_base_month_the_cohort_has_no_members():
    assert one({"bills": [200, 200, 200]}, *VERDICT, month="2016-11") == (0, OUTSIDE, 0, 0)


def test_a_frozen_entry_survives_a_correction_of_the_bills():
    corrected = {"bills": [20] * 6, "frozen_entry": BASE}
    raised = {"bills": [200] * 6, "frozen_entry": parse_label("2017-02")}
    terms = replace(TERMS, frozen_through=parse_label("2017-02"))

    assert entry_and_state(corrected, month="2017-02", terms=terms) == (BASE, RETAINED)
    assert entry_and_state(raised, month="2017-02", terms=terms) == (parse_label("2017-02"), RETAINED)
    assert entry_and_state(raised, month="2017-02") == (parse_label("2017-02"), RETAINED)


def test_closed_months_take_nobody_and_open_months_do():
    late = {"bills": [200] * 6, "frozen_entry": 0}
    terms = replace(TERMS, frozen_through=parse_label("2017-02"))

    assert entry_and_state(late, month="2017-02", terms=terms) == (0, OUTSIDE)
    assert entry_and_state(late, month="2017-03", terms=terms) == (parse_label("2017-03"), RETAINED)


def test_a_back_test_does_not_know_entries_frozen_later():
    row = {"bills": [20, 20, 20], "frozen_entry": parse_label("2017-06")}

    assert entry_and_state(row, month="2017-03") == (0, OUTSIDE)


def test_members_frozen_before_the_loaded_history_stay_members():
    row = {"bills": [100, 40], "frozen_entry": BASE}

    assert one(row, *VERDICT, month="2017-06") == (BASE, RETAINED, 1, 0b100000)


def test_cohort_of_nobody_is_empty():
    frame = judge(months=24)

    assert {len(frame[name]) for name in VERDICT} == {0}


def test_numbers_are_those_of_the_models():
    assert models.CohortState.values == [OUTSIDE, RETAINED, LOST_OFF_NETWORK, LOST_VALUE]
    row = models.Cohort(year=2017)
    assert CohortTerms(**{name: getattr(row, name) for name in vars(TERMS) if name != "frozen_through"}) == TERMS


BILLS = st.lists(st.sampled_from(["-", 0, "49.99", 50, 119, 120, 150, 400]), min_size=15, max_size=15)


@settings(max_examples=40, deadline=None)
@given(st.lists(BILLS, min_size=1, max_size=5), st.booleans(), st.booleans())
def test_one_customer_alone_stands_as_in_the_crowd(customers, full_window, from_january):
    terms = replace(TERMS, require_full_window=full_window, count_from_january=from_january)
    crowd = make_frame([{"bills": bills} for bills in customers])
    together = cohort(crowd, terms)

    for place in range(len(customers)):
        alone = cohort(crowd.take(np.array([place])), terms)
        assert [alone[name].item() for name in VERDICT] == [together[name][place].item() for name in VERDICT]


@settings(max_examples=40, deadline=None)
@given(BILLS, st.integers(min_value=0, max_value=11))
def test_entries_of_earlier_months_do_not_depend_on_later_ones(bills, later):
    then = judge({"bills": bills[: 15 - later]}, month=f"2017-{12 - later:02d}")["cohort_entry"].item()
    now = judge({"bills": bills})["cohort_entry"].item()

    assert then in (now, 0)


def test_cohort_run_again_says_the_same():
    frame = judge({"bills": [150] * 15}, {"bills": [40] * 15})

    assert all((cohort(frame, TERMS)[name] == frame[name]).all() for name in VERDICT)
