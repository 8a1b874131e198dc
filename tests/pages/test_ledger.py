"""The cohort's ledger as a page: every number opens its customers, closed months keep their figures, the file."""

import csv
import io
import itertools

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from customers.models import AuditEntry, Run
from cvm.lib.months import label, month_of
from segmentation.closing import ClosedAlready, MonthNotNewest, NightMoved, close_through, is_intact
from segmentation.models import Cohort, LedgerClose, LedgerEntry, LedgerLine
from segmentation.rates import rate
from tests.pages.branch import MONTH
from tests.pages.links import doors, listed

pytestmark = pytest.mark.django_db

OCTOBER = month_of(MONTH)
VIEWS = ({}, {"by": "county"}, {"by": "layer", "month": "2026-06"}, {"by": "manager", "month": "2026-07"})


def page(client, person, **query):
    client.force_login(person)
    return client.get(reverse("ledger"), query)


def close(place, month=OCTOBER):
    return close_through(run=place.run.pk, month=month, by=place.admin, at=timezone.now())


@pytest.mark.parametrize("query", VIEWS)
def test_every_number_opens_exactly_its_customers(client, place, query):
    found = set(doors(page(client, place.analyst, **query).content.decode()))

    assert len(found) > 60
    for url, customers in found:
        assert (url, listed(url, place.analyst)) == (url, customers)


def test_numbers_of_a_county_are_those_of_its_reader(client, place):
    whole = page(client, place.analyst, county=place.east.pk, by="manager")
    found = set(doors(whole.content.decode()))
    for url, customers in found:
        assert listed(url, place.analyst) == customers

    own = page(client, place.leader, by="manager")

    assert [row.line for row in own.context["rows"]] == [row.line for row in whole.context["rows"]]
    for url, customers in set(doors(own.content.decode())):
        assert listed(url, place.leader) == customers


def test_months_close_and_groups_add_up(client, place):
    months = page(client, place.analyst).context["rows"]
    assert [row.label for row in months] == [f"2026-{number:02d}" for number in range(1, 11)]
    for before, after in itertools.pairwise(months):
        assert after.line.opening == before.line.closing
    for by in ("county", "layer", "manager"):
        assert page(client, place.analyst, by=by).context["sum"].line == months[-1].line


def test_rates_are_those_of_the_handbook(client, place):
    before, row = page(client, place.analyst).context["rates"][-2:]
    month = row.month
    assert month.static_rate == rate(row.base_kept.customers, row.base.customers)
    assert month.dynamic_rate == rate(row.kept.customers, row.members.customers)
    assert (row.improvement, row.is_year_on_year) == (month.dynamic_rate - before.month.dynamic_rate, False)


def test_improvement_is_year_on_year_where_there_are_books_of_the_year_before(client, place):
    entries = list(LedgerEntry.objects.filter(run=place.run, month=OCTOBER))
    last = Run.objects.create(as_of="2025-12-31", month="2025-12-01", status="published", started_at=timezone.now())
    cohort = Cohort.objects.create(year=2025)
    for entry in entries:
        entry.pk, entry.run, entry.cohort, entry.month = None, last, cohort, OCTOBER - 12
        entry.lost_value, entry.kept = entry.lost_value + entry.kept, 0
        entry.save()

    row = page(client, place.analyst).context["rates"][-1]

    assert (row.improvement, row.is_year_on_year) == (row.month.dynamic_rate, True)


def test_cohorts_stand_side_by_side_at_the_same_month_by_their_own_terms(client, place):
    entries = list(LedgerEntry.objects.filter(run=place.run, month=OCTOBER))
    last = Run.objects.create(as_of="2025-12-31", month="2025-12-01", status="published", started_at=timezone.now())
    cohort = Cohort.objects.create(year=2025, threshold_fen=300_00, low_months=2)
    for entry in entries:
        entry.pk, entry.run, entry.cohort, entry.month = None, last, cohort, OCTOBER - 12
        entry.lost_value, entry.kept = entry.lost_value + entry.kept, 0
        entry.save()
    Cohort.objects.create(year=2024)  # nobody keeps its books

    answer = page(client, place.analyst)
    newer, older = answer.context["years"]

    assert [(row.cohort.year, row.month.month, row.run_id) for row in (newer, older)] == [
        (2026, OCTOBER, place.run.pk), (2025, OCTOBER - 12, last.pk),
    ]  # fmt: skip
    assert newer.month == answer.context["rates"][-1].month
    assert (older.month.dynamic_rate, older.month.base) == (0, newer.month.base)
    tile = answer.content.decode().split('id="years"')[1].split("</section>")[0]
    assert tile.count("¥300.00") == 1
    assert tile.count("¥360.00") == 1


