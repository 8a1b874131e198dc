"""What a detector looks at is learned from itself, so that no list can go stale."""

import datetime as dt

from lifecycle.backtest.reads import reads
from lifecycle.moments import REGISTRY, detected
from lifecycle.moments.terms import KindTerms

JANUARY = [dt.date(2026, 1, day) for day in range(1, 32)]


def look(code):
    return reads(lambda frame: detected(frame, KindTerms(code)), days=JANUARY)


def test_columns_are_found_on_whatever_day_they_are_read():
    assert {"bundle_end_day", "rebate_end_month"} <= look(
        "C1"
    ).columns  # rebates are read in the first twenty days only


def test_months_behind_derived_columns_count():
    assert look("C4").months == 4


def test_months_taken_from_the_history_count():
    assert reads(lambda frame: frame.history["arpu_fen"][2], days=JANUARY).months == 3
    assert reads(lambda frame: frame.history["flags"][1:6], days=JANUARY).months == 6
    assert reads(lambda frame: frame.history["flags"].sum(axis=0), days=JANUARY).months == 1


def test_the_line_of_the_cohort_needs_the_bills_since_october_before_its_year():
    # by the bills of March: October to March
    assert look("C5").months_at(2026 * 12 + 2) == 6


def test_the_day_itself_is_noticed():
    assert [look(code).asks_day for code in ("A2", "C1", "C4")] == [True, True, False]


def test_every_kind_can_be_looked_at():
    for code in REGISTRY:
        assert "is_in_network" in look(code).columns
