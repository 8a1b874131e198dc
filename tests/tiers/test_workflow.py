"""A version's way: a second person, a day to come, back again; and what stood on a day."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from customers.models import AuditEntry, Staff
from segmentation import actions
from segmentation.actions import Ladder, live_policy
from segmentation.models import TierPolicy
from segmentation.policies import policy_on
from segmentation.wording import differences

pytestmark = pytest.mark.django_db

TYPED = {"high_from": "200", "mid_from": "115.50", "potential_from": "80", "low_from": "50", "grace_months": "2"}


@pytest.fixture
def admin(branch, client):
    person = branch.staff("admin", Staff.Role.ADMIN, branch.root)
    client.force_login(person)
    return person


@pytest.fixture
def second(branch):
    return branch.staff("second", Staff.Role.ADMIN, branch.root)


@pytest.fixture
def strict():
    """A live ladder that wants a second person from the first mover on."""
    TierPolicy.objects.update(approval_movers=1)


def test_few_movers_go_live_at_once(admin, branch, bill, client):
    bill({branch.customer(None): 118_00})
    client.post("/tiers/draft/", TYPED)
    client.post("/tiers/publication/", TYPED)

    assert (live_policy().version, live_policy().grace_months) == (2, 2)


def test_many_movers_wait_for_another_administrator(admin, second, strict, branch, bill, client):
    bill({branch.customer(None): 118_00})
    client.post("/tiers/draft/", TYPED)
    client.post("/tiers/publication/", TYPED)
    assert (actions.current_draft().status, live_policy().version) == ("pending", 1)

    client.post("/tiers/approval/")
    assert live_policy().version == 1
    client.force_login(second)
    client.post("/tiers/approval/")

    live = live_policy()
    assert (live.version, live.requested_by, live.approved_by) == (2, admin, second)
    assert list(AuditEntry.objects.filter(action__startswith="tier_policy").values_list("action", flat=True)) == [
        "tier_policy.draft",
        "tier_policy.request",
        "tier_policy.approve",
        "tier_policy.publish",
    ]


def test_database_itself_refuses_to_approve_one_s_own_version(admin):
    with pytest.raises(IntegrityError), transaction.atomic():
        TierPolicy.objects.update(requested_by=admin, approved_by=admin)


def test_waiting_version_can_be_sent_back_with_a_reason(admin, second, strict, branch, bill, client):
    bill({branch.customer(None): 118_00})
    client.post("/tiers/draft/", TYPED)
    client.post("/tiers/publication/", TYPED)
    client.force_login(second)

    client.post("/tiers/withdrawal/", {"reason": "线太低"})

    draft = actions.current_draft()
    assert (draft.status, draft.returned_reason) == ("draft", "线太低")
    assert "线太低" in client.get("/tiers/").content.decode()


def test_nothing_else_is_drafted_while_a_version_waits(admin, strict, branch, bill, client):
    bill({branch.customer(None): 118_00})
    client.post("/tiers/draft/", TYPED)
    client.post("/tiers/publication/", TYPED)

    client.post("/tiers/draft/", TYPED | {"mid_from": "110"})

    assert actions.current_draft().mid_from_fen == 115_50


def test_scheduled_version_comes_into_force_with_the_night_of_its_day(admin, client):
    day = timezone.localdate() + dt.timedelta(days=9)
    client.post("/tiers/draft/", TYPED)
    client.post("/tiers/publication/", TYPED | {"effective_on": day.isoformat()})
    assert (actions.current_draft().status, live_policy().version) == ("scheduled", 1)

    actions.activate_due(on=day - dt.timedelta(days=1), at=timezone.now())
    assert live_policy().version == 1
    actions.activate_due(on=day, at=timezone.now())

    assert live_policy().version == 2
    assert actions.activate_due(on=day, at=timezone.now()) is None


def test_roll_back_is_a_new_version_with_the_old_values(admin, client):
    client.post("/tiers/draft/", TYPED)
    client.post("/tiers/publication/", TYPED)

    client.post("/tiers/1/restoration/")

    live = live_policy()
    assert (live.version, live.mid_from_fen, live.grace_months, live.copy_of.version) == (3, 120_00, 1, 1)
    assert client.post("/tiers/9/restoration/").status_code == 404
    assert client.post("/tiers/3/restoration/").status_code == 404


def test_ladder_of_a_day_is_the_one_in_force_at_its_end(admin, client):
    start = dt.datetime(2026, 5, 1, 9, tzinfo=dt.UTC)
    TierPolicy.objects.update(published_at=start)
    ladder = Ladder(50_00, 80_00, 110_00, 200_00)
    actions.save_draft(ladder, by=admin, at=start)
    actions.publish_draft(ladder, by=admin, at=start + dt.timedelta(days=10), preview={})

    assert policy_on(dt.date(2026, 4, 30)) is None
    assert [policy_on(dt.date(2026, 5, day)).version for day in (1, 10, 11)] == [1, 1, 2]
    assert client.get("/tiers/day/", {"day": "2026-05-10"}).context["policy"].version == 1
    assert client.get("/tiers/day/", {"day": "2026-04-30"}).status_code == 404
    assert client.get("/tiers/day/", {"day": "yesterday"}).status_code == 404


def test_differences_are_told_in_words():
    before = TierPolicy(low_from_fen=50_00, potential_from_fen=80_00, mid_from_fen=120_00, high_from_fen=200_00)
    after = TierPolicy(
        low_from_fen=50_00, potential_from_fen=80_00, mid_from_fen=115_50, high_from_fen=210_00, grace_months=2
    )

    sentences = differences(before, after)

    assert len(sentences) == 3
    assert all(amount in sentences[0] for amount in ("200", "210"))
    assert all(amount in sentences[1] for amount in ("120", "115.5"))
    assert differences(before, before) == []


def test_page_of_a_version_shows_what_it_would_do_today(admin, branch, bill, client):
    bill({branch.customer(None): 118_00})

    assert client.get("/tiers/1/").status_code == 200
    assert client.get("/tiers/1/effect/").context["effect"].moved == 0
    assert client.get("/tiers/2/").status_code == 404
