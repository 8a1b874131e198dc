"""The stages in the API: the numbers of the page, behind the doors of the list."""

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from customers.models import Run, Standing
from cvm.lib.months import label, month_of
from tests.pages import branch

pytestmark = pytest.mark.django_db

NEWEST = month_of(branch.MONTH)
FLOW, MEASURES = "api-stage-flow", "api-stage-measures"


def asked(user, name, **query):
    client = APIClient()
    client.force_authenticate(user)
    return client.get(reverse(name), query)


def test_flows_are_the_matrix_of_the_page(client, place):
    query = {"from": label(NEWEST - 7), "to": label(NEWEST - 1), "band": "2"}
    told = asked(place.analyst, FLOW, **query).json()

    client.force_login(place.analyst)
    found = client.get(reverse("stages"), query).context["tiles"]
    drawn = next(tile for tile, _url in found if tile.name == "flow")
    assert (told["start"], told["end"], told["run"]) == (query["from"], query["to"], place.run.pk)
    assert sorted(flow["customers"] for flow in told["flows"]) == sorted(
        line.entries[1].value for line in drawn.table.lines
    )
    assert sum(flow["customers"] for flow in told["flows"]) == Standing.objects.filter(band=2).count()


@pytest.mark.parametrize("who", ["east_analyst", "leader", "manager"])
def test_everybody_gets_the_customers_of_their_own_scope(place, who):
    user = getattr(place, who)
    told = asked(user, FLOW).json()
    assert sum(flow["customers"] for flow in told["flows"]) == Standing.objects.visible_to(user).count()
    everybody, own = (asked(one, MEASURES).json()["lasting"] for one in (place.analyst, user))
    assert 0 < sum(row["at_risk"] for row in own) < sum(row["at_risk"] for row in everybody)


@pytest.mark.parametrize("name", [FLOW, MEASURES])
def test_a_county_out_of_reach_is_empty(place, name):
    told = asked(place.east_analyst, name, county=place.west.pk).json()
    assert [told[part] for part in ("flows", "lasting", "flapping") if told.get(part)] == []
    assert [row for row in told.get("exits", []) if row["exited"]] == []


def test_measures_are_those_of_the_page(client, place):
    told = asked(place.analyst, MEASURES).json()
    client.force_login(place.analyst)
    found = {tile.name: tile for tile, _url in client.get(reverse("stages")).context["tiles"]}
    exits = [(row["exited"], row["returned"]) for row in told["exits"]]
    lines = found["returns"].table.lines[:-1]
    assert exits[: len(lines)] == [(line.entries[0].value, line.entries[1].value) for line in lines]
    left = sum(row["left"] for row in told["flapping"] if row["stage"] == 3)
    assert left == found["flapping"].table.lines[1].entries[0].value


@pytest.mark.parametrize(
    "query", [{"from": "2017-01"}, {"to": "x"}, {"band": "9"}, {"from": label(NEWEST - 2), "to": label(NEWEST - 2)}]
)
def test_bad_questions_are_refused(place, query):
    assert asked(place.analyst, FLOW, **query).status_code == 400


def test_nothing_before_the_first_night(place):
    Run.objects.update(is_current=False)
    for name in (FLOW, MEASURES):
        assert asked(place.analyst, name).status_code == 404


def test_list_of_the_api_is_that_of_the_page(client, place):
    query = {"stage_at": [f"{label(NEWEST - 1)}:12345", f"{label(NEWEST)}:3"]}
    client.force_login(place.analyst)
    assert asked(place.analyst, "api-customer-list", **query).status_code == 200
    rows = asked(place.analyst, "api-customer-list", **query, limit=100).json()["results"]
    assert len(rows) == min(client.get(reverse("customers"), query).context["number"], 100) > 0
