"""The rows of import batches: the turns they take, and how each is closed with its receipt or its reason."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import time
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext_noop as _
from pyarrow import csv as arrow_csv

from customers.importing.errors import AnotherImportRuns, ImportRefused, Interrupted
from customers.importing.rows import Account, Reject
from customers.models import ImportBatch, MappingTemplate, Run, Staff
from cvm.lib.months import first_day

LOCK = 0x43_564D_02  # one import at a time: ids stay dense, and a batch still "running" is known to be dead
NIGHT_LOCK = 0x43_564D_04  # held by an import that stores; a night passes it when it opens
POLL_SECONDS = 0.5
LONGEST_ERROR = 2_000
Status = ImportBatch.Status


class NightRuns(ImportRefused):
    words = _("A night is being computed. The import starts when it has ended.")


class Cancelled(ImportRefused):
    words = _("The import was cancelled; nothing of the file was stored.")


class Unexpected(ImportRefused):
    words = _(
        "Something nobody thought of went wrong (%(problem)s); nothing of the file was stored. Tell the operator."
    )


class BatchNotRunning(Exception):
    """The batch was closed by somebody else while its file was being stored."""


@contextlib.contextmanager
def only_import(*, patience_seconds: float = 0) -> Iterator[None]:
    """Hold the place of the one import at work; raises AnotherImportRuns when it stays taken."""
    with _held(LOCK, patience_seconds, AnotherImportRuns):
        yield


@contextlib.contextmanager
def away_from_night(*, patience_seconds: float = 0) -> Iterator[None]:
    """Keep nights from opening while something is stored; raises NightRuns while one is running.

    The buckets of a night read in transactions of their own: what changed between two of them would be half in.
    """
    deadline = time.monotonic() + patience_seconds
    while True:
        with _held(NIGHT_LOCK, patience_seconds, NightRuns):
            if not Run.objects.filter(status=Run.Status.RUNNING).exists():
                yield
                return
        if time.monotonic() >= deadline:
            raise NightRuns
        time.sleep(POLL_SECONDS)


def await_import() -> None:
    """Wait until no import is storing, for a night that opens; none begins before the transaction has ended."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock_shared(%(key)s)", {"key": NIGHT_LOCK})


def settle_interrupted(*, now: dt.datetime) -> None:
    """Deal with batches whose process died, of which nothing was stored; to be called while holding `only_import`.

    A file of a command is failed: whoever typed it sees it. Others go back to where they waited, once.
    """
    dead = ImportBatch.objects.filter(Q(status=Status.RUNNING) | Q(status=Status.CHECKING))
    dead.filter(is_cancel_asked=True).update(status=Status.CANCELLED, finished_at=now)
    again = dead.exclude(source=ImportBatch.Source.COMMAND).exclude(error_code=Interrupted.code)
    noted = {"error_code": Interrupted.code, "progress_permille": 0}
    again.filter(status=Status.RUNNING).update(status=Status.QUEUED, **noted)
    again.filter(status=Status.CHECKING).update(status=Status.UPLOADED, **noted)
    dead.update(status=Status.FAILED, finished_at=now, **_reason(Interrupted()))


def earlier(kind: str, sha256: str, *, month: int | None = None) -> ImportBatch | None:
    """Return the batch that has already stored this very file as this kind (and as this month, when one is named)."""
    stored = ImportBatch.objects.filter(kind=kind, sha256=sha256, status=Status.COMMITTED)
    return (stored if month is None else stored.filter(month=first_day(month))).first()


def open_batch(
    *,
    file_name: str,
    kind: str,
    template: MappingTemplate | None,
    now: dt.datetime,
    sha256: str = "",
    size_bytes: int = 0,
    spool_name: str = "",
    month: int | None = None,
    control: dict[str, Any] | None = None,
    by: Staff | None = None,
) -> ImportBatch:
    """Note that a file of a command is being imported, in a transaction of its own."""
    return ImportBatch.objects.create(
        kind=kind,
        template=template,
        file_name=file_name[-255:],
        spool_name=spool_name,
        sha256=sha256,
        size_bytes=size_bytes,
        month=None if month is None else first_day(month),
        control=control or {},
        started_at=now,
        created_by=by,
    )


