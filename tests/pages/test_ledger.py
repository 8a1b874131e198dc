"""The cohort's ledger as a page: every number opens its customers, closed months keep their figures, the file."""

import csv
import html
import io
import itertools
import re

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from customers.models import AuditEntry, HistoryBlock, Run
from cvm.lib.months import label, month_of
from segmentation.closing import ClosedAlready, MonthNotNewest, NightMoved, close_through, is_intact
from segmentation.models import Cohort, LedgerClose, LedgerEntry, LedgerLine
from segmentation.rates import rate
from tests.pages.branch import MONTH
from tests.pages.history import give_history
from tests.pages.links import doors, listed
from tests.pages.older_books import give_older_books

pytestmark = pytest.mark.django_db

OCTOBER = month_of(MONTH)
VIEWS = ({}, {"by": "county"}, {"by": "layer", "month": "2026-06"}, {"by": "manager", "month": "2026-07"})


def page(client, person, **query):
    client.force_login(person)
    client.cookies["django_language"] = "en"
    return client.get(reverse("ledger"), query)


def tile_of(answer, name):
    return next(tile for tile, _url in answer.context["tiles"] if tile.name == name)


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
        whole = tile_of(page(client, place.analyst, by=by), "movements").table.lines[-1]
        assert [entry.value for entry in whole.entries[:6]] == [one.shown.customers for one in months[-1].figures]


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


@pytest.mark.parametrize("query", [{}, {"by": "county"}, {"county": True}, {"by": "county", "month": "2026-04"}])
def test_who_opens_no_lists_sees_no_door_and_no_small_number(client, place, query):
    answer = page(client, place.admin, **({"county": place.west.pk} if "county" in query else query))
    assert doors(answer.content.decode()) == []
    shown = 0
    for tile, _url in answer.context["tiles"]:
        for line in tile.table.lines:
            for entry in line.entries:
                if entry.kind == "count" and entry.value and not entry.is_hidden:
                    assert entry.value >= 10
                    shown += 1
    assert shown or "county" in query  # of a small county nothing is left
    for row, line in zip(answer.context["rates"], tile_of(answer, "rates").table.lines, strict=True):
        _static, dynamic, _revenue, _base_kept, _base, kept, members, *_rest = line.entries
        lost = row.month.members - row.month.kept
        assert dynamic.is_hidden == (kept.is_hidden or members.is_hidden)
        assert not 0 < lost < 10 or kept.is_hidden or members.is_hidden


def test_counties_do_not_give_each_other_away(client, place):
    """What one county hides, the branch less the other county would tell."""
    pages = [
        page(client, place.admin, **query) for query in ({}, *({"county": one.pk} for one in (place.east, place.west)))
    ]
    for lines in zip(*(tile_of(answer, "movements").table.lines for answer in pages), strict=True):
        for cells in zip(*(line.entries[:6] for line in lines), strict=True):
            hidden = [cell for cell in cells if cell.is_hidden]
            assert len(hidden) != 1 or hidden[0].value >= 10 or hidden[0].value == 0


def test_groupings_that_would_tell_too_much_are_for_who_opens_lists(client, place):
    assert [page(client, place.admin, by=by).status_code for by in ("layer", "manager")] == [404, 404]
    assert [words for words, _url, _now in page(client, place.admin).context["groups"]] == [
        "Month by month",
        "By county",
    ]


def test_every_number_of_an_older_cohort_opens_its_customers(client, place):
    give_older_books(place, year=2025)
    answer = page(client, place.analyst)
    assert [choice.chosen for choice in answer.context["board"].choices] == ["2026"]

    for query in ({"county": place.east.pk}, {"by": "layer", "month": "2025-12"}):
        found = set(doors(page(client, place.analyst, year=2025, **query).content.decode()))
        assert len(found) > 30
        for url, customers in sorted(found)[::3]:
            assert (url, listed(url, place.analyst)) == (url, customers)


