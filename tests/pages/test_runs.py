"""The nights: list, progress, start button."""

import datetime as dt

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from customers.models import HistoryCheck, Run, RunBucket
from cvm import runs
from cvm.night.errors import NothingToDo, QueueUnavailable
from retention.models import ChurnModel

pytestmark = pytest.mark.django_db


@pytest.fixture
def running(place):
    run = Run.objects.create(as_of=place.run.as_of, month=place.run.month, started_at=timezone.now(), stage="buckets")
    RunBucket.objects.create(run=run, bucket=0, status="done", customers=64)
    RunBucket.objects.create(run=run, bucket=1)
    return run


def test_list_shows_nights_with_their_duration(client, place):
    client.force_login(place.auditor)
    response = client.get(reverse("runs"))
    assert [(night.pk, seconds) for night, seconds, _failure in response.context["nights"]] == [(place.run.pk, 180)]


def test_progress_is_polled_while_a_night_runs(client, running, place):
    client.force_login(place.admin)
    part = client.get(reverse("runs"), headers={"HX-Request": "true"})
    assert part.context["progress"].done == 1
    assert 'hx-trigger="every 2s"' in part.content.decode()


def test_page_reloads_when_the_night_has_ended(client, place):
    client.force_login(place.admin)
    assert client.get(reverse("runs"), headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_one_night_shows_its_stages(client, place):
    client.force_login(place.analyst)
    assert len(client.get(reverse("run", args=[place.run.pk])).context["stages"]) == 6
    assert client.get(reverse("run", args=[999])).status_code == 404


def test_one_night_says_why_the_score_card_did_the_work(client, place):
    model = ChurnModel.objects.create(
        kind="score_card",
        trained_at=timezone.now(),
        month=place.run.month,
        note="few_months",
        metrics={"months": 6, "needed": 8},
    )
    Run.objects.update(policies={"tier": 1, "model": model.pk})
    client.force_login(place.analyst)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    page = client.get(reverse("run", args=[place.run.pk]))
    assert page.context["model"] == "Score card: 6 months of history; learning needs 8."
    assert "6 months of history" in page.content.decode()


def test_stage_times_come_from_the_instants_a_run_entered_them():
    began = dt.datetime(2026, 11, 22, 2, 0, tzinfo=dt.UTC)
    entered = {"buckets": (began + dt.timedelta(seconds=4)).isoformat()}
    run = Run(started_at=began, summary={"entered": entered})
    assert [stage.seconds for stage in runs.stage_times(run)][:2] == [4, None]


def test_admin_starts_a_night(client, place, monkeypatch):
    monkeypatch.setattr(runs, "start_night", lambda **given: place.run)
    client.force_login(place.admin)
    response = client.post(reverse("run-start"), {"reason": "late bills"}, follow=True)
    assert str(place.run.pk) in str(next(iter(response.context["messages"])))


@pytest.mark.parametrize("error", [NothingToDo(customers=0, as_of="2026-11-22"), QueueUnavailable(problem="refused")])
def test_what_stands_in_the_way_is_said(client, place, monkeypatch, error):
    def refuse(**given):
        raise error

    monkeypatch.setattr(runs, "start_night", refuse)
    client.force_login(place.admin)
    response = client.post(reverse("run-start"), follow=True)
    assert [message.level_tag for message in response.context["messages"]] == ["error"]


def test_only_admins_start_and_only_by_post(client, place):
    client.force_login(place.analyst)
    assert client.post(reverse("run-start")).status_code == 403
    client.force_login(place.admin)
    assert client.get(reverse("run-start")).status_code == 405


def test_phone_managers_have_no_business_with_nights(client, place):
    client.force_login(place.manager)
    assert client.get(reverse("runs")).status_code == 403


def test_list_says_whether_the_packed_history_agrees(client, place):
    client.force_login(place.auditor)
    HistoryCheck.objects.create(checked_at=timezone.now(), months=24)
    assert "notice-error" not in client.get(reverse("runs")).content.decode()
    HistoryCheck.objects.create(checked_at=timezone.now(), months=24, differences=1, examples=["2026-10, bucket 0"])
    page = client.get(reverse("runs")).content.decode()
    assert "notice-error" in page
    assert "2026-10, bucket 0" in page
