"""Lists of paths are counted over the arrays kept in memory: always as many as the table has."""

import itertools
from types import SimpleNamespace

import pytest
from django.http import QueryDict
from django.urls import reverse

from customers.access import scope_of
from customers.models import Standing
from cvm import kept_paths
from cvm.directory.counting import _chosen, exact_count
from cvm.filters import StandingFilter
from cvm.lib.months import label, month_of
from tests.pages.branch import MONTH

pytestmark = pytest.mark.django_db

NEWEST = month_of(MONTH)
FLOWS = [
    f"stage_at={label(NEWEST - back)}:{before}&stage_at={label(NEWEST)}:{after}"
    for back, before, after in itertools.product((1, 6), ("3", "245", "0"), ("3", "45"))
]
CELLS = [
    f"ledger={label(NEWEST - back)}:{what}"
    for back, what in itertools.product((0, 3, 9), ("opening", "closing", "lost_off", "members"))
]


def asked(place, query, person):
    seen = Standing.objects.filter(run=place.run).visible_to(person)
    wanted = StandingFilter(QueryDict(query), seen, request=SimpleNamespace(user=person))
    assert wanted.is_valid()
    return wanted


@pytest.mark.parametrize("reader", ["analyst", "leader"])
def test_kept_count_is_the_table_s(place, reader):
    person = getattr(place, reader)
    found = []
    for query, county in itertools.product([*FLOWS, *CELLS], ("", f"&county={place.east.pk}")):
        wanted = asked(place, query + county, person)
        found.append(exact_count(place.run, wanted, scope=scope_of(person)))
        assert (query, found[-1]) == (query, wanted.qs.count())
    assert len(set(found)) > 5


def test_such_a_list_counts_nobody_in_the_table(place, django_assert_num_queries):
    scope = scope_of(place.analyst)
    exact_count(place.run, asked(place, CELLS[1], place.analyst), scope=scope)
    with django_assert_num_queries(0):
        exact_count(place.run, asked(place, CELLS[1], place.analyst), scope=scope)


@pytest.mark.parametrize("query", ["ledger=2026-13:closing", "ledger=2025-06:closing:2025", f"{FLOWS[0]}&band=1"])
def test_other_lists_are_counted_in_the_table(place, query):
    wanted = asked(place, query, place.analyst)
    assert kept_paths.count_of(place.run, _chosen(wanted), county_ids=None) is None
    assert exact_count(place.run, wanted, scope=scope_of(place.analyst)) == wanted.qs.count()


def test_branch_too_large_to_keep_is_counted_in_the_table(client, place, monkeypatch):
    monkeypatch.setattr(kept_paths, "MOST", 0)
    kept_paths._everybody.cache_clear()
    client.force_login(place.analyst)
    assert client.get(reverse("customers"), QueryDict(FLOWS[0]).dict()).status_code == 200
    assert client.get(reverse("stages")).status_code == 200
    assert kept_paths._everybody.cache_info().currsize == 0