def test_signed_month_stands_among_the_cohorts_as_it_was_signed(client, place):
    close(place)

    (row,) = page(client, place.leader).context["years"]

    own = sum(entry.members for entry in LedgerEntry.objects.filter(month=OCTOBER, county_id=place.east.pk))
    assert (row.is_closed, row.month.members) == (True, own)


def test_large_changes_raise_the_alarm(client, place):
    rows = {row.label: row.line for row in page(client, place.analyst).context["rows"]}
    assert [month for month, line in rows.items() if line.is_alarming] == [
        month for month, line in rows.items() if line.opening and abs(line.closing / line.opening - 1) > 0.05
    ]
    assert rows["2026-04"].is_alarming  # those who entered
    assert not rows["2026-08"].is_alarming


@pytest.mark.parametrize("query", [{"by": "band"}, {"month": "2026-13"}, {"month": "2025-01"}, {"county": "999999"}])
def test_what_is_not_there_is_404(client, place, query):
    assert page(client, place.analyst, **query).status_code == 404


def test_phone_managers_and_clerks_may_not(client, place):
    assert [page(client, person).status_code for person in (place.manager, place.clerk)] == [403, 403]


def test_admin_sees_figures_without_doors(client, place):
    assert doors(page(client, place.admin).content.decode()) == []


def test_before_lines_the_page_explains_itself(client, place):
    LedgerLine.objects.all().delete()
    assert page(client, place.analyst).templates[0].name == "ledger/empty.html"
    assert client.get(reverse("ledger-file")).status_code == 404
    Run.objects.update(is_current=False)
    assert page(client, place.analyst).templates[0].name == "ledger/empty.html"


def test_page_needs_few_queries_closed_or_not(client, place, django_assert_max_num_queries):
    client.force_login(place.analyst)
    with django_assert_max_num_queries(21):
        client.get(reverse("ledger"))
    close(place)
    client.force_login(place.analyst)
    with django_assert_max_num_queries(21):
        client.get(reverse("ledger"))


def test_file_holds_what_is_shown(client, place):
    rows = page(client, place.analyst, by="county").context["rows"]
    answer = client.get(reverse("ledger-file"), {"by": "county"})

    text = answer.content.decode()
    assert text.startswith("\ufeff")
    lines = list(csv.reader(io.StringIO(text[1:])))
    assert str(place.run.pk) in lines[0][0]
    assert "2026-11-22" in lines[0][0]
    assert [line[2:8] for line in lines[2:]] == [
        [str(figure.shown.customers) for figure in row.figures] for row in rows
    ]
    assert not [cell for line in lines for cell in line if cell.startswith(("=", "+", "-", "@"))]


def test_close_signs_the_newest_month_and_all_older_ones(client, place):
    client.force_login(place.admin)
    answer = client.post(reverse("ledger-close"), {"run": place.run.pk, "month": label(OCTOBER)}, follow=True)

    closes = list(LedgerClose.objects.order_by("month"))
    assert answer.redirect_chain == [(reverse("ledger"), 302)]
    assert [one.month for one in closes] == list(range(OCTOBER - 10, OCTOBER + 1))
    assert all(is_intact(one) for one in closes)
    assert (closes[-1].closed_by, closes[-1].run) == (place.admin, place.run)
    assert AuditEntry.objects.filter(action="ledger.close").count() == len(closes)
    assert closes[-1].totals["closing"] == answer.context["rows"][-1].line.closing
    assert answer.context["closable"] == ""


def test_close_happens_once_and_only_on_the_figures_shown(place):
    with pytest.raises(MonthNotNewest):
        close(place, month=OCTOBER - 1)
    with pytest.raises(NightMoved):
        close_through(run=place.run.pk + 1, month=OCTOBER, by=place.admin, at=timezone.now())
    signed = close(place)[-1]
    with pytest.raises(ClosedAlready):
        close(place)
    with pytest.raises(IntegrityError, match="ledger_close_once"), transaction.atomic():
        LedgerClose.objects.create(
            cohort=signed.cohort, month=signed.month, run=place.run, closed_by=place.admin, closed_at=timezone.now(),
            totals={}, checksum="",
        )  # fmt: skip


@pytest.mark.parametrize("form", [{}, {"run": "x", "month": "2026-10"}, {"run": "1", "month": "October"}])
def test_close_of_nothing_closes_nothing(client, place, form):
    client.force_login(place.admin)
    assert client.post(reverse("ledger-close"), form).status_code == 302
    assert not LedgerClose.objects.exists()


def test_changed_lines_break_the_signature(client, place):
    close(place)
    LedgerLine.objects.filter(month=OCTOBER, opening__gt=0).update(opening=F("opening") - 1, entered=F("entered") + 1)

    assert not page(client, place.analyst).context["is_intact"]
