"""The handbook's worked example: 16 customers, 15 months, every figure of its table."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.tests.frames import make_frame
from cvm.lib.months import parse_label
from segmentation.cohort import LOST_OFF_NETWORK, LOST_VALUE, CohortTerms, cohort
from segmentation.ledger import FIELDS, MonthNotInCohort, ledger
from segmentation.rates import rate, revenue_rate

OFF = "-"
BILLS = {
    "C01": [150] * 15,
    "C02": [120, 120, 120, 118, 122, 121, 119, 120, 120, 125, 118, 120, 121, 119, 120],
    "C03": [120, 120, "119.99", "120.01", *[100] * 11],
    "C04": [500, 480, 510, 500, 490, 505, 500, 495, 500, 510, 505, 500, 498, 502, 500],
    "C05": [200, 210, 190, 180, 160, 120, 60, *[OFF] * 8],
    "C06": [300, 280, 260, 180, "49.99", 150, 140, 130, 30, 120, 110, 20, 200, 210, 220],
    "C07": [130, 125, 120, 50, 50, 50, 50, 90, 50, 120, 50, 50, 110, 100, 95],
    "C08": [160, 150, 155, 140, 130, 120, 90, 80, 60, 55, OFF, OFF, OFF, 130, 140],
    "C09": [180, 170, 175, 160, 150, 140, 130, 125, 120, 0, 0, 110, 115, 120, 118],
    "C10": [*[OFF] * 4, 200, 180, 150, 140, 130, 120, 118, 121, 119, 122, 120],
    "C11": [20, 20, 20, 20, 20, 400, 20, 20, 20, 60, 60, 60, 60, 60, 60],
    "C12": [119] * 15,
    "C13": [60, 60, 60, 60, 70, 70, 70, 80, 80, 80, 90, 90, 100, 120, 140],
    "C14": [140, 130, 120, *[OFF] * 12],
    "C15": [90, 90, 90, 95, 95, 100, 105, 110, 125, 126, 130, 80, 70, OFF, OFF],
    "C16": [110, 115, 120, 125, 130, 128, 126, 40, 45, 47, 130, 135, 140, 138, 136],
}
NAMES = list(BILLS)
BASE = {"C01", "C02", "C05", "C06", "C07", "C08", "C09", "C14"}
YEAR = [f"2017-{number:02d}" for number in range(1, 13)]
# month: added, base kept, static, members, kept, dynamic, base revenue, revenue retention, reached
TABLE = {
    "2017-01": ({"C03", "C16"}, 7, "87.50", 10, 9, "90.00", "978.00", "73.26", 7),
    "2017-02": (set(), 7, "87.50", 10, 9, "90.00", "811.99", "60.82", 7),
    "2017-03": ({"C11"}, 7, "87.50", 11, 10, "90.91", "851.00", "63.75", 8),
    "2017-04": ({"C10"}, 7, "87.50", 12, 11, "91.67", "739.00", "55.36", 6),
    "2017-05": (set(), 6, "75.00", 12, 10, "83.33", "695.00", "52.06", 6),
    "2017-06": ({"C04"}, 6, "75.00", 13, 10, "76.92", "530.00", "39.70", 4),
    "2017-07": ({"C15"}, 6, "75.00", 14, 10, "71.43", "570.00", "42.70", 5),
    "2017-08": (set(), 5, "62.50", 14, 9, "64.29", "428.00", "32.06", 5),
    "2017-09": (set(), 4, "50.00", 14, 8, "57.14", "430.00", "32.21", 3),
    "2017-10": (set(), 4, "50.00", 14, 8, "57.14", "496.00", "37.15", 3),
    "2017-11": (set(), 5, "62.50", 14, 8, "57.14", "619.00", "46.37", 6),
    "2017-12": ({"C13"}, 5, "62.50", 15, 9, "60.00", "623.00", "46.67", 7),
}
LOST = {  # month: off network, value
    "2017-01": ({"C14"}, set()),
    "2017-02": ({"C14"}, set()),
    "2017-03": ({"C14"}, set()),
    "2017-04": ({"C14"}, set()),
    "2017-05": ({"C14", "C05"}, set()),
    "2017-06": ({"C14", "C05"}, {"C11"}),
    "2017-07": ({"C14", "C05"}, {"C11", "C16"}),
    "2017-08": ({"C14", "C05", "C08"}, {"C11", "C16"}),
    "2017-09": ({"C14", "C05", "C08"}, {"C11", "C16", "C06"}),
    "2017-10": ({"C14", "C05", "C08"}, {"C11", "C16", "C06"}),
    "2017-11": ({"C14", "C05", "C15"}, {"C11", "C16", "C06"}),
    "2017-12": ({"C14", "C05", "C15"}, {"C11", "C16", "C06"}),
}
TERMS = CohortTerms(year=2017)


def example(month="2017-12"):
    drop = parse_label("2017-12") - parse_label(month)
    signed_from_june = [False] * 8 + [True] * 7
    rows = [
        {"bills": bills[: 15 - drop], "signed": signed_from_june[: 15 - drop]}
        if name == "C04"
        else {"bills": bills[: 15 - drop]}
        for name, bills in BILLS.items()
    ]
    return make_frame(rows, month=month)


def total(books, field):
    return books[field].sum(axis=1).tolist()


def members(column, value):
    return {name for name, cell in zip(NAMES, column, strict=True) if cell == value}


@pytest.mark.parametrize("month", YEAR)
def test_ledger_gives_the_worked_example(month):
    added, base_kept, static, size, kept, dynamic, revenue, revenue_kept, reached = TABLE[month]
    off, value = LOST[month]

    books = ledger(example(), TERMS, months=[parse_label(month)])
    cell = {field: int(books[field].sum()) for field in FIELDS}

    assert cell == {
        "base": 8,
        "base_kept": base_kept,
        "added": len(added),
        "members": size,
        "kept": kept,
        "lost_off_network": len(off),
        "lost_value": len(value),
        "reached": reached,
        "base_revenue_fen": int(Decimal(revenue) * 100),
        "base_window_fen": 3 * 1335_00,
    }
    assert rate(cell["base_kept"], cell["base"]) == Decimal(static)
    assert rate(cell["kept"], cell["members"]) == Decimal(dynamic)
    assert revenue_rate(cell["base_revenue_fen"], cell["base_window_fen"]) == Decimal(revenue_kept)


@pytest.mark.parametrize("month", YEAR)
def test_cohort_names_the_members_of_the_worked_example(month):
    frame = cohort(example(month), TERMS)

    assert members(frame["cohort_entry"], TERMS.base_month) == BASE
    assert members(frame["cohort_entry"], parse_label(month)) == TABLE[month][0]
    assert members(frame["cohort_state"], LOST_OFF_NETWORK) == LOST[month][0]
    assert members(frame["cohort_state"], LOST_VALUE) == LOST[month][1]


def test_ledger_of_the_base_month_holds_the_base_alone():
    books = ledger(example("2016-12"), TERMS, months=[TERMS.base_month])

    assert [total(books, field) for field in FIELDS] == [[8], [8], [0], [8], [8], [0], [0], [8], [1290_00], [4005_00]]


def test_lenient_window_lets_c10_in_one_month_earlier():
    books = ledger(
        example(), replace(TERMS, require_full_window=False), months=[parse_label("2017-03"), parse_label("2017-04")]
    )

    assert total(books, "members") == [12, 12]
    assert total(books, "kept") == [11, 11]
    assert rate(11, 12) == Decimal("91.67")


def test_counting_from_january_loses_c11_two_months_earlier():
    months = [parse_label(month) for month in YEAR]
    literal, ours = (
        ledger(example(), replace(TERMS, count_from_january=choice), months=months) for choice in (True, False)
    )

    kept = dict(zip(YEAR, total(literal, "kept"), strict=True))
    members_at = dict(zip(YEAR, total(literal, "members"), strict=True))
    assert rate(kept["2017-04"], members_at["2017-04"]) == Decimal("83.33")
    assert rate(kept["2017-05"], members_at["2017-05"]) == Decimal("75.00")
    differing = [month for month, a, b in zip(YEAR, kept.values(), total(ours, "kept"), strict=True) if a != b]
    assert differing == ["2017-04", "2017-05"]


def test_unsigned_customers_join_the_base_when_signing_is_not_asked():
    frame = cohort(example(), replace(TERMS, require_signed=False))

    assert members(frame["cohort_entry"], TERMS.base_month) == BASE | {"C04"}


def test_ledger_splits_by_county_and_adds_up_over_buckets():
    frame = example()
    frame = frame.with_columns(county_id=np.array([7, 3] * 8, dtype=np.int32))
    months = [parse_label(month) for month in YEAR]
    whole = ledger(frame, TERMS, months=months)
    parts = [ledger(frame.take(np.arange(start, 16, 3)), TERMS, months=months) for start in range(3)]

    assert whole.counties.tolist() == [3, 7]
    for field in FIELDS:
        summed = np.zeros_like(whole[field])
        for part in parts:
            for position, county in enumerate(part.counties):
                summed[:, whole.counties.tolist().index(county)] += part[field][:, position]
        assert summed.tolist() == whole[field].tolist()


def test_ledger_of_nobody_is_empty():
    books = ledger(make_frame([], months=15), TERMS, months=[parse_label("2017-01")])

    assert books["members"].shape == (1, 0)


@pytest.mark.parametrize("month", ["2016-11", "2018-01"])
def test_ledger_refuses_months_outside_the_year(month):
    with pytest.raises(MonthNotInCohort):
        ledger(example(), TERMS, months=[parse_label(month)])


def test_ledger_refuses_months_the_frame_does_not_reach():
    with pytest.raises(MonthNotInCohort):
        ledger(example("2017-06"), TERMS, months=[parse_label("2017-07")])


def test_rates_round_half_up_and_know_nothing_of_nothing():
    assert rate(470, 500) == Decimal("94.00")
    assert rate(1, 800) == Decimal("0.13")
    assert rate(3, 0) is None
    assert revenue_rate(5, 0) is None


BILL = st.sampled_from([OFF, 0, 30, "49.99", 50, 119, 120, 150, 400])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(BILL, min_size=15, max_size=15), min_size=1, max_size=6))
def test_members_are_kept_or_lost(customers):
    months = [parse_label(month) for month in YEAR]

    books = ledger(make_frame([{"bills": bills} for bills in customers]), TERMS, months=months)

    lost = books["lost_off_network"] + books["lost_value"]
    assert (books["members"] == books["kept"] + lost).all()
    assert (books["base_kept"] <= books["base"]).all()
    before = np.vstack([books["base"][:1], books["members"][:-1]])
    assert (books["members"] == before + books["added"]).all()
