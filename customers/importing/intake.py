"""The life of a batch: taken in, mapped, checked, confirmed, committed or cancelled (undone: customers/importing/undo.py).

    UPLOADED ─check─▶ CHECKING ─▶ READY ─confirm─▶ QUEUED ─commit─▶ RUNNING ─▶ COMMITTED ─undo─▶ UNDONE
        └───────────────┴───────────┴─── cancel ─────┴───────────────┴─────▶ CANCELLED, or FAILED with its reason

Every step is one conditional update, so a click or a task that comes twice finds the batch moved on and does nothing.
`check` and `commit` are for workers; the others are for the edge, inside a request.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_noop as _

from customers import audit
from customers.importing import batches, running, spool
from customers.importing.errors import ImportRefused
from customers.importing.running import StopsHold
from customers.importing.spool import Spooled
from customers.importing.templates import template_for
from customers.models import ImportBatch, MappingTemplate, Staff
from cvm.lib.months import first_day

Status = ImportBatch.Status
Clock = Callable[[], dt.datetime]
MAPPABLE = (Status.UPLOADED, Status.READY, Status.FAILED)
WAITING = (Status.UPLOADED, Status.READY, Status.QUEUED)
AT_WORK = (Status.CHECKING, Status.RUNNING)
KEY_ONCE = "import_key_once_per_client"


class BatchMoved(ImportRefused):
    words = _("Import %(batch)s is “%(status)s” by now, so this cannot be done. Look at it again.")

    def __init__(self, batch: ImportBatch) -> None:
        batch.refresh_from_db(fields=["status"])
        super().__init__(batch=batch.pk, status=str(Status(batch.status).label))


class Submitted(NamedTuple):
    """The batch of a file; `already` when it was there before (same key, or the same bytes are stored already)."""

    batch: ImportBatch
    already: bool


def submit(
    spooled: Spooled,
    *,
    file_name: str,
    source: str,
    now: dt.datetime,
    by: Staff | None = None,
    kind: str = "",
    template: MappingTemplate | None = None,
    month: int | None = None,
    control: Mapping[str, Any] | None = None,
    idempotency_key: str = "",
    fixes: ImportBatch | None = None,
) -> Submitted:
    """Note a spooled file as uploaded; without a template the one its name fits is proposed, if any.

    `source` is an ImportBatch.Source, `month` an ordinal (cvm.lib.months), `control` what control.parse returned.
    A repeated idempotency key returns the first batch; bytes stored already for the same kind and month return the
    batch that stored them. In both cases the new copy is deleted and nothing is written.
    """
    template = template or _proposed(file_name, kind)
    kind = template.kind if template else kind
    found = _same_key(by, idempotency_key) or (batches.earlier(kind, spooled.sha256, month=month) if kind else None)
    if found is not None:
        spool.remove(spooled.name)
        return Submitted(found, already=True)
    try:
        with transaction.atomic():
            batch = ImportBatch.objects.create(
                kind=kind,
                template=template,
                source=source,
                file_name=file_name[-255:],
                spool_name=spooled.name,
                sha256=spooled.sha256,
                size_bytes=spooled.size,
                month=None if month is None else first_day(month),
                fixes=fixes,
                status=Status.UPLOADED,
                control=dict(control or {}),
                started_at=now,
                created_by=by,
                idempotency_key=idempotency_key,
            )
            audit.record("import.submit", actor=by, at=now, subject=batch, source=source, sha256=spooled.sha256)
    except IntegrityError as error:
        first = _same_key(by, idempotency_key)
        if first is None or KEY_ONCE not in str(error):
            raise
        spool.remove(spooled.name)
        return Submitted(first, already=True)
    return Submitted(batch, already=False)


def set_mapping(
    batch: ImportBatch, *, template: MappingTemplate, month: int | None, by: Staff | None, now: dt.datetime
) -> ImportBatch:
    """Say how a file is to be read (again); what an earlier check found is forgotten. Then it is to be checked.

    Raises BatchMoved when it is past mapping, SpoolMissing when its copy is gone.
    """
    spool.path_of(batch.spool_name)
    with transaction.atomic():
        moved = ImportBatch.objects.filter(pk=batch.pk, status__in=MAPPABLE).update(
            status=Status.UPLOADED,
            template=template,
            kind=template.kind,
            month=None if month is None else first_day(month),
            preview={},
            error="",
            error_code="",
            error_detail={},
            finished_at=None,
            is_cancel_asked=False,
            progress_permille=0,
            progress_at=None,
        )
        if not moved:
            raise BatchMoved(batch)
        audit.record("import.map", actor=by, at=now, subject=batch, template=template.pk)
    batch.refresh_from_db()
    return batch


def check(batch_id: int, *, clock: Clock) -> None:
    """Rehearse a mapped file: store it in a transaction that is rolled back, and keep what was found in `preview`.

    UPLOADED → CHECKING → READY, or FAILED with its reason, or CANCELLED. Anything but an uploaded and mapped batch
    is left alone. Raises AnotherImportRuns when it has to wait.
    """
    with batches.only_import():
        batches.settle_interrupted(now=clock())
        batch = _entered(batch_id, Q(status=Status.UPLOADED, template__isnull=False), to=Status.CHECKING, at=clock())
        if batch is not None:
            running.rehearse(batch, clock=clock)


def confirm(batch: ImportBatch, *, by: Staff | None, now: dt.datetime, override_reason: str = "") -> ImportBatch:
    """Let a checked batch be stored: READY → QUEUED.

    Raises StopsHold when the check found stops, unless all of them can be overridden and a reason is given (audited),
    and BatchMoved when it is not waiting for this word (a second click).
    """
    stops = batch.preview.get("stops", [])
    firm = [stop for stop in stops if not (override_reason and stop["can_override"])]
    if firm:
        raise StopsHold(stops=firm)
    overridden = [stop["code"] for stop in stops]
    with transaction.atomic():
        preview = batch.preview | ({"overridden": overridden, "override_reason": override_reason} if stops else {})
        moved = ImportBatch.objects.filter(pk=batch.pk, status=Status.READY).update(
            status=Status.QUEUED, preview=preview, progress_permille=0, progress_at=now, is_cancel_asked=False
        )
        if not moved:
            raise BatchMoved(batch)
        audit.record("import.confirm", actor=by, at=now, subject=batch, reason=override_reason, overridden=overridden)
    batch.refresh_from_db()
    return batch


def commit(batch_id: int, *, clock: Clock) -> None:
    """Store a confirmed batch in one transaction: QUEUED → RUNNING → COMMITTED, FAILED or CANCELLED.

    Anything but a queued batch is left alone. Raises AnotherImportRuns or NightRuns when it has to wait.
    """
    with batches.only_import(), batches.away_from_night():
        batches.settle_interrupted(now=clock())
        batch = _entered(batch_id, Q(status=Status.QUEUED), to=Status.RUNNING, at=clock())
        if batch is not None:
            running.store(batch, clock=clock)


def cancel(batch: ImportBatch, *, by: Staff | None, now: dt.datetime) -> ImportBatch:
    """Give up a batch: at once while it waits; while it is checked or stored the worker stops at its next step.

    Nothing of the file stays. Raises BatchMoved when it is too late.
    """
    with transaction.atomic():
        waiting = ImportBatch.objects.filter(pk=batch.pk, status__in=WAITING)
        stopped = waiting.update(status=Status.CANCELLED, finished_at=now)
        asked = stopped or ImportBatch.objects.filter(pk=batch.pk, status__in=AT_WORK).update(is_cancel_asked=True)
        if not asked:
            raise BatchMoved(batch)
        audit.record("import.cancel", actor=by, at=now, subject=batch)
    if stopped:
        spool.remove(batch.spool_name)
    batch.refresh_from_db()
    return batch


def is_in_line(batch_id: int) -> bool:
    """Return whether a batch is confirmed and waits, or a worker died while it stored it."""
    return ImportBatch.objects.filter(pk=batch_id, status__in=(Status.QUEUED, Status.RUNNING)).exists()


def first_in_line() -> int | None:
    """Return the confirmed batch that waits longest."""
    line = ImportBatch.objects.filter(status=Status.QUEUED).order_by("progress_at", "pk")
    return line.values_list("pk", flat=True).first()


def unattended() -> tuple[list[int], list[int]]:
    """Return the batches to be checked and to be committed, for a sweep after lost tasks: also those at work.

    A task for one that is really at work waits its turn and then finds nothing to do. An uploaded file whose mapping
    is still being drawn has never been sent (`progress_at`).
    """
    mapped = Q(status=Status.UPLOADED, template__isnull=False)
    mapped &= ~Q(source=ImportBatch.Source.UPLOAD) | Q(progress_at__isnull=False)
    checks = ImportBatch.objects.filter(mapped | Q(status=Status.CHECKING))
    commits = ImportBatch.objects.filter(status__in=(Status.QUEUED, Status.RUNNING))
    return list(checks.values_list("pk", flat=True)), list(commits.order_by("pk").values_list("pk", flat=True))


def _proposed(file_name: str, kind: str) -> MappingTemplate | None:
    try:
        return template_for(Path(file_name), kind=kind)
    except ImportRefused:
        return None


def _same_key(by: Staff | None, key: str) -> ImportBatch | None:
    return ImportBatch.objects.filter(created_by=by, idempotency_key=key).first() if key else None


def _entered(batch_id: int, condition: Q, *, to: str, at: dt.datetime) -> ImportBatch | None:
    moved = ImportBatch.objects.filter(condition, pk=batch_id).update(
        status=to, progress_permille=0, progress_at=at, is_cancel_asked=False
    )
    return ImportBatch.objects.select_related("template").get(pk=batch_id) if moved else None
