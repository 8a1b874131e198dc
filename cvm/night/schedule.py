"""The clockwork: the night at two, the check of the packed history at four; every minute a look at a run that stands
still, and at promises gone astray.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models.signals import post_migrate

NIGHT = "cvm: night"
SWEEP = "cvm: sweep"
HISTORY = "cvm: history check"
PROMISES = "cvm: promises"
OVERDUE = "cvm: overdue tasks"
EXPORTS = "cvm: exports"
INBOX = "cvm: inbox"
IMPORTS = "cvm: imports"
EVENTS = "cvm: events"
INBOX_SECONDS = 15
EVENTS_SECONDS = 10


def connect() -> None:
    """Lay the schedule whenever the tables have been migrated."""
    post_migrate.connect(_after_migrate, dispatch_uid="cvm.night.schedule")


def ensure() -> None:
    """Register the schedules for beat, once; what an administrator changed since stays as it is."""
    from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

    for name, (task, hour) in {NIGHT: ("cvm.nightly.tonight", "2"), HISTORY: ("customers.check_history", "4")}.items():
        PeriodicTask.objects.get_or_create(name=name, defaults={"task": task, "crontab": _daily(CrontabSchedule, hour)})
    each_minute, _ = IntervalSchedule.objects.get_or_create(every=1, period=IntervalSchedule.MINUTES)
    often = {
        SWEEP: "cvm.nightly.sweep",
        PROMISES: "callcenter.hand_over_promises",
        OVERDUE: "callcenter.escalate_tasks",
        EXPORTS: "cvm.exports.sweep",
        IMPORTS: "cvm.imports.tasks.sweep",
    }
    for name, task in often.items():
        PeriodicTask.objects.get_or_create(
            name=name, defaults={"task": task, "interval": each_minute, "expire_seconds": 60}
        )
    _ensure_events(IntervalSchedule, PeriodicTask)
    looks, _ = IntervalSchedule.objects.get_or_create(every=INBOX_SECONDS, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.get_or_create(
        name=INBOX,
        defaults={"task": "cvm.imports.look_into_inbox", "interval": looks, "expire_seconds": INBOX_SECONDS},
    )


def _ensure_events(schedules: Any, tasks: Any) -> None:
    """Look every ten seconds for events no task came for; in their own queue, as nothing else is."""
    often, _ = schedules.objects.get_or_create(every=EVENTS_SECONDS, period=schedules.SECONDS)
    tasks.objects.get_or_create(
        name=EVENTS,
        defaults={
            "task": "cvm.events.tasks.sweep",
            "interval": often,
            "expire_seconds": EVENTS_SECONDS,
            "queue": "events",
        },
    )


def _daily(schedules: Any, hour: str) -> Any:
    schedule, _ = schedules.objects.get_or_create(
        minute="0", hour=hour, day_of_week="*", day_of_month="*", month_of_year="*", timezone=settings.TIME_ZONE
    )
    return schedule


def _after_migrate(app_config: Any, **_: Any) -> None:
    if app_config.name == "django_celery_beat":
        ensure()
