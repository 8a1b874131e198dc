"""When the night begins, and when the sweep steps in."""

import datetime as dt

import pytest
import time_machine
from django.apps import apps
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from customers.models import Run
from cvm import nightly
from cvm.celery import app
from cvm.night import errors, schedule, sending, watching


@pytest.mark.django_db
def test_schedule_is_laid_once_and_keeps_what_people_changed():
    schedule.ensure()
    PeriodicTask.objects.filter(name=schedule.NIGHT).update(enabled=False)

    schedule.ensure()

    night = PeriodicTask.objects.get(name=schedule.NIGHT)
    assert (night.enabled, night.crontab.hour, str(night.crontab.timezone)) == (False, "2", "Asia/Shanghai")
    assert PeriodicTask.objects.get(name=schedule.SWEEP).interval.every == 1


@pytest.mark.django_db
def test_migrating_lays_the_whole_schedule():
    assert type(apps.get_app_config("cvm")).__name__ == "CvmConfig"

    laid = set(PeriodicTask.objects.values_list("name", flat=True))

    assert {schedule.NIGHT, schedule.SWEEP, schedule.HISTORY, schedule.PROMISES, schedule.INBOX} <= laid
    assert "cvm: suggested needs" in laid


@pytest.mark.django_db
def test_every_scheduled_task_exists():
    app.loader.import_default_modules()
    scheduled = PeriodicTask.objects.filter(name__startswith="cvm: ").values_list("task", flat=True)

    assert set(scheduled) >= {
        "callcenter.escalate_tasks",
        "callcenter.hand_over_promises",
        "customers.check_history",
        "cvm.imports.look_into_inbox",
        "cvm.nightly.sweep",
        "cvm.nightly.tonight",
    }
    assert set(scheduled) <= app.tasks.keys()


@pytest.fixture
def sent(monkeypatch):
    found = []
    monkeypatch.setattr(sending, "send_step", found.append)
    return found


def standing_run(began):
    return Run.objects.create(as_of=dt.date(2026, 9, 1), month=dt.date(2026, 8, 1), stage="merge", started_at=began)


@pytest.mark.django_db
@pytest.mark.parametrize(("minutes", "is_start", "sends"), [(1, False, False), (3, False, True), (0, True, True)])
def test_sweep_steps_in_when_a_run_stands_still(sent, minutes, is_start, sends):
    now = timezone.now()
    run = standing_run(now - dt.timedelta(minutes=minutes))

    with time_machine.travel(now, tick=False):
        nightly.sweep(is_start=is_start)

    assert sent == ([run.pk] if sends else [])


@pytest.mark.django_db
def test_sweep_leaves_ended_runs_alone(sent):
    run = standing_run(timezone.now() - dt.timedelta(days=1))
    Run.objects.filter(pk=run.pk).update(status=Run.Status.FAILED)

    nightly.sweep()

    assert sent == []


@pytest.mark.django_db
def test_scheduled_night_without_customers_only_logs(caplog):
    nightly.tonight()

    assert "did not start" in caplog.text


@pytest.mark.django_db
def test_every_stage_has_a_name_and_every_error_a_sentence():
    assert {*nightly.STEPS, "buckets", "done"} == set(watching.STAGES)
    assert all(error.sentence for error in errors.NightError.known.values())
