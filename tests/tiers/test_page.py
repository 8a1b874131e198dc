"""The administrator's page: draft, effect before saving, publication."""

from __future__ import annotations

import pytest

from customers.models import AuditEntry, Staff
from segmentation.actions import live_policy
from segmentation.models import TierPolicy

pytestmark = pytest.mark.django_db

TYPED = {"high_from": "200", "mid_from": "115.50", "potential_from": "80", "low_from": "50", "note": "试一试"}
WRITES = ("/tiers/preview/", "/tiers/draft/", "/tiers/publication/", "/tiers/discard/")


@pytest.fixture
def admin(branch, client):
    person = branch.staff("admin", Staff.Role.ADMIN, branch.root)
    client.force_login(person)
    return person


def test_page_shows_the_live_ladder(admin, client):
    page = client.get("/tiers/")

    assert page.status_code == 200
    assert page.context["live"].version == 1
    assert b'value="120"' in page.content


@pytest.mark.parametrize("role", Staff.Role.values)
def test_only_permitted_roles_open_the_page_and_only_the_administrator_writes(branch, client, role):
    client.force_login(branch.staff("someone", role))

    assert client.get("/tiers/").status_code == (200 if role in {"analyst", "admin", "auditor"} else 403)
    if role != "admin":
        assert {client.post(address, TYPED).status_code for address in WRITES} == {403}


def test_strangers_are_sent_to_the_login(client):
    assert client.get("/tiers/").status_code == 302
    assert client.post("/tiers/draft/", TYPED).status_code == 302


@pytest.mark.parametrize("address", WRITES)
def test_writes_refuse_get(admin, client, address):
    assert client.get(address).status_code == 405


def test_preview_shows_the_effect_and_saves_nothing(admin, branch, bill, client):
    bill({branch.customer(None): 118_00})

    page = client.post("/tiers/preview/", TYPED)

    assert page.context["effect"].moved == 1
    assert TierPolicy.objects.count() == 1


def test_preview_of_an_inverted_ladder_says_why(admin, client):
    page = client.post("/tiers/preview/", TYPED | {"mid_from": "70"})

    assert page.status_code == 422
    assert "高于" in page.content.decode() or "above" in page.content.decode()


@pytest.mark.parametrize("wrong", [{"mid_from": "200"}, {"mid_from": ""}, {"low_from": "0"}, {"high_from": "abc"}])
def test_draft_refuses_bad_limits_and_keeps_what_was_typed(admin, client, wrong):
    page = client.post("/tiers/draft/", TYPED | wrong)

    assert page.status_code == 422
    assert "试一试" in page.content.decode()
    assert TierPolicy.objects.count() == 1


def test_draft_is_saved_once_and_changed_in_place(admin, client):
    client.post("/tiers/draft/", TYPED)
    client.post("/tiers/draft/", TYPED | {"mid_from": "110"})

    draft = TierPolicy.objects.get(status="draft")
    assert (draft.version, draft.mid_from_fen) == (2, 110_00)
    assert live_policy().version == 1


def test_publication_retires_the_old_version_and_keeps_the_preview(admin, branch, bill, client):
    bill({branch.customer(None): 118_00})
    client.post("/tiers/draft/", TYPED)

    client.post("/tiers/publication/", TYPED)

    live = live_policy()
    assert (live.version, live.mid_from_fen, live.published_by) == (2, 115_50, admin)
    assert live.preview["bands"]["4"] == 1
    assert TierPolicy.objects.get(version=1).status == "retired"
    assert AuditEntry.objects.filter(action="tier_policy.publish", actor=admin).count() == 1


def test_publication_refuses_what_was_not_seen(admin, client):
    client.post("/tiers/draft/", TYPED)

    client.post("/tiers/publication/", TYPED | {"mid_from": "110"})

    assert live_policy().version == 1


def test_publication_twice_changes_nothing_more(admin, client):
    client.post("/tiers/draft/", TYPED)
    client.post("/tiers/publication/", TYPED)
    client.post("/tiers/publication/", TYPED)

    assert live_policy().version == 2
    assert TierPolicy.objects.count() == 2


def test_discard_leaves_the_live_ladder(admin, client):
    client.post("/tiers/draft/", TYPED)
    client.post("/tiers/discard/")
    client.post("/tiers/discard/")

    assert [policy.status for policy in TierPolicy.objects.all()] == ["live"]


def test_page_before_the_first_night_says_so(admin, branch, client):
    branch.run.__class__.objects.update(is_current=False)

    page = client.post("/tiers/preview/", TYPED)

    assert page.status_code == 200
    assert page.context["run"] is None
