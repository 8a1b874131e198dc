"""The movement of the kept: the handbook's worked example month by month, and the identity on any year."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.tests.frames import make_frame
from cvm.lib.months import parse_label
from segmentation.cohort import PATH_BITS, CohortTerms, cohort
from segmentation.movements import FIELDS, STATE_MASK, movements, openings, summed
from segmentation.tests.test_ledger import BASE, BILL, LOST, NAMES, TABLE, YEAR, example

TERMS = CohortTerms(year=2017)
MONTHS = [TERMS.base_month, *(parse_label(month) for month in YEAR)]
# month: entered, returned, lost off network, lost by value, closing (DOMAIN 4.4)
EXPECTED = {
    "2016-12": (8, 0, 0, 0, 8),
    "2017-01": (2, 0, 1, 0, 9),
    "2017-02": (0, 0, 0, 0, 9),
    "2017-03": (1, 0, 0, 0, 10),
    "2017-04": (1, 0, 0, 0, 11),
    "2017-05": (0, 0, 1, 0, 10),
    "2017-06": (1, 0, 0, 1, 10),
    "2017-07": (1, 0, 0, 1, 10),
    "2017-08": (0, 0, 1, 0, 9),
    "2017-09": (0, 0, 0, 1, 8),
    "2017-10": (0, 0, 0, 0, 8),
    "2017-11": (0, 1, 1, 0, 8),
    "2017-12": (1, 0, 0, 0, 9),
}


def placed(frame, *, layers=1, managers=1):
    size = len(frame)
    return frame.with_columns(layer=np.arange(size) % layers + 1, manager_id=(np.arange(size) % managers).astype("i4"))


def moved(frame, terms=TERMS, months=MONTHS):
    """Return what the months say over all places: one tuple per month."""
    found = movements(placed(cohort(frame, terms)), terms, months=months)
    return [tuple(row) for row in found.cells.sum(axis=0).tolist()]


def test_movements_give_the_worked_example():
    assert [row[:5] for row in moved(example())] == list(EXPECTED.values())


def test_lenient_window_moves_one_entry_a_month_earlier():
    lenient = dict(zip(EXPECTED, moved(example(), replace(TERMS, require_full_window=False)), strict=True))

    changed = {month for month, row in lenient.items() if row[:5] != EXPECTED[month]}
    assert changed == {"2017-03", "2017-04"}
    assert (lenient["2017-03"][:5], lenient["2017-04"][:5]) == ((2, 0, 0, 0, 11), (0, 0, 0, 0, 11))


def test_counting_from_january_moves_one_loss_two_months_earlier():
    literal = dict(zip(EXPECTED, moved(example(), replace(TERMS, count_from_january=True)), strict=True))

    changed = {month for month, row in literal.items() if row[:5] != EXPECTED[month]}
    assert changed == {"2017-04", "2017-05", "2017-06"}
    assert [literal[month][:5] for month in sorted(changed)] == [(1, 0, 0, 1, 10), (0, 0, 1, 0, 9), (1, 0, 0, 0, 10)]


def test_revenue_is_the_bills_of_the_kept():
    revenue = dict(zip(EXPECTED, (row[5] for row in moved(example())), strict=True))

    base_and_added = Decimal(TABLE["2017-01"][6]) + Decimal("120.01") + 125
    assert revenue["2017-01"] == int(base_and_added * 100)


@pytest.mark.parametrize("month", YEAR)
def test_path_remembers_every_month_end(month):
    path = cohort(example(), TERMS)["cohort_path"]
    states = path >> PATH_BITS * (parse_label(month) - TERMS.base_month) & STATE_MASK

    lost = [{name for name, state in zip(NAMES, states, strict=True) if state == kind} for kind in (2, 3)]
    assert tuple(lost) == LOST[month]
    assert {name for name, state in zip(NAMES, path & STATE_MASK, strict=True) if state} == BASE


def test_path_ends_in_the_state():
    frame = cohort(example("2017-08"), TERMS)

    assert (frame["cohort_path"] >> PATH_BITS * 8).tolist() == frame["cohort_state"].tolist()


def test_movements_of_nobody_are_none():
    assert movements(placed(cohort(make_frame([], months=15), TERMS)), TERMS, months=MONTHS).cells.shape == (0, 13, 6)


def test_summed_adds_up_equal_keys():
    cells = np.arange(12).reshape(4, 1, 3)

    (first, second), total = summed(cells, np.array([2, 1, 2, 1]), np.array([5, 5, 5, 4]))

    assert (first.tolist(), second.tolist()) == ([1, 1, 2], [4, 5, 5])
    assert total[:, 0].tolist() == [[9, 10, 11], [3, 4, 5], [6, 8, 10]]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(BILL, min_size=15, max_size=15), min_size=1, max_size=8))
def test_every_year_of_bills_closes(customers):
    frame = placed(cohort(make_frame([{"bills": bills} for bills in customers]), TERMS), layers=2, managers=3)

    whole = movements(frame, TERMS, months=MONTHS)
    halves = [movements(frame.take(np.arange(start, len(frame), 2)), TERMS, months=MONTHS) for start in range(2)]

    entered, returned, off, value, closing, _revenue = (whole.cells[:, :, place] for place in range(len(FIELDS)))
    assert (openings(closing) + entered + returned - off - value == closing).all()
    _keys, joined = summed(
        np.concatenate([half.cells for half in halves]),
        *(np.concatenate([getattr(half, name) for half in halves]) for name in ("county", "layer", "manager")),
    )
    assert joined.tolist() == whole.cells.tolist()
