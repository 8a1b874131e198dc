"""The task queue: `celery -A cvm` finds the application here."""

import os

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cvm.settings")

app = Celery("cvm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["cvm"], related_name="nightly")
app.autodiscover_tasks(["cvm.events"])
app.autodiscover_tasks(["cvm.backtests"])
app.autodiscover_tasks(["cvm.exports"])
app.autodiscover_tasks(["cvm.imports"])
app.autodiscover_tasks(["cvm.segments"])
app.autodiscover_tasks(["cvm.tiers"])
app.autodiscover_tasks(["cvm.imports"], related_name="inbox_tasks")


@worker_init.connect
def _import_what_is_heavy(**_: object) -> None:
    """Import what learning, scoring and the calendar need before the pool forks: the children share it.

    Without it the first event after a start would wait until all countries' calendars are read.
    """
    import holidays.countries  # noqa: F401

    import retention.learners  # noqa: F401
