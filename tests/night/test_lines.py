"""The ledger of a whole night: it closes, and every number of it is exactly the customers of its list."""

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from django.db.models import F, Sum
from django.http import QueryDict

from customers import blocks
from customers.history import IN_NETWORK
from customers.models import Branch, HistoryBlock, Run, Staff, Standing
from cvm import nightly
from cvm.filters import StandingFilter
from cvm.ledger.terms import LEDGER
from cvm.lib.months import label
from cvm.night import balance
from cvm.night.errors import LedgerUnbalanced
from cvm.night.lines import NUMBERS
from segmentation.models import CohortMember, CohortState, LedgerClose, LedgerEntry, LedgerLine
from tests.night.branches import AS_OF, ENOUGH_MONTHS, make_branch, spend

pytestmark = pytest.mark.usefixtures("no_tables_left")

By = LedgerLine.By
PARAMETER = {By.COUNTY: "county", By.LAYER: "layer", By.MANAGER: "manager"}
PLACE = {By.COUNTY: "county_id", By.LAYER: "layer", By.MANAGER: "manager_id"}


def publish():
    run = spend(nightly.start_night(as_of=AS_OF))
    assert (run.status, run.error) == (Run.Status.PUBLISHED, "")
    return run


def analyst():
    branch = Branch.objects.get(parent=None)
    return Staff.objects.create(username="books", role=Staff.Role.ANALYST, branch=branch)


def with_a_hard_year(seed=4, year=AS_OF.year):
    """Take random customers off the network in one month, and give others three low bills."""
    dice = np.random.default_rng(seed)
    for block in HistoryBlock.objects.filter(month__year=year):
        flags, bills = (np.frombuffer(fact, blocks.FACT_TYPE).copy() for fact in (block.flags, block.arpu_fen))
        flags[dice.random(len(flags)) < 0.1] &= ~IN_NETWORK
        bills[np.arange(len(bills)) % 9 == 0] = 3000
        block.flags, block.arpu_fen = flags.tobytes(), bills.tobytes()
        block.save()


def wanted(run, user, **filters):
    query = QueryDict(mutable=True)
    query.update({name: str(value) for name, value in filters.items()})
    found = StandingFilter(query, Standing.objects.filter(run=run), request=SimpleNamespace(user=user))
    assert found.is_valid(), found.errors
    return found.qs


def listed(run, user, **filters):
    return wanted(run, user, **filters).count()


def assert_lines_are_lists(run, user, lines, *, year=""):
    """Compare every number of the lines with the customers of its list there; returns the numbers that were not nothing."""
    numbers, moved = list(lines), set()
    for month in sorted({line.month for line in numbers}):
        for what, (field, _words) in LEDGER.items():
            if what == "members":
                continue
            rows = wanted(run, user, ledger=f"{label(month)}:{what}{year}").values_list(*PLACE.values(), "county_id")
            found = Counter((by, row[-1], key) for row in rows for by, key in zip(PLACE, row, strict=False))
            said = {
                (By(line.by), line.county_id, line.key): getattr(line, field) for line in numbers if line.month == month
            }
            assert (month, what, found) == (month, what, Counter({at: many for at, many in said.items() if many}))
            moved |= {what} if found else set()
    return moved


def test_every_number_is_exactly_the_customers_of_its_list():
    make_branch(customers=300, months=ENOUGH_MONTHS)
    with_a_hard_year()
    run, user = publish(), analyst()

    moved = assert_lines_are_lists(run, user, LedgerLine.objects.filter(run=run))
    for entry in LedgerEntry.objects.filter(run=run):
        cell = f"{label(entry.month)}:members"
        assert listed(run, user, ledger=cell, county=entry.county_id) == entry.members
    for line in LedgerLine.objects.filter(run=run, closing__gt=0)[:12]:  # the place itself, by its filter
        place = {"county": line.county_id, PARAMETER[line.by]: line.key}
        assert listed(run, user, ledger=f"{label(line.month)}:closing", **place) == line.closing

    assert moved == LEDGER.keys() - {"members"}


def test_lines_close_and_agree_with_books_and_standings():
    make_branch(customers=300, months=ENOUGH_MONTHS)
    run = publish()

    sums = [
        list(LedgerLine.objects.filter(run=run, by=by).values("month").annotate(
            **{f"{name}_sum": Sum(name) for name in NUMBERS}
        ).order_by("month"))
        for by in By
    ]  # fmt: skip
    retained = Standing.objects.filter(run=run, cohort_state=CohortState.RETAINED).count()

    assert sums[0] == sums[1] == sums[2]
    assert sums[0][-1]["closing_sum"] == retained > 0
    for before, after in zip(sums[0], sums[0][1:], strict=False):
        assert after["opening_sum"] == before["closing_sum"]


@pytest.mark.parametrize(
    ("by", "what"), [(By.COUNTY, "closing"), (By.LAYER, "layers"), (By.MANAGER, "managers")]
)  # fmt: skip
def test_night_does_not_publish_lines_that_disagree(by, what):
    make_branch(customers=300, months=ENOUGH_MONTHS)
    run = publish()
    line = LedgerLine.objects.filter(run=run, by=by, closing__gt=0).order_by("-month", "pk").first()
    LedgerLine.objects.filter(pk=line.pk).update(entered=F("entered") + 1, closing=F("closing") + 1)

    with pytest.raises(LedgerUnbalanced) as error:
        balance.check(run)
    assert error.value.detail["what"] == f"{what}, county {line.county_id}"


def test_database_refuses_a_line_that_does_not_close():
    make_branch()
    run = publish()

    with pytest.raises(IntegrityError, match="ledger_line_balance"), transaction.atomic():
        LedgerLine.objects.filter(run=run).update(closing=F("closing") + 1)


def test_lines_go_with_their_standings_unless_a_month_of_theirs_is_closed():
    make_branch()
    first = publish()
    newest = LedgerLine.objects.filter(run=first).order_by("-month").first()
    LedgerClose.objects.create(
        cohort_id=newest.cohort_id, month=newest.month, run=first, closed_by=analyst(), closed_at=first.finished_at,
        totals={}, checksum="0" * 64,
    )  # fmt: skip

    publish()

    assert set(LedgerLine.objects.filter(run=first).values_list("month", flat=True)) == {newest.month}
    assert CohortMember.objects.exists()


def test_filter_knows_only_numbers_of_the_cohort():
    make_branch()
    run, user = publish(), analyst()

    for cell in ("2025-11:closing", "2027-01:closing", "2026-08:kept", "2026-08", "closing", "2026-13:closing"):
        assert listed(run, user, ledger=cell) == 0
