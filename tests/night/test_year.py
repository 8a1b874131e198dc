"""A random year of imports, corrections, undone files, merged records and moves: the books close every night all the same."""

import datetime as dt
import io
import itertools
import random

import pytest
from django.utils import timezone

from customers import merging
from customers.importing import intake, spool, undo
from customers.importing.templates import install_templates
from customers.models import Branch, Customer, ImportBatch, Run, Staff
from cvm import nightly
from cvm.lib.months import first_day, label, parse_label
from segmentation.closing import close_through, is_intact
from segmentation.models import Cohort, CohortMember, LedgerClose, LedgerEntry, LedgerLine
from tests.night.branches import spend
from tests.night.test_lines import assert_lines_are_lists

pytestmark = pytest.mark.usefixtures("no_tables_left")

PEOPLE = 36
THIS, LAST = 2025, 2024
FIRST, JANUARY = parse_label(f"{LAST - 1}-10"), parse_label(f"{THIS}-01")
STATES = ["正常"] * 14 + ["停机", "携出"]
BILLS = [0, 30, "49.99", 50, 80, 119, 120, "120.01", 150, 400]


class Year:
    """The branch as people work on it; every step is one of theirs, the dice choose."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        install_templates()
        self.root = Branch.objects.create(code="R", name="Branch", kind=Branch.Kind.BRANCH)
        self.counties = [
            Branch.objects.create(code=code, name=code, kind=Branch.Kind.COUNTY, parent=self.root) for code in "AB"
        ]
        self.leader, self.analyst, self.admin = (
            Staff.objects.create(username=role, role=role, branch=self.root)
            for role in (Staff.Role.TEAM_LEADER, Staff.Role.ANALYST, Staff.Role.ADMIN)
        )
        Customer.objects.bulk_create(
            Customer(
                id=number, user_code=f"U{number}", msisdn=f"1380000{number:04d}", join_date=dt.date(2012, 1, 1),
                county=self.counties[number % 2],
            )
            for number in range(1, PEOPLE + 1)
        )  # fmt: skip
        Cohort.objects.create(year=LAST)
        self.usual = {number: self.dice.choice(BILLS[4:]) for number in range(1, PEOPLE + 1)}
        self.batches = []

    def bills(self, months, people):
        """Import bills of some customers for some months, through every step of the real intake."""
        lines = ["账期,用户编码,用户状态,当月ARPU"]
        for month, number in itertools.product(months, people):
            bill = self.usual[number] if self.dice.random() < 0.6 else self.dice.choice(BILLS)
            lines.append(f"{label(month).replace('-', '')},U{number},{self.dice.choice(STATES)},{bill}")
        name = f"月账单{len(self.batches)}.csv"
        spooled = spool.take(io.BytesIO(("\n".join(lines) + "\n").encode()), name=name)
        batch = intake.submit(spooled, file_name=name, source=ImportBatch.Source.UPLOAD, now=timezone.now()).batch
        intake.check(batch.pk, clock=timezone.now)
        batch.refresh_from_db()
        intake.confirm(batch, by=None, now=timezone.now(), override_reason="random year")
        intake.commit(batch.pk, clock=timezone.now)
        batch.refresh_from_db()
        assert (batch.status, batch.error) == (ImportBatch.Status.COMMITTED, "")
        self.batches.append(batch)

    def some(self, most):
        return self.dice.sample(range(1, PEOPLE + 1), self.dice.randint(1, most))

    def correct(self, month):
        self.bills([self.dice.randint(FIRST, month)], self.some(8))

    def undo(self, _month):
        undo.undo(self.batches.pop(), by=None, now=timezone.now())

    def move(self, _month):
        Customer.objects.filter(pk__in=self.some(4)).update(county=self.dice.choice(self.counties))

    def mark(self, _month):
        Customer.objects.filter(pk__in=self.some(2)).update(is_special=self.dice.random() < 0.5)

    def merge(self, _month):
        free = list(Customer.objects.filter(merged_into=None, aliases=None).order_by("pk")[:PEOPLE])
        alias, main = self.dice.sample(free, 2)
        merging.merge(alias, main, by=self.leader, at=timezone.now(), reason="same line")

    def spend(self, month):
        run = spend(nightly.start_night(as_of=first_day(month + 1) + dt.timedelta(days=8), accept_fewer=True))
        assert (run.status, run.error) == (Run.Status.PUBLISHED, "")  # the night's own checks of the books passed
        return run


def books_close(run):
    """Check the identity anew, from the rows: months carry over, groups and counties are the same members."""
    for year in (LAST, THIS):
        lines = list(LedgerLine.objects.filter(run=run, cohort__year=year))
        kept = {}
        for line in lines:
            plus, minus = line.opening + line.entered + line.returned, line.lost_off_network + line.lost_value
            assert line.closing == plus - minus
            at = (line.by, line.month)
            kept[at] = [now + one for now, one in zip(kept.get(at, (0, 0)), (line.opening, line.closing), strict=True)]
        for (by, month), (opening, closing) in kept.items():
            assert opening == kept.get((by, month - 1), (0, 0))[1]
            entries = LedgerEntry.objects.filter(run=run, cohort__year=year, month=month)
            assert closing == sum(entries.values_list("kept", flat=True))


def fixed(until):
    return set(CohortMember.objects.filter(entry_month__lte=until).values_list("cohort", "customer", "entry_month"))


# A whole year with three nights for one throw of the dice, the first four months with two for the others.
@pytest.mark.parametrize(("seed", "months", "every"), [(2026, 12, 4), (7, 4, 2), (11, 4, 2)])
def test_year_of_edits_imports_and_corrections_never_breaks_the_books(seed, months, every):
    year = Year(seed)
    year.bills(range(FIRST, JANUARY), range(1, PEOPLE + 1))
    known, frozen = set(), set()
    for month in range(JANUARY, JANUARY + months):
        year.bills([month], year.dice.sample(range(1, PEOPLE + 1), PEOPLE - 3))
        year.dice.choice([year.correct, year.move, year.mark])(month)
        if year.dice.random() < 0.4:
            year.correct(month)
            year.undo(month)
        if month % 4 == 1:
            year.merge(month)
        if month % every == every - 1:
            run = year.spend(month)
            books_close(run)
            assert known <= fixed(month)  # who was fixed stays
            known, frozen = fixed(month), frozen | {month}
            close_through(run=run.pk, month=month, by=year.admin, at=timezone.now())

    assert len(frozen) == months // every
    for cohort, of_year in ((LAST, f":{LAST}"), (THIS, "")) if months == 12 else ():
        lines = LedgerLine.objects.filter(run=run, cohort__year=cohort)
        assert assert_lines_are_lists(run, year.analyst, lines, year=of_year) >= {"opening", "closing", "lost_off"}
    assert all(is_intact(close) for close in LedgerClose.objects.all())
    assert LedgerClose.objects.filter(cohort__year=THIS).count() in (months, months + 1)
