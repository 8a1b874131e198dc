"""Cells per bucket, and that they add up."""

import datetime as dt

import numpy as np
import pytest

from customers import facets
from customers.frame import Frame
from cvm.night import rollups

COUNTIES = [4, 7]


def frame(**columns):
    size = len(columns["id"])
    everyone = {
        "county_id": np.full(size, 4),
        "band": np.full(size, 1),
        "previous_band": np.full(size, 1),
        "stage": np.full(size, 3),
        "warning": np.zeros(size, int),
        "layer": np.full(size, 4),
        "code": np.full(size, 3),
        "cohort_state": np.zeros(size, int),
        "state": np.ones(size, int),
        "facets": np.zeros(size, int),
        "is_in_network": np.ones(size, bool),
        "cum3_fen": np.zeros(size, np.int64),
    }
    return Frame(as_of=dt.date(2026, 9, 1), month=24319, columns=everyone | columns, history={})


def test_cells_hold_customers_and_revenue_by_county():
    three = frame(
        id=np.arange(1, 4),
        county_id=np.array([4, 7, 7]),
        band=np.array([5, 5, 0]),
        cum3_fen=np.array([60_000, 70_000, 1], np.int64),
    )

    cells = rollups.cells(rollups.count(three, COUNTIES)["band_stage"], COUNTIES)

    rows = sorted(
        zip(*(cells[name].tolist() for name in ("county_id", "row", "column", "customers", "revenue_fen")), strict=True)
    )
    assert rows == [(4, 5, 3, 1, 60_000), (7, 0, 3, 1, 1), (7, 5, 3, 1, 70_000)]


def test_kinds_count_whom_they_say():
    three = frame(id=np.arange(1, 4), is_in_network=np.array([True, True, False]), cohort_state=np.array([0, 1, 2]))

    counted = rollups.count(three, COUNTIES)

    people = {kind: int(cells[0].sum()) for kind, cells in counted.items()}
    assert people == {
        "band_stage": 3,
        "band_previous": 3,
        "warning_band": 2,
        "layer_code": 2,
        "cohort": 2,
        "state": 3,
        "stage_products": 3,
        **{f"by_{name}": 3 for name in facets.FACETS},
    }


def test_halves_add_up_to_the_whole():
    random = np.random.default_rng(1)
    whole = frame(
        id=np.arange(1, 1001),
        county_id=random.choice(COUNTIES, 1000),
        band=random.integers(0, 6, 1000),
        stage=random.integers(1, 6, 1000),
        cum3_fen=random.integers(0, 10**9, 1000),
    )

    halves = [rollups.count(whole.take(rows), COUNTIES) for rows in (np.s_[:400], np.s_[400:])]

    for kind, cells in rollups.count(whole, COUNTIES).items():
        assert (cells == halves[0][kind] + halves[1][kind]).all()


def test_nobody_counts_nothing():
    assert not any(cells.any() for cells in rollups.count(frame(id=np.zeros(0, int)), COUNTIES).values())


def test_unknown_county_is_named():
    with pytest.raises(rollups.UnknownCounty, match="9"):
        rollups.count(frame(id=np.array([1]), county_id=np.array([9])), COUNTIES)
