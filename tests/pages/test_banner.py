"""Card holders and the banner: every number opens its customers, also those who left."""

from __future__ import annotations

import pytest
from django.urls import reverse

from customers.models import Customer, Standing
from tests.pages.history import give_history
from tests.pages.links import doors, listed

pytestmark = pytest.mark.django_db


def test_every_number_opens_exactly_its_customers(client, place):
    Customer.objects.filter(pk__lte=40).update(vip_card=2)
    Standing.objects.filter(run=place.run).update(previous_band=4)  # everybody had a bill the month before
    give_history(place)
    client.force_login(place.analyst)
    answer = client.get(reverse("board-banner"))
    found = set(doors(answer.content.decode()))

    assert len(found) >= 4
    for url, customers in found:
        assert (url, listed(url, place.analyst)) == (url, customers)
    tiles = {tile.name: tile for tile, _url in answer.context["tiles"]}
    left = Standing.objects.filter(run=place.run, band=0, customer__vip_card=2).count()
    for kind in ("county", "manager"):
        assert sum(line.entries[0].value for line in tiles[kind].table.lines) == 40
        assert sum(line.entries[1].value for line in tiles[kind].table.lines) == left > 0
        assert tiles[kind].alert
    assert len(tiles["banner"].table.lines) == 12


def test_county_sees_its_own_and_nobody_with_a_card_is_said(client, place):
    give_history(place)
    client.force_login(place.leader)
    assert client.get(reverse("board-banner")).context["board"].empty
    Customer.objects.update(vip_card=1)
    give_history(place)
    tile, _url = client.get(reverse("board-banner")).context["tiles"][0]
    assert len(tile.table.lines) == 1
