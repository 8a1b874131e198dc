"""What the night counts for the boards: facets, the curve, the cost of service; parts add up, lists agree."""

import numpy as np
import pytest
from django.db.models import Sum

from customers.facets import FACETS, codes
from customers.models import Rollup, Staff, Standing
from cvm import nightly
from cvm.dashboards.movement import matrix_of
from cvm.dashboards.place import Place
from cvm.lib.months import month_of
from cvm.night.concentration import curve
from tests.night.branches import AS_OF, ENOUGH_MONTHS, make_branch, spend

pytestmark = pytest.mark.usefixtures("no_tables_left")


@pytest.fixture
def run(request):
    make_branch(months=ENOUGH_MONTHS)
    return spend(nightly.start_night(as_of=AS_OF))


def place_of(run, county_ids=None):
    return Place(run=run, reader=Staff(), query={}, counties=[], county=None, county_ids=county_ids, opens_lists=True)


def test_cells_of_each_facet_are_the_customers_of_the_standings(run):
    rows = list(Standing.objects.filter(run=run).values_list("facets", "band", "cum3_fen"))
    packed, band, revenue = (np.array(column) for column in zip(*rows, strict=True))
    assert len(rows) == run.customers
    for name in FACETS:
        code = codes(packed, name)
        cells = Rollup.objects.filter(run=run, kind=f"by_{name}").values_list("row", "column")
        found = {(r, c): (n, fen) for r, c, n, fen in cells.annotate(n=Sum("customers"), fen=Sum("revenue_fen"))}
        expected = {
            (r, c): (int(((code == r) & (band == c)).sum()), int(revenue[(code == r) & (band == c)].sum()))
            for r, c in set(zip(code.tolist(), band.tolist(), strict=True))
        }
        assert found == expected


def test_month_on_month_movement_of_the_frame_is_that_of_the_run(run):
    now = month_of(run.month)
    for county_ids in (None, [Standing.objects.filter(run=run).values_list("county_id", flat=True).first()]):
        place = place_of(run, county_ids)
        matrix = matrix_of(place, start=now - 1, end=now)
        told = {at: cell.customers for at, cell in place.cells(["band_previous"])["band_previous"].items() if any(at)}
        assert {at: cell.customers for at, cell in matrix.items()} == told


def test_older_months_join_where_the_next_ones_begin(run):
    now, place = month_of(run.month), place_of(run)
    older, newer = matrix_of(place, start=now - 6, end=now - 3), matrix_of(place, start=now - 3, end=now)
    for band in range(1, 6):
        ended = sum(cell.customers for (_b, a), cell in older.items() if a == band)
        began = sum(cell.customers for (b, _a), cell in newer.items() if b == band)
        assert ended == began


def test_year_and_service_are_counted_for_every_band(run):
    year = Rollup.objects.filter(run=run, kind="year").aggregate(n=Sum("customers"), fen=Sum("revenue_fen"))
    sums = Standing.objects.filter(run=run).aggregate(fen=Sum("sum12_fen"))
    assert year == {"n": run.customers, "fen": sums["fen"]}


def test_curve_takes_the_best_first():
    customers, revenue = curve(np.array([1, 5, 3, 1]))
    assert (customers[25], revenue[25]) == (1, 5)
    assert (customers[50], revenue[50]) == (2, 8)
    assert (customers[100], revenue[100]) == (4, 10)
    assert (customers[0], revenue[0]) == (0, 0)


def test_curve_of_nobody_is_flat():
    customers, revenue = curve(np.zeros(0, np.int64))
    assert not customers.any()
    assert not revenue.any()
