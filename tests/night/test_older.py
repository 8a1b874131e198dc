"""The cohort of the year before, counted by a night of this year: its numbers, its lists, its members."""

import pytest
from django.db.models import Sum

from customers.models import HistoryBlock
from cvm.ledger.terms import LEDGER
from cvm.lib.months import label
from cvm.night import balance, older
from cvm.night.errors import LedgerUnbalanced
from segmentation.importing import frozen_years
from segmentation.models import Cohort, CohortMember, CohortPath, LedgerEntry, LedgerLine
from segmentation.queries import books_of, vintages
from tests.night.branches import AS_OF, make_branch
from tests.night.test_lines import analyst, assert_lines_are_lists, listed, publish, with_a_hard_year

pytestmark = pytest.mark.usefixtures("no_tables_left")

LAST = AS_OF.year - 1
DECEMBER = AS_OF.year * 12 - 1  # the last month of the older cohort, and the base month of the newer
MONTHS = 23  # from October before the older cohort's year


def open_branch():
    Cohort.objects.create(year=LAST)
    make_branch(customers=250, months=MONTHS)
    with_a_hard_year(year=LAST)


def members():
    return sorted(CohortMember.objects.filter(cohort__year=LAST).values_list("customer_id", "entry_month"))


def test_every_number_of_an_older_cohort_is_exactly_the_customers_of_its_list():
    open_branch()
    run, user = publish(), analyst()

    lines = LedgerLine.objects.filter(run=run, cohort__year=LAST)
    moved = assert_lines_are_lists(run, user, lines, year=f":{LAST}")
    assert moved == LEDGER.keys() - {"members"}
    for entry in LedgerEntry.objects.filter(run=run, cohort__year=LAST):
        cell = f"{label(entry.month)}:members:{LAST}"
        assert listed(run, user, ledger=cell, county=entry.county_id) == entry.members

    closing = f"{label(DECEMBER)}:closing"
    (own,) = lines.filter(month=DECEMBER, by=1).aggregate(Sum("closing")).values()
    assert listed(run, user, ledger=f"{closing}:{LAST}") == own != listed(run, user, ledger=closing)
    entered = vintages(run, year=LAST, months=(DECEMBER - 12, DECEMBER), county_ids=None)
    for vintage in entered:
        if vintage.month == DECEMBER:
            assert listed(run, user, entry=f"{label(vintage.entry)}:{LAST}") == vintage.members
    assert sum(vintage.kept for vintage in entered if vintage.month == DECEMBER) == own


def test_first_night_fixes_who_belonged_and_the_next_restates_without_moving_them():
    open_branch()
    first = publish()
    fixed = members()
    assert len(fixed) == CohortPath.objects.filter(run=first).count() > 0
    assert frozen_years(DECEMBER - 3) == [LAST]

    for block in HistoryBlock.objects.filter(month__year=LAST):
        block.arpu_fen = bytes(len(block.arpu_fen))  # nobody paid a fen
        block.save()
    second = publish()

    assert members() == fixed
    before, after = (
        {month.month: month for month in books_of([run.pk], county_ids=None)[run.pk] if month.year == LAST}
        for run in (first, second)
    )
    assert [month.members for month in after.values()] == [month.members for month in before.values()]
    assert after[DECEMBER].kept < before[DECEMBER].kept


def test_year_the_history_does_not_reach_or_nobody_opened_is_not_counted():
    make_branch(customers=60, months=MONTHS)
    assert (list(older.countable(AS_OF)), older.plans(AS_OF)) == ([LAST], [])
    Cohort.objects.create(year=LAST - 1)
    assert older.plans(AS_OF) == []
    HistoryBlock.objects.filter(month__lt=f"{LAST - 1}-11-01").delete()
    Cohort.objects.create(year=LAST)
    assert (list(older.countable(AS_OF)), older.plans(AS_OF)) == ([], [])


def test_night_does_not_publish_an_older_year_that_disagrees():
    open_branch()
    run = publish()
    CohortPath.objects.filter(pk=CohortPath.objects.filter(run=run).first().pk).delete()

    with pytest.raises(LedgerUnbalanced) as error:
        balance.check(run)
    assert error.value.detail["what"] == "standings"
