"""What the workers do for drafts: have the frames of ladder and stages ready before anybody asks, once a night is published."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.conf import settings
from django.db.models.signals import post_migrate

KEEP = "cvm: frame of the ladder"
EVERY_MINUTES = 2


@shared_task(name="cvm.tiers.tasks.keep_ladder")
def keep_ladder() -> int:
    """Make the files of the published run's frames where they are missing; returns how many customers the ladder's holds."""
    from customers.models import Run  # the schedule is laid before the models are ready
    from lifecycle.stage_frame import stage_frames
    from segmentation.ladder_frame import ladder_frame

    run = Run.objects.published()
    if run is None or settings.LADDER_DIR is None:
        return 0
    next(stage_frames(run), None)
    return len(ladder_frame(run.pk))


def ensure_schedule() -> None:
    """Register the schedule for beat, once; what an administrator changed since stays as it is."""
    from django_celery_beat.models import IntervalSchedule, PeriodicTask

    often, _ = IntervalSchedule.objects.get_or_create(every=EVERY_MINUTES, period=IntervalSchedule.MINUTES)
    PeriodicTask.objects.get_or_create(name=KEEP, defaults={"task": keep_ladder.name, "interval": often})


def connect() -> None:
    """Lay the schedule whenever the tables have been migrated."""
    post_migrate.connect(_after_migrate, dispatch_uid="cvm.tiers.schedule")


def _after_migrate(app_config: Any, **_: Any) -> None:
    if app_config.name == "django_celery_beat":
        ensure_schedule()
