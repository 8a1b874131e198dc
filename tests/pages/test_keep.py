"""Keep, don't fire: what a night finds of code C customers served by people, as the board tells it."""

import datetime as dt

import pytest
from django.urls import reverse

from customers.models import Consent, Customer, Family, ServiceLog, Standing
from cvm.night import steering
from retention.models import ChurnModel
from segmentation.models import ChannelSteering

pytestmark = pytest.mark.django_db

DAY = dt.datetime(2026, 11, 1, 2, tzinfo=dt.UTC)
HALL, HOTLINE, APP, SMS, IVR = 1200, 500, 1, 5, 30


@pytest.fixture
def place(place):
    ChannelSteering.objects.all().delete()
    place.run.rollups.filter(kind=steering.RIVAL).delete()
    return place


@pytest.fixture
def served(place):
    """Five code C customers of the east: app, sms, neither, a payer, one served long ago."""
    here = Standing.objects.filter(code=3, band__gt=0, county_id=place.east.pk, customer_id__gt=4)
    ids = list(here.order_by("customer_id").values_list("customer_id", flat=True)[:5])
    for number, (pk, channel) in enumerate(
        zip(ids, ("营业厅", "10086热线", "10086热线", "营业厅", "营业厅"), strict=True)
    ):
        at = DAY - dt.timedelta(days=400) if number == 4 else DAY
        for visit in range(2):
            served_at = at - dt.timedelta(days=visit)
            ServiceLog.objects.create(customer_id=pk, served_at=served_at, channel=channel, source_key=f"k{pk}-{visit}")
    for pk, channel, is_given in ((ids[0], "app", True), (ids[1], "app", False), (ids[1], "sms", True)):
        Consent.objects.create(customer_id=pk, channel=channel, is_given=is_given, said_at=DAY, source="hall")
    family = Family.objects.create(code="F9")
    Customer.objects.filter(pk=ids[3]).update(family=family, family_role=Customer.FamilyRole.PAYER)
    steering.write(place.run)
    return ids


def rows(place):
    found = ChannelSteering.objects.filter(run=place.run).order_by("customer_id")
    return {row.customer_id: (row.way, row.services, row.cost_fen, row.saving_fen, row.protection) for row in found}


def test_each_gets_the_cheapest_way_they_accept(place, served):
    app, sms, ivr, payer, long_ago = served
    found = rows(place)
    assert found[app] == ("app", 2, 2 * HALL, 2 * (HALL - APP), 0)
    assert found[sms] == ("sms", 2, 2 * HOTLINE, 2 * (HOTLINE - SMS), 0)
    assert found[ivr] == ("ivr", 2, 2 * HOTLINE, 2 * (HOTLINE - IVR), 0)
    assert found[payer] == ("", 2, 2 * HALL, 0, 1)
    assert long_ago not in found


def test_numbers_of_the_board_open_exactly_their_customers(client, place, served):
    client.force_login(place.analyst)
    listed = {}
    for value in ("served", "personal", "app", "sms", "ivr", "spared-1"):
        answer = client.get(reverse("customers"), {"steering": value})
        listed[value] = answer.context["number"]
    found = rows(place)
    assert listed["served"] == len(found) >= 4
    for way in ("app", "sms", "ivr"):
        assert listed[way] == sum(row[0] == way for row in found.values()) >= 1
    assert listed["personal"] == sum(row[0] == "" for row in found.values())
    assert listed["spared-1"] == sum(row[4] & 1 for row in found.values()) == 1


def test_board_adds_up_to_everybody_served(client, place, served):
    client.force_login(place.analyst)
    tiles = {tile.name: tile for tile, _url in client.get(reverse("board-keep")).context["tiles"]}
    *ways, whole = tiles["ways"].table.lines
    for column in (0, 1, 2, 4):
        assert sum(line.entries[column].value for line in ways) == whole.entries[column].value
    assert whole.entries[4].value == sum(row[3] for row in rows(place).values())
    everybody, remaining, tied, tied_to = tiles["rival"].table.lines
    here = Standing.objects.filter(band__gt=0)
    assert everybody.entries[0].value == here.count()
    assert everybody.entries[3].value == sum(here.values_list("cum3_fen", flat=True))
    assert remaining.entries[1].value > everybody.entries[1].value  # the mean rises when the lowest tenth goes
    assert tied.entries[0].value <= everybody.entries[0].value - remaining.entries[0].value
    assert (tied.entries[0].value == 0) == (tied_to.entries[0].value == 0)


def test_who_opens_no_lists_reads_no_small_number(client, place, served):
    client.force_login(place.admin)
    tiles = {tile.name: tile for tile, _url in client.get(reverse("board-keep")).context["tiles"]}
    assert tiles["ways"].has_hidden
    assert tiles["spared"].has_hidden


def test_steering_goes_with_the_standings_of_its_run(place, served, monkeypatch):
    before = rows(place)
    steering.tidy()
    assert rows(place) == before

    monkeypatch.setattr(steering.partition, "kept_runs", set)
    steering.tidy()

    assert rows(place) == {}


def test_night_before_this_board_says_so(client, place):
    client.force_login(place.analyst)
    board = client.get(reverse("board-keep")).context["board"]
    assert (board.tiles, bool(board.empty)) == ([], True)


def test_value_protected_is_what_contacts_keep_of_the_spared(client, place, served):
    spared = ChannelSteering.objects.filter(run=place.run, protection__gt=0).values("customer")
    kept = sum(
        max(0, fen)
        for fen in Standing.objects.filter(run=place.run, customer__in=spared).values_list("kept_fen", flat=True)
    )
    model = ChurnModel.objects.create(
        kind="boosting",
        trained_at=DAY,
        month=dt.date(2026, 10, 1),
        metrics={"base_rate": 0.02, "lost": 400, "ece": 0.002},
    )
    place.run.plan["model"] = {"id": model.pk}
    place.run.save()
    client.force_login(place.analyst)
    page = client.get(reverse("board-keep"))
    tile = next(tile for tile, _url in page.context["tiles"] if tile.name == "spared")
    [(entry, words)] = tile.pairs
    assert entry.value == kept > 0
    assert "±" in words
    client.force_login(place.people["admin"])
    page = client.get(reverse("board-keep"))
    assert next(tile for tile, _url in page.context["tiles"] if tile.name == "spared").pairs == ()
