"""The life of an import batch: opened before the file is read, closed with its receipt, never left half way."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.db import connection
from django.utils.translation import gettext as _
from pyarrow import csv as arrow_csv

from customers.importing.errors import AnotherImportRuns, FileClosed, FileMissing
from customers.importing.rows import Account, Reject
from customers.models import ImportBatch, MappingTemplate, Staff

LOCK = 0x43_564D_02  # one import at a time: ids stay dense, and a batch still "running" is known to be dead
READ_BYTES = 1 << 20
LONGEST_ERROR = 2_000
Status = ImportBatch.Status


class BatchNotRunning(Exception):
    """The batch was closed by somebody else while its file was being stored."""


@contextlib.contextmanager
def only_import() -> Iterator[None]:
    """Hold the place of the one running import; raises AnotherImportRuns when it is taken."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%(key)s)", {"key": LOCK})
        if not cursor.fetchone()[0]:
            raise AnotherImportRuns
    try:
        yield
    finally:
        # After a lost connection the server has let go by itself.
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%(key)s)", {"key": LOCK})


def close_interrupted(*, now: dt.datetime) -> int:
    """Mark batches whose process died as failed; to be called while holding `only_import`."""
    return ImportBatch.objects.filter(status=Status.RUNNING).update(
        status=Status.FAILED,
        finished_at=now,
        error=_("The import was interrupted; nothing of the file was stored. Start it again."),
    )


def refuse_unreadable(path: Path) -> None:
    """Raise FileMissing or FileClosed when there is nothing to read."""
    # `Path.is_file` raises in a folder that may not be entered.
    if not os.path.isfile(path):
        raise FileMissing(path)
    if not os.access(path, os.R_OK):
        raise FileClosed(path)


def fingerprint(path: Path) -> str:
    """Return the sha256 of a file, read in pieces; empty when it cannot be read."""
    if not os.path.isfile(path) or not os.access(path, os.R_OK):
        return ""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(READ_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def earlier(kind: str, sha256: str) -> ImportBatch | None:
    """Return the batch that has already stored this very file as this kind."""
    return ImportBatch.objects.filter(kind=kind, sha256=sha256, status=Status.COMMITTED).first()


def open_batch(
    path: Path,
    *,
    kind: str,
    sha256: str,
    template: MappingTemplate | None,
    now: dt.datetime,
    by: Staff | None = None,
) -> ImportBatch:
    """Note that a file is being imported, in a transaction of its own."""
    return ImportBatch.objects.create(
        kind=kind,
        template=template,
        file_name=path.name[-255:],
        sha256=sha256,
        size_bytes=path.stat().st_size if os.path.isfile(path) else 0,
        started_at=now,
        created_by=by,
    )


def commit_batch(cursor: Any, batch: ImportBatch, account: Account, *, month: dt.date | None, now: dt.datetime) -> None:
    """Write the receipt and the rejected rows, in the transaction that stored the rows."""
    _write_rejects(cursor, batch.pk, account.rejects)
    closed = ImportBatch.objects.filter(pk=batch.pk, status=Status.RUNNING).update(
        status=Status.COMMITTED,
        month=month,
        encoding=batch.encoding,
        rows_read=account.read,
        rows_accepted=account.accepted,
        rows_rejected=len(account.rejects),
        rows_duplicate=account.duplicate,
        money_accepted_fen=account.money_accepted_fen,
        money_rejected_fen=account.money_rejected_fen,
        finished_at=now,
    )
    if closed != 1:
        raise BatchNotRunning(batch.pk)
    batch.refresh_from_db()


def fail_batch(batch: ImportBatch, error: object, *, now: dt.datetime) -> None:
    """Close a batch with the reason why nothing of its file was stored."""
    ImportBatch.objects.filter(pk=batch.pk, status=Status.RUNNING).update(
        status=Status.FAILED, finished_at=now, error=str(error)[:LONGEST_ERROR]
    )


def _write_rejects(cursor: Any, batch_id: int, rejects: list[Reject]) -> None:
    if not rejects:
        return
    table = pa.table(
        {
            "batch": pa.array([batch_id] * len(rejects), pa.int64()),
            "line": pa.array([reject.line for reject in rejects], pa.int32()),
            "column": pa.array([reject.column for reject in rejects], pa.string()),
            "value": pa.array([reject.value for reject in rejects], pa.string()),
            "reason": pa.array([reject.reason for reject in rejects], pa.string()),
        }
    )
    out = io.BytesIO()
    arrow_csv.write_csv(table, out, arrow_csv.WriteOptions(include_header=False))
    out.seek(0)
    cursor.copy_expert(
        'copy customers_importreject (batch_id, line, "column", value, reason) from stdin (format csv)', out
    )
