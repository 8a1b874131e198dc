"""The administrator's page of the stage thresholds: effect before saving, a year back, a second person, roll-back."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from django.db import IntegrityError, transaction

from customers.models import AuditEntry, Staff
from cvm.stage_policy.forms import ThresholdForm
from lifecycle import whatif
from lifecycle.models import Stage, StagePolicy
from lifecycle.policies import stage_thresholds
from lifecycle.stage_actions import STAGES
from lifecycle.wording import differences

pytestmark = pytest.mark.django_db

PAGE = "/stages/policy/"
STEADY = [100_00] * 14
FALLING = [100_00] * 11 + [85_00] * 3  # -5 %, -10 %, -15 %: steady in force, in decline from a line of -10 %
WRITES = ("preview", "movers", "back-test", "draft", "publication", "approval", "withdrawal", "discard")


def typed(**changes):
    """Return the page's form as it stands with these values typed."""
    form = ThresholdForm.for_policy(STAGES.live())
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    return {name: str(value) for name, value in (values | changes).items()}


@pytest.fixture
def falling(branch, bill):
    people = [branch.customer(None, join_date=dt.date(2015, 1, 5)) for _ in range(2)]
    bill(dict(zip(people, [STEADY, FALLING], strict=True)))
    return people[1]


def test_page_shows_the_live_thresholds_and_the_years_versions(admin, client):
    page = client.get(PAGE)

    assert page.status_code == 200
    assert [group.lines[0].live for group in page.context["groups"]] == [
        "3",
        "-20",
        "-30",
        page.context["groups"][3].lines[0].live,
        "¥10.00",
    ]
    assert [one.version for one, _ in page.context["history"]] == [1]


@pytest.mark.parametrize("role", Staff.Role.values)
def test_only_permitted_roles_open_the_page_and_only_the_administrator_writes(branch, client, role):
    client.force_login(branch.staff("someone", role))

    assert client.get(PAGE).status_code == (200 if role in {"analyst", "admin", "auditor"} else 403)
    if role != "admin":
        assert {client.post(f"{PAGE}{name}/", typed()).status_code for name in WRITES} == {403}


def test_preview_names_who_would_move_and_saves_nothing(admin, branch, falling, client):
    page = client.post(f"{PAGE}preview/", typed(decline_percent=-10))
    effect = page.context["effect"]

    assert (effect.customers, effect.moved) == (2, 1)
    assert [(move.before, move.after, move.customers, move.revenue_fen) for move in effect.moves] == [
        (Stage.MATURITY, Stage.DECLINE, 1, 3 * 85_00)
    ]
    assert [mover.customer_id for mover in effect.shown] == [falling.pk]
    assert [(county.moved, county.into_decline, county.out_of_decline) for county in effect.counties] == [(1, 1, 0)]
    assert sum(row.customers_after for row in effect.stages) == 2
    assert falling.msisdn not in page.content.decode()
    assert StagePolicy.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"recover_percent": -20},
        {"rise_percent": 3},
        {"growth_months": 3},
        {"silent_months": 0},
        {"decline_percent": "x"},
        {"silent_kind": 4},
    ],
)
def test_values_that_contradict_each_other_are_refused_with_what_was_typed(admin, client, wrong):
    preview, draft = (client.post(f"{PAGE}{name}/", typed(**wrong)) for name in ("preview", "draft"))

    assert (preview.status_code, draft.status_code) == (422, 422)
    assert StagePolicy.objects.count() == 1


@pytest.mark.parametrize(
    "values",
    [
        {"decline_percent": -5},
        {"settle_percent": 10},
        {"usage_fall_percent": 0},
        {"growth_months": 3},
        {"confirm_months": 0},
        {"silent_kind": 4},
        {"suspended_months": 13},
        {"returned_months": 25},
        {"event_days": 61},
    ],
)
def test_the_database_refuses_them_too(values):
    with transaction.atomic(), pytest.raises(IntegrityError):
        StagePolicy.objects.update(**values)


