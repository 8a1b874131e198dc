"""Signed numbers open their customers after the bills have left, the standings too; a cell is as many as its list has rows."""

import numpy as np
import pytest
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from customers.models import Branch, Rollup, Run, Standing
from cvm.ledger import signed
from cvm.lib.months import label, month_of
from cvm.night import vintages
from segmentation.closing import close_through
from segmentation.models import CohortPath, LedgerClose, LedgerEntry, LedgerLine, SignedMembers
from segmentation.queries import YEAR_STEP
from segmentation.signed import members_of
from tests.pages.branch import MONTH
from tests.pages.links import doors, listed
from tests.pages.older_books import give_older_books

pytestmark = pytest.mark.django_db

OCTOBER = month_of(MONTH)
DECEMBER = 2025 * 12 + 11


@pytest.fixture
def gone(place):
    """The cohort of 2025, signed by a night whose bills, standings and month ends have since left."""
    cohort = give_older_books(place, year=2025)
    vintages.write_of(place.run, cohort.pk, year=2025, months=range(DECEMBER - 12, DECEMBER + 1))
    close_through(run=place.run.pk, month=DECEMBER, year=2025, by=place.admin, at=timezone.now())
    last = Run.objects.create(as_of="2026-01-31", month="2026-01-01", status="published", started_at=timezone.now())
    for model in (LedgerEntry, LedgerLine, LedgerClose, SignedMembers):
        model.objects.filter(cohort=cohort).update(run=last)
    first = 2025 * YEAR_STEP
    Rollup.objects.filter(kind__startswith="vintage", row__range=(first, first + 12)).update(run=last)
    CohortPath.objects.filter(cohort=cohort).delete()
    return cohort


def page(client, person, **query):
    client.force_login(person)
    client.cookies["django_language"] = "en"
    return client.get(reverse("ledger"), {"year": 2025} | query)


def opened(answer):
    """Return the entries of the page that open a list, by address."""
    tiles = [tile for tile, _url in answer.context["tiles"]]
    return {entry.url: entry for tile in tiles for line in tile.table.lines for entry in line.entries if entry.url}


@pytest.mark.parametrize("query", [{}, {"by": "layer", "month": "2025-12"}, {"by": "manager", "month": "2025-08"}])
def test_every_signed_number_opens_exactly_its_customers(client, place, gone, query):
    answer = page(client, place.analyst, **query)

    found = set(doors(answer.content.decode()))
    assert len(found) > 60
    assert all(":2025:signed" in url.replace("%3A", ":") for url, _customers in found)
    for url, customers in sorted(found)[::4]:
        assert (url, listed(url, place.analyst)) == (url, customers)
    for entry in opened(answer).values():
        assert entry.kind == "percent" or entry.customers == entry.value
    text = answer.content.decode()
    assert "no longer reach back" not in text
    assert "the lists show those who are still there" not in text


def test_reader_of_a_county_sees_those_signed_there_who_are_still_there(client, place, gone):
    whole = page(client, place.analyst, by="county", month="2025-12")
    east = next(line for line in whole.context["rows"] if line.key == place.east.pk)
    closing = east.figures[-1].shown
    moved = list(
        Standing.objects.filter(county_id=place.east.pk, customer_id__in=_signed_ids(gone, place.east)).values_list(
            "pk", flat=True
        )
    )[:2]
    Standing.objects.filter(pk__in=moved).update(county_id=place.west.pk)

    own = page(client, place.leader)
    row = own.context["rows"][-1]

    assert (row.figures[-1].shown.customers, row.figures[-1].shown.behind) == (closing.customers, closing.customers - 2)
    assert "the lists show those who are still there" in own.content.decode()
    for url, customers in set(doors(own.content.decode())):
        assert listed(url, place.leader) == customers
    assert client.get(row.figures[-1].shown.url).status_code == 200


def _signed_ids(cohort, county):
    members = members_of(cohort.pk, SignedMembers.objects.first().run_id)
    return members.customer_id[members.in_number("closing", index=12) & members.at({"county": [county.pk]})].tolist()


