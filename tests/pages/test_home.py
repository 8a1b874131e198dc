"""The overview: figures of one night, each the door to exactly those customers."""

import datetime as dt
import random

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.models import Run, Standing
from segmentation.models import LedgerEntry
from tests.pages.links import doors, listed

pytestmark = pytest.mark.django_db


def test_every_number_leads_to_exactly_that_many_customers(client, place):
    client.force_login(place.analyst)
    found = set(doors(client.get(reverse("home")).content.decode()))
    assert len(found) > 80
    for url, customers in found:
        assert (url, listed(url, place.analyst)) == (url, customers)


def test_the_list_shows_the_rows_its_number_says(client, place):
    """The exact count of a list may come from a rollup; it is the number of rows, page after page."""
    client.force_login(place.analyst)
    found = sorted(set(doors(client.get(reverse("home")).content.decode())))
    for url, customers in random.Random(4).sample(found, 25):
        rows = []
        while url:
            context = client.get(url).context
            assert context["number"] == customers
            rows += [row.customer_id for row in context["rows"]]
            url = context["page"]["next_url"]
        assert len(rows) == len(set(rows)) == customers


def test_numbers_of_one_county_lead_to_that_county(client, place):
    client.force_login(place.analyst)
    found = doors(client.get(reverse("home"), {"county": place.east.pk}).content.decode())
    for url, customers in found:
        assert f"county={place.east.pk}" in url
        assert listed(url, place.analyst) == customers


def test_an_analyst_of_one_county_sees_that_county_only(client, place):
    client.force_login(place.east_analyst)
    response = client.get(reverse("home"))
    expected = Standing.objects.filter(run=place.run, county_id=place.east.pk, band__gt=0).count()
    assert response.context["figures"][0].entry.value == expected
    for url, customers in doors(response.content.decode()):
        assert listed(url, place.east_analyst) == customers
    assert client.get(reverse("home"), {"county": place.west.pk}).status_code == 404


def test_overview_needs_few_queries(client, place, django_assert_max_num_queries):
    client.force_login(place.east_analyst)
    with django_assert_max_num_queries(10):
        client.get(reverse("home"))


def test_roles_without_the_overview_are_led_to_their_own_page(client, place):
    for person, page in ((place.manager, "callcenter:desk"), (place.clerk, "tasks")):
        client.force_login(person)
        answer = client.get(reverse("home"))
        assert (answer.status_code, answer.url) == (302, reverse(page))


def test_strangers_are_asked_to_log_in(client, place):
    assert client.get(reverse("home")).status_code == 302


def test_admin_sees_figures_without_doors(client, place):
    client.force_login(place.admin)
    assert doors(client.get(reverse("home")).content.decode()) == []


def test_before_the_first_night_the_page_explains_itself(client, place):
    Run.objects.update(is_current=False)
    client.force_login(place.analyst)
    response = client.get(reverse("home"))
    assert response.status_code == 200
    assert "home/empty.html" in [template.name for template in response.templates]


def test_old_figures_say_so(client, place):
    Run.objects.filter(pk=place.run.pk).update(finished_at=timezone.now() - dt.timedelta(hours=40))
    client.force_login(place.analyst)
    assert "notice-warning" in client.get(reverse("home")).content.decode()


def test_cohort_without_a_base_has_no_rate(client, place):
    LedgerEntry.objects.update(base=0, base_kept=0)
    client.force_login(place.analyst)
    assert "–%" not in client.get(reverse("home")).content.decode()


def test_overview_without_a_ledger_still_opens(client, place):
    LedgerEntry.objects.all().delete()
    client.force_login(place.analyst)
    tiles = {tile.name: tile for step in client.get(reverse("home")).context["steps"] for tile, _url in step.tiles}
    assert tiles["cohort"].note
    assert not tiles["cohort"].table.lines
    assert "retention" not in tiles
