"""The board of the value to come: the figures of the run's model, and words where there are none."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from retention.models import ChurnModel
from tests.pages import branch

pytestmark = pytest.mark.django_db

ROWS = [
    {"decile": 1, "customers": 20, "forward_fen": 80_000, "realised_fen": 76_000},
    {"decile": 2, "customers": 20, "forward_fen": 20_000, "realised_fen": 24_000},
]


@pytest.fixture
def checked(place):
    model = ChurnModel.objects.create(
        kind="logistic",
        trained_at=timezone.now(),
        month=place.run.month,
        valid_month=dt.date(2026, 7, 1),
        metrics={"forward": ROWS},
    )
    place.run.plan["model"] = {"id": model.pk, "sha256": ""}
    place.run.save()
    return model


def shown(client, **query):
    return client.get(reverse("board-forward"), query).context["board"]


def test_tenths_stand_beside_what_came_and_add_up(client, place, checked):
    client.force_login(place.analyst)
    (tile,) = shown(client).tiles
    assert "2026-07" in tile.definition
    assert [[entry.text for entry in line.entries] for line in tile.table.lines] == [
        ["20", branch_yuan(80_000), branch_yuan(76_000), "95.0%"],
        ["20", branch_yuan(20_000), branch_yuan(24_000), "120.0%"],
        ["40", branch_yuan(100_000), branch_yuan(100_000), "100.0%"],
    ]


def branch_yuan(fen):
    return f"¥{fen // 100:,}"


def test_unchecked_model_says_so(client, place, checked):
    ChurnModel.objects.update(metrics={})
    client.force_login(place.analyst)
    assert (shown(client).tiles, bool(shown(client).empty)) == ([], True)


def test_reader_of_a_county_reads_nothing_of_the_branch(client, place, checked):
    client.force_login(place.east_analyst)
    assert shown(client).tiles == []
    client.force_login(place.analyst)
    assert shown(client, county=place.east.pk).tiles == []


def test_run_without_a_model_has_an_empty_board(client, place):
    client.force_login(branch.Staff.objects.get(username="analyst"))
    assert shown(client).tiles == []