def test_signature_of_before_keeps_its_honest_words(client, place, gone):
    SignedMembers.objects.all().delete()
    answer = page(client, place.analyst)
    assert doors(answer.content.decode()) == []
    assert answer.content.decode().count("no longer reach back") > 4


def test_signed_figure_of_the_running_year_opens_beside_the_restated_one(client, place):
    close_through(run=place.run.pk, month=OCTOBER, by=place.admin, at=timezone.now())
    earlier = Run.objects.create(pk=-1, as_of="2026-11-01", month=MONTH, status="published", started_at=timezone.now())
    LedgerClose.objects.update(run=earlier)
    SignedMembers.objects.update(run=earlier)
    LedgerLine.objects.bulk_create(_copy(line, earlier) for line in LedgerLine.objects.filter(run=place.run))
    shift = 2 * (OCTOBER - (2026 * 12 - 1))
    member = Standing.objects.alias(two=F("cohort_path").bitrightshift(shift - 2)).filter(two=0b0101).first()
    Standing.objects.filter(pk=member.pk).update(cohort_path=member.cohort_path & ~(3 << shift) | 2 << shift)
    for by, key in ((1, member.county_id), (2, member.layer), (3, member.manager_id)):
        line = LedgerLine.objects.filter(run=place.run, month=OCTOBER, county_id=member.county_id, by=by, key=key)
        line.update(closing=F("closing") - 1, lost_off_network=F("lost_off_network") + 1)

    answer = page(client, place.analyst, year=2026)

    figure = answer.context["rows"][-1].figures[-1]
    assert figure.shown.customers == figure.restated.customers + 1
    assert "signed" in figure.shown.url
    for door in (figure.shown, figure.restated):
        assert listed(door.url, place.analyst) == door.customers
    assert client.get(figure.shown.url).context["number"] == figure.shown.customers


def _copy(line, run):
    line.pk, line.run = None, run
    return line


def test_members_are_kept_once_a_night_and_in_the_order_of_their_ids(place, settings):
    settings.CVM_BUCKET_SIZE = 20
    close_through(run=place.run.pk, month=OCTOBER, by=place.admin, at=timezone.now())
    rows = list(SignedMembers.objects.order_by("bucket").values_list("bucket", "size"))
    cohort = LedgerClose.objects.first().cohort_id
    members = members_of(cohort, place.run.pk)
    expected = Standing.objects.filter(cohort_path__gt=0).order_by("customer_id")

    assert [bucket for bucket, _size in rows] == [0, 1, 2, 3]
    assert members.customer_id.tolist() == list(expected.values_list("customer_id", flat=True))
    assert members.path.tolist() == list(expected.values_list("cohort_path", flat=True))
    assert members.layer.tolist() == list(expected.values_list("layer", flat=True))
    assert np.all(members.at({}))


@pytest.mark.parametrize("part", ["x", "signed.town-3", "signed.county-", "signed.county-x"])
def test_address_nobody_wrote_opens_nobody(client, place, gone, part):
    with pytest.raises(ValueError, match=r"."):
        signed.heard(part)
    client.force_login(place.analyst)
    for query in ({"ledger": f"2025-12:closing:2025:{part}"}, {"entry": f"2025-03:2025:{part}"}):
        assert client.get(reverse("customers"), query).context["number"] == 0
    for query in ({"ledger": "2024-12:closing:2024:signed"}, {"entry": "2025-03::signed"}):
        assert client.get(reverse("customers"), query).context["number"] == 0


def test_chip_says_whose_members_are_listed(client, place, gone):
    client.force_login(place.analyst)
    client.cookies["django_language"] = "en"
    part = signed.said({"county": [place.east.pk], "layer": [2]})
    body = client.get(reverse("customers"), {"ledger": f"2025-12:closing:2025:{part}"}).content.decode()
    east = Branch.objects.get(pk=place.east.pk).name
    assert f"2025-12 · kept at the month's end · cohort 2025 · as signed · {east}" in body.replace("&#x27;", "'")
    assert label(DECEMBER) == "2025-12"
