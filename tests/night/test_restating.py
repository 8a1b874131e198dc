"""A closed month against a late correction: the membership and the signed figures stay, the difference is in sight."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.importing.templates import install_templates
from customers.models import Branch, Customer, ImportBatch, Staff, Standing
from cvm.lib.months import label, month_of
from segmentation.closing import close_through, is_intact
from segmentation.cohort import PATH_BITS
from segmentation.models import Cohort, CohortMember, LedgerClose
from segmentation.queries import books_of
from tests.night.branches import make_branch
from tests.night.test_corrections import BEFORE_LAST, corrected, members, publish, with_rows
from tests.pages.links import doors

pytestmark = pytest.mark.usefixtures("no_tables_left")

JULY = month_of(BEFORE_LAST)


def person(role):
    return Staff.objects.create(username=role, role=role, branch=Branch.objects.get(parent=None))


def kept_in_july(run, number):
    """Return customers whom the run keeps at the end of July and of the month after."""
    shift = PATH_BITS * (JULY - (BEFORE_LAST.year * 12 - 1))
    found = Standing.objects.filter(run=run).order_by("customer_id").values_list("customer_id", "cohort_path")
    return [customer for customer, path in found if path >> shift == 0b0101][:number]


def test_closed_month_stays_as_signed_and_the_difference_is_shown(client):
    install_templates()
    Cohort.objects.create(year=BEFORE_LAST.year, low_months=1)
    make_branch()
    with_rows(BEFORE_LAST)
    first = publish()
    analyst, admin = person(Staff.Role.ANALYST), person(Staff.Role.ADMIN)
    signed = close_through(run=first.pk, month=month_of(first.month), by=admin, at=timezone.now())
    client.force_login(analyst)
    before = {row.label: row.line for row in client.get(reverse("ledger")).context["rows"]}
    frozen, lost = members(), kept_in_july(first, 5)

    batch = corrected(JULY, Customer.objects.filter(pk__in=lost))
    second = publish()

    assert (batch.status, batch.error) == (ImportBatch.Status.COMMITTED, "")
    assert members() == frozen
    assert CohortMember.objects.filter(customer__in=lost).count() == len(lost) == 5
    answer = client.get(reverse("ledger"))
    rows = {row.label: row for row in answer.context["rows"]}
    assert {name: row.line for name, row in rows.items()} == before
    july, august = rows[label(JULY)], rows[label(JULY + 1)]
    assert (july.is_restated, august.is_restated) == (True, True)
    assert july.newest.closing == july.line.closing - 5
    assert july.newest.lost_value == july.line.lost_value + 5
    assert [name for name, row in rows.items() if row.is_restated] == [label(JULY), label(JULY + 1)]
    assert answer.content.decode().count('class="cell-more restated"') >= 4
    for url, customers in set(doors(answer.content.decode())):
        assert client.get(url).context["number"] == customers
    rates = {row.month.month: row for row in answer.context["rates"]}
    assert rates[JULY].restated == next(m for m in books_of([second.pk], county_ids=None)[second.pk] if m.month == JULY)
    assert rates[JULY - 1].restated is None
    assert all(is_intact(close) for close in signed)
    assert LedgerClose.objects.count() == len(signed)


def test_next_open_month_closes_alone():
    make_branch()
    first = publish()
    admin = person(Staff.Role.ADMIN)
    newest = month_of(first.month)
    close_through(run=first.pk, month=newest, by=admin, at=timezone.now())
    LedgerClose.objects.filter(month=newest).delete()

    closed = close_through(run=publish().pk, month=newest, by=admin, at=dt.datetime(2026, 9, 11, tzinfo=dt.UTC))

    assert [close.month for close in closed] == [newest]
