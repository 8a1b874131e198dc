"""Layers and their owner departments: board, filter, column, and the administrator's page."""

import pytest
from django.urls import reverse

from customers.models import Standing
from segmentation.models import Department, Layer, LayerOwner

pytestmark = pytest.mark.django_db

FORM = {"layer_1": "market", "layer_2": "group", "layer_3": "service", "layer_4": "county"}


def here(place):
    return Standing.objects.filter(run=place.run, band__gt=0)


def tile_of(client, name, **query):
    page = client.get(reverse("board-layers"), query)
    assert page.status_code == 200
    return next(tile for tile, _url in page.context["tiles"] if tile.name == name)


def test_layers_add_up_and_name_their_owner(client, place):
    client.force_login(place.analyst)
    tile = tile_of(client, "layers")
    rows = {line.label: line.entries for line in tile.table.lines}
    assert len(rows) == len(Layer) + 1
    for layer in Layer:
        of_layer = here(place).filter(layer=layer)
        entries = rows[str(layer.label)]
        assert entries[0].value == str(Department(LayerOwner.objects.get(layer=layer).department).label)
        assert entries[1].value == of_layer.count() == sum(entry.value for entry in entries[2:5])
        if entries[1].value:
            assert client.get(entries[1].url).context["number"] == entries[1].value
    assert tile.table.lines[-1].entries[1].value == here(place).count()


def test_board_and_list_keep_to_one_department(client, place):
    client.force_login(place.analyst)
    tile = tile_of(client, "layers", owner="group")
    assert [line.label for line in tile.table.lines[:-1]] == [str(Layer.GROUP.label)]
    listed = client.get(reverse("customers"), {"owner": "market", "in_network": "1", "columns": "layer,owner"})
    assert listed.context["number"] == here(place).exclude(layer=Layer.GROUP).count()
    assert str(Department.MARKET.label) in listed.content.decode()
    assert client.get(reverse("board-layers"), {"owner": "nobody"}).status_code == 404
    departments = tile_of(client, "departments").table.lines
    assert sum(line.entries[1].value for line in departments) == here(place).count()


def test_administrator_gives_layers_to_departments(client, place):
    client.force_login(place.people["admin"])
    page = client.post(reverse("layer-owners-save"), FORM, follow=True)
    assert page.status_code == 200
    assert dict(LayerOwner.objects.values_list("layer", "department")) == {
        1: "market", 2: "group", 3: "service", 4: "county",
    }  # fmt: skip
    client.force_login(place.analyst)
    assert tile_of(client, "layers").table.lines[3].entries[0].value == str(Department.COUNTY.label)
    assert b"<select" not in client.get(reverse("layer-owners")).content


@pytest.mark.parametrize("wrong", [{"layer_1": "nobody"}, {"layer_4": ""}])
def test_unknown_department_is_refused(client, place, wrong):
    client.force_login(place.people["admin"])
    assert client.post(reverse("layer-owners-save"), FORM | wrong).status_code == 422
    assert LayerOwner.objects.get(layer=4).department == "market"
