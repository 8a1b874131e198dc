"""What the workers do for needs, once a day after the night."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.conf import settings
from django.db.models.signals import post_migrate
from django.utils import timezone

SUGGEST = "cvm: suggested needs"


@shared_task(name="cvm.needs.tasks.suggest_needs")
def suggest_needs() -> dict[str, int]:
    """Suggest needs from the data of the published run; doing it twice changes nothing."""
    from customers.models import Run  # the schedule is laid before the models are ready
    from cvm.needs.suggesting import suggest  # NumPy and the frame: only where it runs

    run = Run.objects.published()
    return suggest(run=run, at=timezone.now()) if run else {}


def ensure_schedule() -> None:
    """Register the schedule for beat, once; what an administrator changed since stays as it is."""
    from django_celery_beat.models import CrontabSchedule, PeriodicTask

    at_five, _ = CrontabSchedule.objects.get_or_create(
        minute="0", hour="5", day_of_week="*", day_of_month="*", month_of_year="*", timezone=settings.TIME_ZONE
    )
    PeriodicTask.objects.get_or_create(name=SUGGEST, defaults={"task": suggest_needs.name, "crontab": at_five})


def connect() -> None:
    """Lay the schedule whenever the tables have been migrated."""
    post_migrate.connect(_after_migrate, dispatch_uid="cvm.needs.schedule")


def _after_migrate(app_config: Any, **_: Any) -> None:
    if app_config.name == "django_celery_beat":
        ensure_schedule()
