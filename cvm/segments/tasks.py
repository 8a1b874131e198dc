"""What the workers do for segments: count every one of them as soon as a night is published."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.db.models.signals import post_migrate

COUNT = "cvm: members of segments"
EVERY_MINUTES = 2


@shared_task(name="cvm.segments.tasks.count_segments")
def count_segments() -> int:
    """Write the members of every segment the published run was not counted for; doing it twice changes nothing."""
    from customers.models import Run  # the schedule is laid before the models are ready
    from cvm.segments.members import refresh

    run = Run.objects.published()
    return refresh(run) if run else 0


def ensure_schedule() -> None:
    """Register the schedule for beat, once; what an administrator changed since stays as it is."""
    from django_celery_beat.models import IntervalSchedule, PeriodicTask

    often, _ = IntervalSchedule.objects.get_or_create(every=EVERY_MINUTES, period=IntervalSchedule.MINUTES)
    PeriodicTask.objects.get_or_create(name=COUNT, defaults={"task": count_segments.name, "interval": often})


def connect() -> None:
    """Lay the schedule whenever the tables have been migrated."""
    post_migrate.connect(_after_migrate, dispatch_uid="cvm.segments.schedule")


def _after_migrate(app_config: Any, **_: Any) -> None:
    if app_config.name == "django_celery_beat":
        ensure_schedule()
