"""Near the edge: every number opens exactly its customers, each with the nudge; versions of the ladder open theirs."""

from __future__ import annotations

import csv
import io

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.models import Standing
from cvm.directory import list_url
from segmentation import actions, ladder_lists, whatif
from segmentation.actions import Ladder
from segmentation.edge import KINDS
from segmentation.tiers import TierThresholds
from tests.pages.history import give_history
from tests.pages.links import doors, listed

pytestmark = pytest.mark.django_db


@pytest.fixture
def near(place):
    give_history(place)
    ladder_lists._edges.cache_clear()
    ladder_lists._hits.cache_clear()
    return place


def page(client, person, **query):
    client.force_login(person)
    return client.get(reverse("edge"), query)


@pytest.mark.parametrize("who", ["analyst", "east_analyst", "manager", "leader"])
def test_every_number_opens_exactly_its_customers(client, near, who):
    found = set(doors(page(client, near.people[who]).content.decode()))

    assert len(found) == 25
    assert sum(customers for _url, customers in found) > 0
    for url, customers in found:
        assert (url, listed(url, near.people[who])) == (url, customers)


def test_lines_add_up_and_count_those_the_rule_names(client, near):
    tile, _url = page(client, near.analyst).context["tiles"][0]
    *lines, whole = tile.table.lines
    policy = TierThresholds(**near.run.plan["tier"])

    assert [sum(line.entries[at].value for line in lines) for at in range(5)] == [e.value for e in whole.entries]
    for entry, kind in zip(whole.entries, KINDS.values(), strict=False):
        assert entry.value >= 0
        assert len(ladder_lists.at_edge(near.run.pk, policy, kind=kind)) <= 64


def test_list_says_what_is_expected_and_the_nudge_in_services(client, near):
    client.force_login(near.analyst)
    policy = TierThresholds(**near.run.plan["tier"])
    ids, found = ladder_lists.edges_of(near.run.pk, policy)
    customer = int(ladder_lists.at_edge(near.run.pk, policy, kind=KINDS["lift"])[0])
    nudge = int(found.nudge_fen[ids.searchsorted(customer)])

    answer = client.get(list_url(edge="lift", columns="edge,nudge"))

    cells = {row.customer_id: [str(cell) for _column, cell in cells] for row, cells in answer.context["lines"]}
    assert f"{nudge / 100:.2f}" in cells[customer][1]
    assert len(cells) == answer.context["number"]


def test_who_sees_no_such_edge_finds_nobody(client, near):
    client.force_login(near.analyst)
    for value in ("cliff", "fall:9", "fall:x"):
        assert client.get(list_url(edge=value)).context["number"] == 0


def test_file_has_the_numbers_of_the_page(client, near):
    tile, url = page(client, near.analyst).context["tiles"][0]
    rows = list(csv.reader(io.StringIO(client.get(reverse("edge") + url).content.decode("utf-8-sig"))))
    assert rows[-1][1:] == [str(entry.value) for entry in tile.table.lines[-1].entries]
    assert page(client, near.analyst, file="nothing").status_code == 404


def test_page_before_the_first_night_says_so(client, place):
    type(place.run).objects.update(is_current=False)
    assert page(client, place.analyst).status_code == 200


def test_page_asks_the_database_rarely(client, near, django_assert_max_num_queries):
    page(client, near.analyst)
    with django_assert_max_num_queries(14):
        page(client, near.analyst)


@pytest.fixture
def draft(near):
    ladder = Ladder(low_from_fen=40_00, potential_from_fen=102_00, mid_from_fen=155_00, high_from_fen=240_00)
    return actions.save_draft(ladder, by=near.admin, at=timezone.now())


def test_lists_of_a_version_are_whom_its_effect_counts(client, near, draft):
    client.force_login(near.analyst)
    effect = whatif.effect(run=near.run, ladder=Ladder.of(draft))
    assert effect.moved > 0

    def number(what, **more):
        return client.get(list_url(ladder=f"{draft.version}:{what}", **more)).context["number"]

    assert number("moved") == effect.moved == number("up") + number("down")
    assert number("near") == effect.near
    for move in effect.moves:
        assert number(f"m{move.before}{move.after}") == move.customers
    for band in effect.bands:
        assert number(f"f-{band.band}") == band.customers_after
    assert number("moved", county=near.east.pk) + number("moved", county=near.west.pk) == effect.moved


def test_list_of_no_version_is_empty_and_not_for_those_without_thresholds(client, near, draft):
    client.force_login(near.analyst)
    for value in ("99:moved", f"{draft.version}:f-9", f"{draft.version}:everything", "moved"):
        assert client.get(list_url(ladder=value)).context["number"] == 0

    client.force_login(near.manager)
    own = Standing.objects.filter(run=near.run).visible_to(near.manager).count()
    assert client.get(list_url(ladder=f"{draft.version}:moved")).context["number"] == own
