"""One playbook in force per stage; published ones never change; what differs is told."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from customers import versioning
from customers.models import AuditEntry, Staff
from lifecycle.models import Playbook, Stage
from lifecycle.playbooks import DECIDES, WAYS, differences, playbook_of

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 29, 6, 0, tzinfo=dt.UTC)


@pytest.fixture
def admin():
    return Staff.objects.create_user("admin", role=Staff.Role.ADMIN)


def values(playbook, **changes):
    return {name: getattr(playbook, name) for name in DECIDES} | changes


def test_every_stage_ships_with_a_playbook_in_both_languages():
    found = list(Playbook.objects.filter(status="live").order_by("stage"))

    assert [one.stage for one in found] == Stage.values
    assert all(one.talk_zh.count("\n") == one.talk_en.count("\n") for one in found)
    assert all(one.channels and one.offer_families and one.note for one in found)
    assert playbook_of(0) is None


def test_a_draft_changes_nothing_until_it_is_published_and_leaves_the_other_stages_alone(admin):
    way, live = WAYS[Stage.DECLINE], playbook_of(Stage.DECLINE)
    wanted = values(live, rhythm_days=14, aim_en="Save sooner")

    way.save_draft(wanted, by=admin, at=NOW)
    assert playbook_of(Stage.DECLINE) == live
    way.publish_draft(wanted, preview={}, by=admin, at=NOW)

    new = playbook_of(Stage.DECLINE)
    assert (new.version, new.rhythm_days, new.published_by) == (2, 14, admin)
    assert [(one.label, one.before, one.after) for one in differences(live, new)][-1][1:] == ("30", "14")
    assert [playbook_of(stage).version for stage in Stage.values] == [1, 1, 1, 2, 1]
    assert AuditEntry.objects.get(action="playbook.publish").detail["stage"] == Stage.DECLINE


def test_what_was_not_looked_at_is_not_published(admin):
    way, live = WAYS[Stage.EXIT], playbook_of(Stage.EXIT)
    way.save_draft(values(live, rhythm_days=14), by=admin, at=NOW)

    with pytest.raises(versioning.DraftChanged):
        way.publish_draft(values(live, rhythm_days=15), preview={}, by=admin, at=NOW)


def test_an_earlier_version_comes_back_as_a_new_one(admin):
    way, live = WAYS[Stage.GROWTH], playbook_of(Stage.GROWTH)
    wanted = values(live, rhythm_days=14)
    way.save_draft(wanted, by=admin, at=NOW)
    way.publish_draft(wanted, preview={}, by=admin, at=NOW)

    back = way.roll_back(1, preview={}, by=admin, at=NOW)

    assert (back.version, back.copy_of, differences(live, back)) == (3, live, [])


@pytest.mark.parametrize(
    "wrong", [{"rhythm_days": 6}, {"rhythm_days": 366}, {"aim_zh": ""}, {"talk_en": ""}, {"stage": 6}]
)
def test_the_database_refuses_nonsense(wrong):
    with transaction.atomic(), pytest.raises(IntegrityError):
        Playbook.objects.filter(stage=1).update(**wrong)


def test_two_playbooks_of_one_stage_are_never_in_force():
    live = playbook_of(1)
    live.pk, live.version = None, 2

    with transaction.atomic(), pytest.raises(IntegrityError):
        live.save()
