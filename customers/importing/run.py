"""Import one file from beginning to end: what the command and the demo call. Pages and doors: intake.py."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from customers import audit
from customers.importing import batches, running, spool
from customers.importing.errors import ImportRefused
from customers.importing.rows import Account
from customers.importing.spool import Spooled
from customers.importing.templates import template_for
from customers.models import ImportBatch, MappingTemplate, Staff


@dataclass(frozen=True)
class Result:
    """What became of a file: its batch (None after a rehearsal), its account, what was found (see checking.py)."""

    path: Path
    kind: str
    batch: ImportBatch | None
    account: Account
    already: bool = False
    preview: Mapping[str, Any] = field(default_factory=dict)


def import_file(
    path: Path,
    *,
    now: dt.datetime,
    kind: str = "",
    template: str = "",
    month: int | None = None,
    control: Mapping[str, Any] | None = None,
    rehearse: bool = False,
    override_reason: str = "",
    by: Staff | None = None,
    patience_seconds: float = 0,
) -> Result:
    """Store a file completely or not at all, and return its receipt.

    A file already stored is recognised and changes nothing. A rehearsal reads, checks and stores the file, then
    takes everything back; what would have stopped it stands in `preview`. Raises ImportRefused, with the batch marked
    failed, when the file cannot be taken or a stop holds that `override_reason` does not lift. Another import or a
    night at work is waited for, at most `patience_seconds`.
    """
    with (
        batches.only_import(patience_seconds=patience_seconds),
        batches.away_from_night(patience_seconds=patience_seconds),
    ):
        batches.settle_interrupted(now=now)
        spooled, chosen = _taken(path, kind=kind, template=template, now=now, by=by)
        done = batches.earlier(chosen.kind, spooled.sha256, month=month)
        if done is not None:
            spool.remove(spooled.name)
            return Result(path, chosen.kind, done, Account(), already=True)
        batch = _opened(path, spooled, chosen, now=now, month=month, control=control, by=by)
        batch.preview = {"override_reason": override_reason} if override_reason else {}
        return _stored(path, batch, now=now, rehearse=rehearse)


def _stored(path: Path, batch: ImportBatch, *, now: dt.datetime, rehearse: bool) -> Result:
    try:
        outcome = running.attempt(batch, clock=lambda: now, keep=not rehearse)
    finally:
        spool.remove(batch.spool_name)
    if rehearse:
        ImportBatch.objects.filter(pk=batch.pk).delete()
        return Result(path, batch.kind, None, outcome.account, preview=outcome.preview)
    overridden = [stop["code"] for stop in outcome.preview["stops"]]
    if overridden:
        reason = batch.preview["override_reason"]
        audit.record("import.confirm", actor=batch.created_by, at=now, subject=batch, reason=reason, stops=overridden)
    return Result(path, batch.kind, batch, outcome.account, preview=outcome.preview)


def _taken(
    path: Path, *, kind: str, template: str, now: dt.datetime, by: Staff | None
) -> tuple[Spooled, MappingTemplate]:
    """Return the copy and the template; a file that nobody can read or place is noted all the same."""
    spooled = Spooled("", "", 0)
    try:
        spooled = spool.take(path, name=path.name)
        return spooled, template_for(path, kind=kind, name=template)
    except ImportRefused as error:
        batch = batches.open_batch(
            file_name=path.name,
            kind=kind,
            template=None,
            now=now,
            sha256=spooled.sha256,
            size_bytes=spooled.size,
            by=by,
        )
        batches.fail_batch(batch, error, now=now)
        spool.remove(spooled.name)
        raise


def _opened(
    path: Path,
    spooled: Spooled,
    template: MappingTemplate,
    *,
    now: dt.datetime,
    month: int | None,
    control: Mapping[str, Any] | None,
    by: Staff | None,
) -> ImportBatch:
    return batches.open_batch(
        file_name=path.name,
        kind=template.kind,
        template=template,
        now=now,
        sha256=spooled.sha256,
        size_bytes=spooled.size,
        spool_name=spooled.name,
        month=month,
        control=dict(control or {}),
        by=by,
    )
