"""The pages of key moments: figures that lead to exactly their customers, a masked log, an editor that keeps versions."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import AuditEntry, Branch, Customer, Staff
from cvm.backtests.plan import Reach
from lifecycle.models import KeyMoment, MomentKind
from lifecycle.policies import moment_rows

pytestmark = pytest.mark.django_db


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def admin(place):
    return client_of(
        Staff.objects.create(username="boss", role=Staff.Role.ADMIN, branch=Branch.objects.get(parent=None))
    )


@pytest.fixture
def analyst(place):
    return client_of(place.analyst)


def kind_found(place):
    return KeyMoment.objects.select_related("kind").get(customer_id=1).kind


def form_of(kind, **changes):
    """Return what the editor posts for a kind as it stands, with changes."""
    answer = {
        name: getattr(kind, name)
        for name in (
            *("name_zh", "name_en", "action_zh", "action_en", "script_zh", "script_en", "closing_zh", "closing_en"),
            *("evidence_zh", "evidence_en", "cool_down_days", "repeats", "owner_role", "backup_role"),
            *("channel_ab", "channel_c", "channel_strategic"),
        )
    }
    rows = {row["code"]: row for row in moment_rows()}
    answer |= {f"threshold_{name}": value for name, value in rows[kind.code]["thresholds"].items()}
    return answer | {"is_enabled": "on", "seen": kind.version} | changes


def test_catalogue_shows_all_kinds_and_its_numbers_lead_to_their_customers(place, analyst):
    page = analyst.get(reverse("moments"))
    rows = {row["kind"].code: row for _label, group in page.context["groups"] for row in group}
    row = rows[kind_found(place).code]

    assert len(rows) == 27
    assert (row["hits"].last_night, row["hits"].month) == (1, 1)
    listed = analyst.get(row["url"])
    assert row["hits"].standing == 3
    assert listed.status_code == 200


def test_catalogue_asks_the_same_number_of_questions_whatever_is_found(place, analyst, django_assert_max_num_queries):
    with django_assert_max_num_queries(9):
        analyst.get(reverse("moments"))
    KeyMoment.objects.bulk_create(
        KeyMoment(run=place.run, customer_id=2, kind=kind, detected_on=place.run.as_of, level=1, deadline_hours=4,
                  value=1, reference=1) for kind in MomentKind.objects.all()[:3]
    )  # fmt: skip
    with django_assert_max_num_queries(9):
        analyst.get(reverse("moments"))


def test_kind_page_tells_thresholds_script_and_offers(place, analyst):
    page = analyst.get(reverse("moment", args=["C6"]))

    assert [row.value for row in page.context["thresholds"]][:3] == [7, 15, 30]
    assert len(page.context["script"]) == 5
    assert analyst.get(reverse("moment", args=["Z9"])).status_code == 404


def test_log_is_masked_scoped_and_says_the_evidence(place, analyst):
    customer = Customer.objects.get(pk=1)
    page = analyst.get(reverse("moment-log")).content.decode()

    assert customer.msisdn not in page
    assert reverse("customer", args=[1]) in page
    assert analyst.get(reverse("moment-log"), {"kind": "A9"}).context["rows"] == []
    assert analyst.get(reverse("moment-log"), {"before": "x", "level": "y"}).status_code == 200
    leader = Staff.objects.create(username="west", role=Staff.Role.TEAM_LEADER, branch=place.west)
    assert client_of(leader).get(reverse("moment-log")).context["rows"] == []


def test_log_turns_its_pages_newest_first_without_losing_anybody(place, analyst, monkeypatch):
    monkeypatch.setattr("cvm.moments.log.SIZE", 2)
    kinds = list(MomentKind.objects.order_by("bit")[1:4])
    KeyMoment.objects.bulk_create(
        KeyMoment(run=place.run, customer_id=1, kind=kind, detected_on=place.run.as_of - dt.timedelta(days=days), level=1,
                  deadline_hours=4, value=1, reference=1) for days, kind in enumerate(kinds)
    )  # fmt: skip
    seen, address = [], reverse("moment-log")
    while address:
        page = analyst.get(address)
        seen += [row.moment for row in page.context["rows"]]
        address = page.context["page"]["next_url"]

    assert len(seen) == len({moment.pk for moment in seen}) == 4
    assert [moment.detected_on for moment in seen] == sorted((moment.detected_on for moment in seen), reverse=True)


NOT_YET = Reach(None, unknown=("points_expiring",))  # no past day can be rebuilt


def test_saving_makes_the_next_version_and_the_plan_follows(place, admin, monkeypatch):
    monkeypatch.setattr("cvm.moments.editing.reach_now", lambda kind: NOT_YET)
    kind = MomentKind.objects.get(code="C6")
    change = {"threshold_red_days": 45, "counties": [place.east.pk], "reason": "asked for by the county"}
    answer = admin.post(reverse("moment-change", args=["C6"]), form_of(kind, **change))

    kind.refresh_from_db()
    assert (answer.status_code, kind.version, kind.thresholds) == (302, 2, {"red_days": 45})
    row = next(row for row in moment_rows() if row["code"] == "C6")
    assert (row["thresholds"]["red_days"], row["counties"], row["version"]) == (45, [place.east.pk], 2)
    entry = AuditEntry.objects.get(action="moment.change")
    assert entry.reason == "asked for by the county"
    assert "asked for by the county" in admin.get(reverse("moment", args=["C6"])).content.decode()
    assert entry.detail["changed"] == {"thresholds": [{}, {"red_days": 45}], "counties": [[], [place.east.pk]]}


def test_saving_what_stands_there_changes_nothing(place, admin):
    kind = MomentKind.objects.get(code="B3")
    admin.post(reverse("moment-change", args=["B3"]), form_of(kind))

    assert MomentKind.objects.get(code="B3").version == 1
    assert not AuditEntry.objects.filter(action="moment.change").exists()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"threshold_red_days": 1}, 422),
        ({"threshold_red_days": 10}, 422),  # not above orange
        ({"threshold_red_days": "many"}, 422),
        ({"cool_down_days": 401}, 422),
        ({"cool_down_days": -1}, 422),
        ({"script_zh": ""}, 422),
        ({"channel_ab": "pigeon"}, 422),
        ({"counties": [999_999]}, 422),
        ({"seen": 7}, 409),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_saved(place, admin, change, status):
    answer = admin.post(reverse("moment-change", args=["C6"]), form_of(MomentKind.objects.get(code="C6"), **change))

    assert answer.status_code == status
    assert answer.context["form"].errors
    assert MomentKind.objects.get(code="C6").version == 1


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("A2", {"cool_down_days": 200}),
        ("A2", {"is_enabled": "on", "was_off": True}),
        ("A2", {"repeats": "stepwise"}),
        ("C6", {"threshold_red_days": 45}),
    ],
)
def test_terms_are_tried_first_or_said_why(place, admin, monkeypatch, code, change):
    if code == "C6":
        monkeypatch.setattr("cvm.moments.editing.reach_now", lambda kind: NOT_YET)
    assert admin.get(reverse("moment-edit", args=[code])).context["can_be_tried"] == (code == "A2")
    is_on = not change.pop("was_off", False)
    MomentKind.objects.filter(code=code).update(is_enabled=is_on)
    answer = admin.post(reverse("moment-change", args=[code]), form_of(MomentKind.objects.get(code=code), **change))

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == (["__all__"] if code == "A2" else ["reason"])
    kind = MomentKind.objects.get(code=code)
    assert (kind.version, kind.is_enabled) == (1, is_on)


def test_more_counties_are_tried_first_and_fewer_are_not(place, admin):
    kind = MomentKind.objects.get(code="A2")

    def saved(*counties):
        changed = form_of(MomentKind.objects.get(code="A2"), counties=[county.pk for county in counties])
        return admin.post(reverse("moment-change", args=["A2"]), changed).status_code

    assert (saved(place.east, place.west), saved(place.east)) == (302, 302)
    assert (saved(place.east, place.west), saved(place.west), saved()) == (422, 422, 422)
    assert list(kind.counties.all()) == [place.east]


def test_texts_and_switching_off_need_no_back_test(place, admin):
    kind = MomentKind.objects.get(code="A2")
    changed = form_of(kind, name_en="Birthday greeting", channel_c="app")
    assert admin.post(reverse("moment-change", args=["A2"]), changed).status_code == 302
    off = form_of(MomentKind.objects.get(code="A2"), cool_down_days=200)
    del off["is_enabled"]
    assert admin.post(reverse("moment-change", args=["A2"]), off).status_code == 302

    kind.refresh_from_db()
    assert (kind.name_en, kind.channel_c, kind.is_enabled, kind.cool_down_days) == (
        "Birthday greeting",
        "app",
        False,
        200,
    )


def test_pages_stand_before_the_first_night(place, analyst):
    type(place.run).objects.update(is_current=False)

    assert analyst.get(reverse("moments")).status_code == 200
    assert analyst.get(reverse("moment", args=["A1"])).status_code == 200
    assert analyst.get(reverse("moment-log")).status_code == 200