def test_movers_come_as_a_masked_file_and_leave_a_trace(admin, falling, client):
    response = client.post(f"{PAGE}movers/", typed(decline_percent=-10))
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))

    assert [row[0] for row in rows[1:]] == [str(falling.pk)]
    assert falling.msisdn not in response.content.decode()
    assert AuditEntry.objects.get(action="stage_policy.movers").detail == {"rows": 1}


def test_back_test_compares_the_draft_with_the_version_in_force(admin, falling, client):
    page = client.post(f"{PAGE}back-test/", typed(decline_percent=-10))
    newest_draft, newest_live = page.context["months"][-1]

    assert (newest_draft.entered, newest_draft.declining, newest_live.entered) == (1, 1, 0)
    assert [total.entered for total in page.context["total"]] == [1, 0]


def test_a_version_walks_its_way_and_back(admin, second, falling, client):
    StagePolicy.objects.update(approval_movers=1)
    values = typed(decline_percent=-10, note="earlier")
    client.post(f"{PAGE}draft/", values)
    client.post(f"{PAGE}publication/", typed(decline_percent=-11))
    assert STAGES.in_the_making().status == "draft"  # what was seen is not what is kept

    client.post(f"{PAGE}publication/", values)
    client.post(f"{PAGE}approval/")
    assert (STAGES.in_the_making().status, STAGES.live().version) == ("pending", 1)
    client.force_login(second)
    client.post(f"{PAGE}approval/")
    live = STAGES.live()
    assert (live.version, live.decline_percent, live.approved_by, live.preview["moved"]) == (2, -10, second, 1)

    shown = client.get(f"{PAGE}1/")
    assert shown.context["can_roll_back"]
    client.post(f"{PAGE}1/restoration/")
    back = STAGES.live()
    assert (back.version, back.decline_percent, back.copy_of.version) == (3, -20, 1)
    assert AuditEntry.objects.filter(action="stage_policy.publish").count() == 2
    assert client.get(f"{PAGE}day/?day=2099-01-01").context["policy"] == back


def test_a_version_can_be_sent_back_scheduled_and_discarded(admin, falling, client):
    StagePolicy.objects.update(approval_movers=1)
    values = typed(decline_percent=-10)
    client.post(f"{PAGE}draft/", values)
    client.post(f"{PAGE}publication/", values)
    client.post(f"{PAGE}withdrawal/", {"reason": "too early"})
    assert (STAGES.in_the_making().status, STAGES.in_the_making().returned_reason) == ("draft", "too early")

    StagePolicy.objects.update(approval_movers=500)
    client.post(f"{PAGE}publication/", {**values, "effective_on": "2099-01-01"})
    assert STAGES.in_the_making().status == "scheduled"
    assert client.get(PAGE).context["is_waiting"]
    client.post(f"{PAGE}withdrawal/")
    client.post(f"{PAGE}discard/")
    assert STAGES.in_the_making() is None


def test_differences_are_sentences():
    live = STAGES.live()
    draft = StagePolicy.objects.get(pk=live.pk)
    draft.decline_percent, draft.return_bill_fen, draft.silent_kind = -25, 20_00, StagePolicy.SilentKind.ZERO_CALLS

    found = differences(live, draft)

    assert len(found) == 3
    assert "-25" in found[0]
    assert "¥20" in found[2]
    assert differences(live, live) == []


def test_nothing_to_count_before_the_first_night(admin, branch, client):
    type(branch.run).objects.all().update(is_current=False)

    assert client.post(f"{PAGE}preview/", typed()).status_code == 200
    assert client.post(f"{PAGE}back-test/", typed()).status_code == 204


def test_a_large_branch_is_read_bucket_by_bucket_with_the_same_result(branch, falling, monkeypatch):
    draft = stage_thresholds(StagePolicy(decline_percent=-10))
    kept = whatif.effect(run=branch.run, draft=draft)
    monkeypatch.setattr("lifecycle.stage_frame.KEPT_CUSTOMERS", 0)
    read = whatif.effect(run=branch.run, draft=draft)

    assert (read.stages, read.moves) == (kept.stages, kept.moves)
