"""The stages of past months after a whole night: every flow is its list, the measures are those of the standings."""

from types import SimpleNamespace

import numpy as np
import pytest
from django.http import QueryDict

from customers.models import Branch, Rollup, Run, Staff, Standing
from cvm import nightly
from cvm.filters import StandingFilter
from cvm.lib.months import month_of
from cvm.night import stage_counts
from cvm.stages.flow import flows, read_paths
from cvm.stages.measures import newest_flow
from lifecycle import journeys
from lifecycle.paths import steps
from lifecycle.queries import told_of
from lifecycle.stage_terms import term
from segmentation.queries import vintages
from tests.night.branches import AS_OF, ENOUGH_MONTHS, make_branch, spend

pytestmark = pytest.mark.usefixtures("no_tables_left")


@pytest.fixture
def run():
    make_branch(customers=600, months=ENOUGH_MONTHS)
    run = spend(nightly.start_night(as_of=AS_OF))
    assert (run.status, run.error) == (Run.Status.PUBLISHED, "")
    return run


def told(run, **only):
    """Return the stages as [months, customers] out of the standings, with their counties and revenue."""
    rows = Standing.objects.filter(run=run, **only).order_by("customer_id")
    path, county, revenue = (
        np.array(rows.values_list(name, flat=True)) for name in ("stage_path", "county_id", "cum3_fen")
    )
    return steps(path, months=told_of(run)), county, revenue


def listed(run, terms):
    user = Staff.objects.filter(username="flows").first() or Staff.objects.create(
        username="flows", role=Staff.Role.ANALYST, branch=Branch.objects.get(parent=None)
    )
    query = QueryDict(mutable=True)
    query.setlist("stage_at", terms)
    wanted = StandingFilter(query, Standing.objects.filter(run=run), request=SimpleNamespace(user=user))
    assert wanted.is_valid(), wanted.errors
    return wanted.qs.count()


def cells(run, kind):
    """Return the customers of a kind by (county, row, column)."""
    found = Rollup.objects.filter(run=run, kind=kind).values_list("county_id", "row", "column", "customers")
    return {(county, row, column): number for county, row, column, number in found}


def test_every_flow_is_its_list_and_the_newest_month_the_stage(run):
    matrix, _county, _revenue = told(run)
    newest, months = month_of(run.month), len(matrix)
    assert months == ENOUGH_MONTHS - 5
    assert Standing.objects.filter(run=run).exclude(stage_path__gt=0).count() == 0

    for start, end in ((0, months - 1), (months - 2, months - 1), (1, 4)):
        before, after = newest - (months - 1 - start), newest - (months - 1 - end)
        counted = np.bincount(matrix[start] * 6 + matrix[end], minlength=36).reshape(6, 6)
        assert counted.sum() == run.customers
        for one in range(6):
            for other in range(6):
                terms = [term(before, one), term(after, other)]
                assert listed(run, terms) == counted[one, other]
        assert listed(run, [term(before, 1, 2, 3), term(after, 4, 5)]) == counted[1:4, 4:].sum()

    for stage, path in Standing.objects.filter(run=run).values_list("stage", "stage_path"):
        assert path & 7 == stage
    for month in (newest + 1, newest - told_of(run)):
        assert listed(run, [term(month, *range(6))]) == 0


def test_measures_are_those_of_the_standings_and_growth_counts_where_bills_reach(run):
    matrix, county, revenue = told(run)
    for one in run.plan["counties"]:
        rows = np.flatnonzero(county == one)
        here, place = matrix[:, rows], np.zeros(len(rows), np.int64)
        lasting = journeys.lasting(here, place, places=1)[0]
        for number, kind in enumerate(stage_counts.LASTING):
            found = {at[1:]: n for at, n in cells(run, kind).items() if at[0] == one}
            assert found == {(s, m): lasting[number, s, m] for s, m in np.argwhere(lasting[number]).tolist()}
        exits = journeys.leaving(here, place, revenue[rows], places=1)[0]
        found = {at[1:]: n for at, n in cells(run, stage_counts.EXIT).items() if at[0] == one}
        assert found == {(b, c): exits[b, c] for b, c in np.argwhere(exits[:, :2]).tolist()}
        flaps = journeys.flapping(here, place, places=1)[0]
        found = {at[1:]: n for at, n in cells(run, stage_counts.FLAP).items() if at[0] == one}
        assert found == {(s, 4 * (i + 3) + k): flaps[i, s, k] for i, s, k in np.argwhere(flaps).tolist()}
    grew = {}
    for (_county, back, column), number in cells(run, stage_counts.GROWTH).items():
        grew[back, column] = grew.get((back, column), 0) + number

    # what outlives the customers of the night: the flow of its newest month, the triangle of its cohort
    newest, year = month_of(run.month), run.month.year
    paths = read_paths(Standing.objects.filter(run=run))
    assert newest_flow(run, county_ids=None) == flows(paths, newest=newest, start=newest - 1, end=newest)
    books = {"year": year, "months": (year * 12, newest), "county_ids": None}
    kept = vintages(run, **books)
    assert kept
    Rollup.objects.filter(run=run, kind__startswith="vintage").delete()
    assert vintages(run, **books) == kept

    for back in (3, 6):
        assert grew.get((back, 0), 0) == np.count_nonzero(matrix[-1 - back] == journeys.GROWTH)
        assert grew.get((back, 0), 0) >= grew.get((back, 1), 0) >= grew.get((back, 2), 0)
    assert not [at for at in grew if at[0] == 12]


def test_a_branch_of_one_month_tells_the_newest_stage_only():
    make_branch(customers=80, months=2)
    run = spend(nightly.start_night(as_of=AS_OF))

    assert (run.status, told_of(run)) == (Run.Status.PUBLISHED, 1)
    newest = month_of(run.month)
    by_stage = [listed(run, [term(newest, stage)]) for stage in range(6)]
    assert (by_stage[0], sum(by_stage)) == (0, 80)
    assert listed(run, [term(newest - 1, 3)]) == 0
    assert not Rollup.objects.filter(
        run=run, kind__in=(*stage_counts.LASTING, stage_counts.FLAP, stage_counts.EXIT)
    ).exists()
