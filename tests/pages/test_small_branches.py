"""Pages of a branch of one or three customers: nothing falls over, nothing leads beyond the end."""

import pytest
from django.urls import reverse

from cvm.dashboards.pages import BOARDS
from tests.pages import branch

pytestmark = pytest.mark.django_db


def test_branch_of_one_customer_still_shows_its_boards_and_stages(client):
    place = branch.build(customers=1)
    for person in (place.analyst, place.admin):
        client.force_login(person)
        for name in (*(f"board-{board}" for board in BOARDS), "stages"):
            assert client.get(reverse(name)).status_code == 200


def test_list_of_three_has_no_next_page(client):
    place = branch.build(customers=3)
    client.force_login(place.analyst)
    page = client.get(reverse("customers")).context["page"]
    assert (page["next_url"], page["previous_url"]) == ("", "")