def test_older_cohort_the_night_cannot_count_says_why(client, place):
    entries = list(LedgerEntry.objects.filter(run=place.run, month=OCTOBER))
    last = Run.objects.create(as_of="2025-12-31", month="2025-12-01", status="published", started_at=timezone.now())
    cohort = Cohort.objects.create(year=2025)
    for entry in entries:
        entry.pk, entry.run, entry.cohort, entry.month = None, last, cohort, OCTOBER - 12
        entry.save()

    answer = page(client, place.analyst, year=2025)

    assert doors(answer.content.decode()) == []
    assert answer.context["rates"][-1].month.members == sum(entry.members for entry in entries)
    assert answer.content.decode().count("no longer reach back") > 4
    assert "No movements are kept of this cohort" in answer.content.decode()
    assert [page(client, place.analyst, year=year).status_code for year in (2024, "x")] == [404, 404]


def test_older_month_is_signed_for_its_own_cohort(client, place):
    give_older_books(place, year=2025)
    client.force_login(place.admin)

    client.post(reverse("ledger-close"), {"run": place.run.pk, "month": "2025-12", "year": "2025"})

    closes = LedgerClose.objects.filter(cohort__year=2025)
    assert closes.count() == 13 == LedgerClose.objects.count()
    assert all(is_intact(one) for one in closes)
    assert page(client, place.analyst, year=2025).context["rows"][-1].is_closed
    assert not page(client, place.analyst).context["rows"][0].is_closed


def test_admin_has_an_earlier_year_counted(client, place):
    give_history(place)  # nineteen months
    HistoryBlock.objects.create(month="2024-09-01", bucket=9, revision=1, size=0, bill_count=0, arpu_sum_fen=0)
    assert page(client, place.analyst).context["openable"] == []
    assert page(client, place.admin).context["openable"] == [2025]

    client.post(reverse("ledger-open"), {"year": "2025"})
    client.post(reverse("ledger-open"), {"year": "2024"})
    client.post(reverse("ledger-open"), {"year": "x"})

    assert list(Cohort.objects.order_by("year").values_list("year", flat=True)) == [2025, 2026]
    assert AuditEntry.objects.filter(action="ledger.open").count() == 1
    assert page(client, place.admin).context["openable"] == []


def test_before_lines_the_page_explains_itself(client, place):
    LedgerLine.objects.all().delete()
    assert page(client, place.analyst).templates[0].name == "ledger/empty.html"
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
    answer = client.get(reverse("ledger"), {"by": "county", "file": "movements"})

    text = answer.content.decode()
    assert text.startswith("\ufeff")
    lines = list(csv.reader(io.StringIO(text[1:])))
    assert str(place.run.pk) in lines[2][1]
    assert "2026-11-22" in lines[2][0]
    assert [line[1:7] for line in lines[4:-1]] == [
        [str(figure.shown.customers) for figure in row.figures] for row in rows
    ]
    assert not [cell for line in lines for cell in line if re.match(r"[=+@]", cell)]
    assert page(client, place.analyst, file="passwords").status_code == 404


def test_every_tile_has_its_night_definition_file_and_link(client, place):
    answer = page(client, place.analyst)
    for tile, url in answer.context["tiles"]:
        own = answer.content.decode().split(f'id="{tile.name}"')[1].split("</section>")[0]
        assert f"?run={place.run.pk}#{tile.name}" in own
        assert tile.definition[:20] in html.unescape(own)
        assert f"night {place.run.pk}" in own or str(place.run.pk) in own
        file = client.get(reverse("ledger") + url)
        assert file.content.decode().count("\r\n") >= 4 + len(tile.table.lines)


def test_pinned_night_shows_the_same_figures_and_says_that_its_lists_are_gone(client, place):
    before = page(client, place.analyst)
    Run.objects.filter(pk=place.run.pk).update(is_current=False)
    later = Run.objects.create(
        as_of="2026-11-23", month=MONTH, status="published", is_current=True, started_at=timezone.now()
    )
    assert page(client, place.analyst).status_code == 200

    pinned = page(client, place.analyst, run=place.run.pk)

    assert [row.line for row in pinned.context["rows"]] == [row.line for row in before.context["rows"]]
    assert doors(pinned.content.decode()) == []
    assert "The lists of this night are gone" in pinned.content.decode()
    assert later.pk != place.run.pk


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
