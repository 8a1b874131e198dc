"""Exports in the background: write a file, clear away what is over, send again what the queue lost."""

from __future__ import annotations

import datetime as dt
import logging
from functools import partial

from celery import shared_task
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from customers.access import can
from customers.models import Export
from cvm.celery import app
from cvm.exports import actions, files, words
from cvm.exports.rows import ListChanged, columns_of, value_rows
from cvm.exports.writing import Sheet, sha256_of, write
from cvm.night import partition

log = logging.getLogger(__name__)

WRITE = "cvm.exports.write"
STANDS_STILL = dt.timedelta(minutes=1)
STRAY_AFTER = dt.timedelta(hours=1)  # longer than any file takes to write


def send_after_commit(export: Export) -> None:
    """Have a worker write the file once the request is durable; `sweep` sends again what the queue loses."""
    transaction.on_commit(partial(_send, export.pk))


@shared_task(name=WRITE, autoretry_for=(OperationalError, InterfaceError), retry_backoff=1, max_retries=3)
def write_export(export_id: int) -> None:
    """Write one file; whatever goes wrong is told on the page, and no part of a file stays."""
    export = Export.objects.select_related("requested_by__branch", "run").get(pk=export_id)
    if not actions.begin(export):
        return
    name = files.new_name()
    try:
        with translation.override(export.language):
            _write(export, name=name)
    except (OperationalError, InterfaceError):
        files.remove(name)
        raise
    except Exception:  # the request must not stay "being written" for a reason nobody thought of
        log.exception("export %s could not be written", export.pk)
        files.remove(name)
        actions.fail(export, why=words.NOT_WRITTEN, at=timezone.now())


@shared_task(name="cvm.exports.sweep")
def sweep() -> None:
    """Delete files whose life is over, and send again requests that stand still."""
    now = timezone.now()
    over = Export.objects.filter(status=Export.Status.READY, expires_at__lte=now)
    for export in over:
        if actions.expire(export, at=now):
            files.remove(export.file_name)
    ready = Export.objects.filter(status=Export.Status.READY).values_list("file_name", flat=True)
    for name in files.strays(before=now - STRAY_AFTER, known=set(ready)):
        files.remove(name)
    for export_id in _standing_still(now):
        _send(export_id)


def _standing_still(now: dt.datetime) -> list[int]:
    asked = Export.objects.filter(status=Export.Status.QUEUED, requested_at__lt=now - STANDS_STILL)
    return [export.pk for export in asked if export.approved_at is None or export.approved_at < now - STANDS_STILL]


def _write(export: Export, *, name: str) -> None:
    problem = _obstacle(export)
    if problem:
        actions.fail(export, why=problem, at=timezone.now())
        return
    heads = [_("Number"), *(str(column.label) for column in columns_of(export))]
    sheet = Sheet(export.pk, words.watermark(export), heads, words.row_count)
    path = files.path_of(name)
    try:
        with transaction.atomic():
            rows = write(path, value_rows(export, key=name), sheet=sheet, file_format=export.format)
    except ListChanged:
        rows = -1
    if rows != export.rows_expected:
        files.remove(name)
        actions.fail(export, why=words.LIST_CHANGED, at=timezone.now(), rows=max(rows, 0))
    elif not actions.complete(export, file_name=name, rows=rows, sha256=sha256_of(path), at=timezone.now()):
        files.remove(name)


def _obstacle(export: Export) -> str:
    """Return why the file must not be written; rights and night may have gone since the request."""
    if not (export.requested_by.is_active and can(export.requested_by, "exports.create")):
        return words.RIGHT_GONE
    if len(columns_of(export)) != len(export.columns):
        return words.RIGHT_GONE
    return "" if export.run_id in partition.tables() else words.RUN_GONE


def _send(export_id: int) -> None:
    try:
        app.send_task(WRITE, [export_id], retry=False)
    except (KombuError, RedisError, OSError) as error:
        log.warning("export %s waits for the sweep: %s", export_id, type(error).__name__)
