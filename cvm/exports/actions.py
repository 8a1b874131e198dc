"""The life of an export: requested, approved or refused, written, taken once or expired. Each step leaves its trace."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from customers import audit
from customers.models import Export, Run, Staff
from cvm.exports import quota

LIFE = dt.timedelta(hours=72)
Status = Export.Status


class OwnRequest(Exception):
    """Nobody decides about the own request."""


class NotWaiting(Exception):
    """Somebody has decided about this request already."""


class NotThere(Exception):
    """There is no file to take: not written yet, taken, expired or never made."""


@transaction.atomic
def request_export(
    *,
    by: Staff,
    run: Run,
    query: str,
    columns: list[str],
    file_format: str,
    language: str,
    purpose: str,
    rows: int,
    at: dt.datetime,
) -> Export:
    """Ask for the list of an address as a file; large ones wait for approval. Raises quota.TooManyFiles."""
    Staff.objects.select_for_update(no_key=True).get(pk=by.pk)  # two requests at the limit: one waits, then sees both
    quota.refuse_haste(by=by, at=at)
    export = Export.objects.create(
        requested_by=by,
        requested_at=at,
        purpose=purpose,
        run=run,
        query=query,
        columns=columns,
        format=file_format,
        language=language,
        status=Status.WAITING if quota.needs_approval(by=by, rows=rows, at=at) else Status.QUEUED,
        rows_expected=rows,
    )
    _note(export, "export.request", by=by, at=at, reason=purpose, filter=query, columns=columns, rows=rows)
    return export


def approve(export: Export, *, by: Staff, at: dt.datetime) -> None:
    """Let a large request be written. Raises OwnRequest, NotWaiting."""
    _decide(export, Status.QUEUED, "export.approve", by=by, at=at)


def refuse(export: Export, *, by: Staff, reason: str, at: dt.datetime) -> None:
    """Refuse a large request, with the reason its requester reads. Raises OwnRequest, NotWaiting."""
    _decide(export, Status.REFUSED, "export.refuse", by=by, at=at, reason=reason)


def begin(export: Export) -> bool:
    """Mark the file as being written; False when it is not to be written (any more).

    A running one may begin again: its worker was killed and the queue delivers the task a second time.
    """
    return _move(export, (Status.QUEUED, Status.RUNNING), status=Status.RUNNING)


@transaction.atomic
def complete(export: Export, *, file_name: str, rows: int, sha256: str, at: dt.datetime) -> bool:
    """Offer the written file to its requester; False when another worker was first."""
    done = {"file_name": file_name, "rows_written": rows, "sha256": sha256, "ready_at": at, "expires_at": at + LIFE}
    if not _move(export, (Status.RUNNING,), status=Status.READY, **done):
        return False
    _note(
        export,
        "export.complete",
        by=export.requested_by,
        at=at,
        filter=export.query,
        columns=export.columns,
        rows=rows,
        sha256=sha256,
    )
    return True


@transaction.atomic
def fail(export: Export, *, why: str, at: dt.datetime, rows: int | None = None) -> None:
    """Give a request up; `why` is one of cvm.exports.words.FAILURES."""
    if _move(export, (Status.QUEUED, Status.RUNNING), status=Status.FAILED, error=why, rows_written=rows):
        _note(export, "export.fail", by=export.requested_by, at=at, why=why, rows=rows)


@transaction.atomic
def take(export: Export, *, by: Staff, at: dt.datetime) -> None:
    """Hand the file out, once. Raises NotThere."""
    live = Export.objects.filter(pk=export.pk, requested_by=by, status=Status.READY, expires_at__gt=at)
    if live.update(status=Status.TAKEN, taken_at=at) != 1:
        raise NotThere
    _note(export, "export.download", by=by, at=at, sha256=export.sha256, rows=export.rows_written)


@transaction.atomic
def expire(export: Export, *, at: dt.datetime) -> bool:
    """End the life of a file nobody fetched; its trace stays."""
    if not _move(export, (Status.READY,), status=Status.EXPIRED):
        return False
    _note(export, "export.expire", by=None, at=at)
    return True


@transaction.atomic
def _decide(export: Export, status: str, action: str, *, by: Staff, at: dt.datetime, reason: str = "") -> None:
    if export.requested_by_id == by.pk:
        raise OwnRequest
    if not _move(export, (Status.WAITING,), status=status, approved_by=by, approved_at=at, error=reason):
        raise NotWaiting
    _note(export, action, by=by, at=at, reason=reason, rows=export.rows_expected)


def _move(export: Export, expected: tuple[str, ...], **changes: Any) -> bool:
    return Export.objects.filter(pk=export.pk, status__in=expected).update(**changes) == 1


def _note(export: Export, action: str, *, by: Staff | None, at: dt.datetime, reason: str = "", **detail: Any) -> None:
    audit.record(action, actor=by, at=at, subject=export, reason=reason, **detail)
