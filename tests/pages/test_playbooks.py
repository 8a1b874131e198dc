"""Playbooks: read by everybody who serves, edited by the administrator, shown where the customer is."""

from __future__ import annotations

import pytest
from django.urls import reverse

from customers.models import AuditEntry, Standing
from cvm.playbooks.forms import PlaybookForm
from lifecycle.models import Playbook, Stage
from lifecycle.playbooks import playbook_of
from offers.models import Offer
from offers.queries import load_catalogue

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client, place):
    client.force_login(place.people["admin"])
    return place.people["admin"]


def typed(stage, **changes):
    initial = PlaybookForm.for_playbook(playbook_of(stage)).initial
    return initial | {"note": "clearer"} | changes


def test_the_page_shows_five_in_the_readers_words(client, place):
    client.force_login(place.manager)
    page = client.get(reverse("playbooks"))

    assert [one.stage for one, _families in page.context["playbooks"]] == Stage.values
    assert playbook_of(4).aim_zh in page.content.decode()
    assert "<form" not in page.content.decode().split("<main", 1)[1].split("offer-", 1)[0]


def test_the_administrator_drafts_publishes_and_rolls_back(client, admin):
    values = typed(4, rhythm_days=14)
    client.post(reverse("playbook-save", args=[4]), values)
    page = client.get(reverse("playbook", args=[4]))
    assert [one.after for one in page.context["draft_differences"]] == ["14"]

    client.post(reverse("playbook-publish", args=[4]), values)
    assert (playbook_of(4).version, playbook_of(4).rhythm_days, playbook_of(4).note) == (2, 14, "clearer")
    client.post(reverse("playbook-roll-back", args=[4, 1]))
    assert (playbook_of(4).version, playbook_of(4).rhythm_days) == (3, 30)
    assert client.post(reverse("playbook-roll-back", args=[4, 9])).status_code == 404


@pytest.mark.parametrize("wrong", [{"aim_zh": ""}, {"rhythm_days": 3}, {"channels": ["pigeon"]}, {"note": ""}])
def test_bad_input_comes_back_with_what_was_typed(client, admin, wrong):
    page = client.post(reverse("playbook-save", args=[4]), typed(4, **wrong))

    assert page.status_code == 422
    assert Playbook.objects.filter(status="draft").count() == 0


def test_what_was_ticked_before_keeps_its_place(client, admin):
    before = playbook_of(4).offer_families
    wanted = [one for one in before if one != before[1]] + ["care"]
    client.post(reverse("playbook-save", args=[4]), typed(4, offer_families=sorted(wanted)))

    assert Playbook.objects.get(status="draft").offer_families == wanted


def test_a_draft_can_be_thrown_away_and_unknown_stages_do_not_exist(client, admin):
    client.post(reverse("playbook-save", args=[4]), typed(4, rhythm_days=14))
    client.post(reverse("playbook-discard", args=[4]))

    assert Playbook.objects.filter(status="draft").count() == 0
    assert client.get(reverse("playbook", args=[6])).status_code == 404


def test_an_offer_is_bound_to_stages_and_traced(client, admin):
    offer = Offer.objects.filter(is_active=True).first()
    address = reverse("offer-stages", args=[offer.pk])

    client.post(address, {"stage": ["3", "4", "x"]})
    terms = next(one for one in load_catalogue().offers if one.id == offer.pk)
    assert terms.stage_bits == 1 << 3 | 1 << 4
    assert AuditEntry.objects.get(action="offer.stages").detail == {"before": [], "after": [3, 4]}

    client.post(address, {"stage": ["1", "2", "3", "4", "5"]})
    offer.refresh_from_db()
    assert offer.stages == []


def test_the_360_page_opens_the_playbook_of_the_customers_stage(client, place):
    Standing.objects.filter(customer_id=1).update(stage=Stage.DECLINE)
    client.force_login(place.manager)
    page = client.get(reverse("customer", args=[1]))

    assert page.context["playbook"] == playbook_of(Stage.DECLINE)
    assert playbook_of(Stage.DECLINE).talk_zh.splitlines()[0] in page.content.decode()