def commit_batch(
    cursor: Any,
    batch: ImportBatch,
    account: Account,
    *,
    month: dt.date | None,
    revision: int,
    has_money: bool,
    preview: dict[str, Any],
    now: dt.datetime,
) -> None:
    """Write the receipt and the rejected rows, in the transaction that stored the rows; raises Cancelled when asked."""
    _write_rejects(cursor, batch.pk, account.rejects)
    closed = ImportBatch.objects.filter(pk=batch.pk, status=Status.RUNNING, is_cancel_asked=False).update(
        status=Status.COMMITTED,
        month=month,
        revision=revision,
        encoding=batch.encoding,
        rows_read=account.read,
        rows_accepted=account.accepted,
        rows_rejected=len(account.rejects),
        rows_duplicate=account.duplicate,
        rows_new=account.new,
        rows_changed=account.changed,
        rows_unchanged=account.unchanged,
        has_money=has_money,
        money_accepted_fen=account.money_accepted_fen,
        money_rejected_fen=account.money_rejected_fen,
        preview=preview,
        progress_permille=1000,
        finished_at=now,
        error_code="",
    )
    if closed != 1:
        raise _why_not_closed(batch)
    batch.refresh_from_db()


def fail_batch(batch: ImportBatch, error: BaseException, *, now: dt.datetime) -> None:
    """Close a batch at work with the reason why nothing of its file was stored, kept as code and values."""
    status = Status.CANCELLED if isinstance(error, Cancelled) else Status.FAILED
    reason = {} if isinstance(error, Cancelled) else _reason(error)
    at_work = ImportBatch.objects.filter(pk=batch.pk, status__in=(Status.RUNNING, Status.CHECKING))
    at_work.update(status=status, finished_at=now, **reason)


def _reason(error: BaseException) -> dict[str, Any]:
    refused = error if isinstance(error, ImportRefused) else Unexpected(problem=_first_line(error))
    return {"error": str(refused)[:LONGEST_ERROR], "error_code": refused.code, "error_detail": refused.detail()}


def _first_line(error: BaseException) -> str:
    """Return what an error says without the values a database adds below."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:200]


def _why_not_closed(batch: ImportBatch) -> Exception:
    asked = ImportBatch.objects.filter(pk=batch.pk, is_cancel_asked=True).exists()
    return Cancelled() if asked else BatchNotRunning(batch.pk)


@contextlib.contextmanager
def _held(key: int, patience_seconds: float, refusal: type[ImportRefused]) -> Iterator[None]:
    deadline = time.monotonic() + patience_seconds
    while not _try(key):
        if time.monotonic() >= deadline:
            raise refusal
        time.sleep(POLL_SECONDS)
    try:
        yield
    finally:
        # After a lost connection the server has let go by itself.
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%(key)s)", {"key": key})


def _try(key: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%(key)s)", {"key": key})
        return bool(cursor.fetchone()[0])


def _write_rejects(cursor: Any, batch_id: int, rejects: list[Reject]) -> None:
    if not rejects:
        return
    table = pa.table(
        {
            "batch": pa.array([batch_id] * len(rejects), pa.int64()),
            "sheet": pa.array([reject.sheet for reject in rejects], pa.string()),
            "line": pa.array([reject.line for reject in rejects], pa.int32()),
            "column": pa.array([reject.column for reject in rejects], pa.string()),
            "value": pa.array([reject.value for reject in rejects], pa.string()),
            "reason": pa.array([reject.reason for reject in rejects], pa.string()),
            "cells": pa.array([json.dumps(list(reject.cells), ensure_ascii=False) for reject in rejects], pa.string()),
        }
    )
    out = io.BytesIO()
    arrow_csv.write_csv(table, out, arrow_csv.WriteOptions(include_header=False))
    out.seek(0)
    cursor.copy_expert(
        'copy customers_importreject (batch_id, sheet, line, "column", value, reason, cells) from stdin'
        " (format csv, force_not_null (sheet, value))",
        out,
    )
