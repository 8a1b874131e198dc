"""Reports by the ladder of another day, links that hold a night, and the overview's tiles as files."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.models import Rollup, Run
from customers.queries import cells_by_kind
from cvm.dashboards.as_stood import KINDS, ladder_filters, recounted
from segmentation.models import TierPolicy
from segmentation.tiers import TierThresholds
from tests.pages.history import give_history
from tests.pages.links import doors, listed

pytestmark = pytest.mark.django_db

DAY = dt.date(2026, 3, 1)


@pytest.fixture
def stood(place):
    """A ladder that was in force in spring, with other lines than the night's."""
    give_history(place)
    live = TierPolicy.objects.get(status="live")
    begun, ended = (dt.datetime(2026, month, 1, tzinfo=dt.UTC) for month in (2, 6))
    TierPolicy.objects.create(
        version=90, status="retired", low_from_fen=40_00, potential_from_fen=102_00, mid_from_fen=155_00,
        high_from_fen=240_00, created_at=begun, published_at=begun, retired_at=ended,
    )  # fmt: skip
    assert live.version != 90
    return place


def test_night_s_own_ladder_counts_what_the_night_counted(stood):
    run = stood.run
    for county_ids in (None, [stood.east.pk]):
        known = cells_by_kind(run, county_ids=county_ids, kinds=[kind for kind in KINDS if kind != "band_previous"])
        assert recounted(known, run, TierThresholds(**run.plan["tier"]), county_ids=county_ids) == known


def test_another_ladder_moves_customers_and_loses_none(stood):
    known = cells_by_kind(stood.run, county_ids=None, kinds=["band_stage", "by_brand"])
    found = recounted(known, stood.run, TierThresholds(mid_from_fen=155_00), county_ids=None)

    assert found != known
    for kind in known:
        assert sum(found[kind].values(), type(next(iter(known[kind].values())))()) == sum(
            known[kind].values(), type(next(iter(known[kind].values())))()
        )


@pytest.mark.parametrize(
    ("name", "query"),
    [("home", {}), ("board-pivots", {"by": "payment"}), ("board-products", {}), ("board-movement", {})],
)
def test_every_number_opens_exactly_its_customers_under_that_ladder(client, stood, name, query):
    client.force_login(stood.analyst)
    answer = client.get(reverse(name), query | {"stood": DAY.isoformat()})

    found = set(doors(answer.content.decode()))
    assert answer.context["place"].policy.version == 90
    assert any("ladder=90" in url for url, _customers in found)
    for url, customers in found:
        assert (url, listed(url, stood.analyst)) == (url, customers)


def test_no_ladder_on_a_day_is_not_found_and_thresholds_are_not_for_everybody(client, stood):
    client.force_login(stood.analyst)
    for day in ("1999-01-01", "2026-13-01", "spring"):
        assert client.get(reverse("boards"), {"stood": day}).status_code == 404
    client.force_login(stood.leader)
    answer = client.get(reverse("board-pivots"), {"stood": DAY.isoformat()})
    assert answer.context["place"].policy is None
    assert 'name="stood"' not in answer.content.decode()


def test_filters_in_the_words_of_a_version():
    assert ladder_filters(7, {"band": [4, 5], "in_network": "1"}) == {"in_network": "1", "ladder": "7:f-45"}
    assert ladder_filters(7, {"previous_band": 4, "band": 0}) == {"ladder": "7:f4-0"}
    assert ladder_filters(7, {"moved": "up"}) == {"ladder": "7:f-up"}
    assert ladder_filters(7, {"band": 0, "stage": 5}) == {"band": 0, "stage": 5}
    assert ladder_filters(7, {"stage": 3}) == {"stage": 3}


def test_link_holds_the_night_whatever_follows(client, place):
    client.force_login(place.analyst)
    before = client.get(reverse("board-pivots"))
    link = f"?{before.context['place'].pinned}"
    assert f'href="{link}#shares"'.replace("&", "&amp;") in before.content.decode()
    Run.objects.filter(pk=place.run.pk).update(is_current=False)
    later = Run.objects.create(
        as_of=dt.date(2026, 11, 23), month=place.run.month, status="published", is_current=True,
        started_at=timezone.now(), plan=place.run.plan, policies=place.run.policies,
    )  # fmt: skip
    Rollup.objects.create(
        run=later, kind="by_brand", county_id=place.east.pk, row=1, column=4, customers=99, revenue_fen=1
    )

    held = client.get(reverse("board-pivots") + link)

    assert [tile.table for tile, _url in held.context["tiles"]] != []
    assert [e.value for e in held.context["tiles"][0][0].table.lines[-1].entries] == [
        e.value for e in before.context["tiles"][0][0].table.lines[-1].entries
    ]
    assert doors(held.content.decode()) == []
    for number in ("0", "999999", "x"):
        assert client.get(reverse("boards"), {"run": number}).status_code == 404


def test_tiles_of_the_overview_are_files(client, place):
    client.force_login(place.analyst)
    for step in client.get(reverse("home")).context["steps"]:
        for tile, url in step.tiles:
            rows = list(csv.reader(io.StringIO(client.get(reverse("home") + url).content.decode("utf-8-sig"))))
            assert rows[0] == [tile.title]
            assert len(rows) == 4 + len(tile.table.lines)
    assert client.get(reverse("home"), {"file": "nothing"}).status_code == 404


@pytest.mark.parametrize("who", ["admin", "auditor"])
def test_overview_shows_no_small_cell_to_who_opens_no_lists(client, place, who):
    client.force_login(place.people[who])
    answer = client.get(reverse("home"))
    opens = answer.context["place"].opens_lists
    shown = [
        entry
        for step in answer.context["steps"]
        for tile, _url in step.tiles
        for line in tile.table.lines
        for entry in line.entries
        if entry.kind == "count" and not entry.is_hidden
    ]
    shown += [
        figure.entry
        for figure in answer.context["figures"]
        if figure.entry.kind == "count" and not figure.entry.is_hidden
    ]
    assert shown
    assert opens or not [entry for entry in shown if 0 < entry.value < 10]
