"""The clockwork: every night at two; every minute a look at a run that stands still, and at promises gone astray."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models.signals import post_migrate

NIGHT = "cvm: night"
SWEEP = "cvm: sweep"
PROMISES = "cvm: promises"


def connect() -> None:
    """Lay the schedule whenever the tables have been migrated."""
    post_migrate.connect(_after_migrate, dispatch_uid="cvm.night.schedule")


def ensure() -> None:
    """Register the schedules for beat, once; what an administrator changed since stays as it is."""
    from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

    at_two, _ = CrontabSchedule.objects.get_or_create(
        minute="0", hour="2", day_of_week="*", day_of_month="*", month_of_year="*", timezone=settings.TIME_ZONE
    )
    each_minute, _ = IntervalSchedule.objects.get_or_create(every=1, period=IntervalSchedule.MINUTES)
    PeriodicTask.objects.get_or_create(name=NIGHT, defaults={"task": "cvm.nightly.tonight", "crontab": at_two})
    for name, task in {SWEEP: "cvm.nightly.sweep", PROMISES: "callcenter.hand_over_promises"}.items():
        PeriodicTask.objects.get_or_create(
            name=name, defaults={"task": task, "interval": each_minute, "expire_seconds": 60}
        )


def _after_migrate(app_config: Any, **_: Any) -> None:
    if app_config.name == "django_celery_beat":
        ensure()
