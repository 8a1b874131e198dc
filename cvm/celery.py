"""The task queue: `celery -A cvm` finds the application here."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cvm.settings")

app = Celery("cvm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["cvm"], related_name="nightly")
app.autodiscover_tasks(["cvm.exports"])
app.autodiscover_tasks(["cvm.imports"])
app.autodiscover_tasks(["cvm.segments"])
app.autodiscover_tasks(["cvm.imports"], related_name="inbox_tasks")
