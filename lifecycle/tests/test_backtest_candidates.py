"""Whom a kind could find: looking at those alone finds the same, to the evidence, on any day and any frame."""

import datetime as dt

import numpy as np
import pytest

from customers.tests.frames import make_frame
from lifecycle.backtest.candidates import NEEDS, found_among
from lifecycle.backtest.reads import reads
from lifecycle.moments import REGISTRY, detected
from lifecycle.moments.terms import KindTerms

SIZE = 4_000
DAYS = [dt.date(2018, 1, 1), dt.date(2018, 1, 8), dt.date(2018, 2, 14), dt.date(2018, 2, 28)]
A_YEAR = [dt.date(2024, 1, 1) + dt.timedelta(days=number) for number in range(366)]
BASE = make_frame([{"bills": [100] * 6, "code": 1, "tenure_at_month": 5, "is_in_network": True}] * SIZE, months=12)


def crowd(code, day):
    """Return customers whose columns are anything near what the kind looks for, each of them mostly nothing."""
    module, dice = REGISTRY[code], np.random.default_rng([len(code), day.toordinal()])
    today = (day - dt.date(1970, 1, 1)).days
    columns = {}
    for name in reads(lambda frame: module.detect(frame, module.Thresholds()), days=A_YEAR).columns:
        if name in ("id", "code", "is_in_network"):
            continue
        near = dice.integers(-40, 95, SIZE) + today if name.endswith("_day") else dice.integers(1, 900, SIZE)
        if name == "rebate_end_month":
            near = dice.integers(-2, 3, SIZE) + day.year * 12 + day.month - 1
        if name in ("state", "stop_reason", "dual_sim", "previous_marks", "family_role"):
            near = {"previous_marks": dice.integers(0, 2**30, SIZE) | 1 << 30}.get(name, dice.integers(1, 5, SIZE))
        values = np.where(dice.random(SIZE) < 0.12, near, 0)
        columns[name] = values.astype(np.bool_ if name.startswith(("is_", "has_")) else np.int32)
    frame = BASE.with_columns(**columns)
    return type(frame)(day, frame.month, frame.columns, frame.history)


@pytest.mark.parametrize("code", sorted(NEEDS))
def test_looking_at_the_candidates_alone_finds_the_same(code):
    terms, total = KindTerms(code, 10), 0
    for day in DAYS:
        frame = crowd(code, day)
        whole, among = detected(frame, terms), found_among(frame, terms)
        for name in ("rows", "level", "deadline_hours", "value", "reference"):
            assert getattr(among, name).tolist() == getattr(whole, name).tolist(), (day, name)
        total += len(whole.rows)
    assert total > 0


def test_most_of_a_crowd_is_looked_at_whole_and_nobody_in_nobody():
    frame = BASE.with_columns(contact_day=np.full(SIZE, BASE.today, np.int32))

    assert len(found_among(frame, KindTerms("B9", 1)).rows) == SIZE
    assert len(found_among(frame.take(np.zeros(0, np.intp)), KindTerms("B9", 1)).rows) == 0


def test_a_cut_frame_is_the_taken_one():
    rows = np.array([3, 5])
    frame = BASE.with_columns(id=np.arange(SIZE, dtype=np.int32))
    cut, taken = frame.chosen(rows), frame.take(rows)

    assert (len(cut), cut.months, "id" in cut.columns, "x" in cut.columns) == (2, 12, True, False)
    assert all(cut[name].tolist() == taken[name].tolist() for name in taken.columns)
    assert all(cut.history[fact].tolist() == taken.history[fact].tolist() for fact in taken.history)
