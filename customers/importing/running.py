"""The work on one batch: read its copy, store it in one transaction, and keep that or take it back.

One transaction per file, also when the file holds several months: rows read = accepted + rejected + duplicates is then
true of what is stored, whatever happens (docs/decisions/0006-imports.md).
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils.translation import gettext_noop as _

from customers.importing import batches, checking, journal, spool
from customers.importing.errors import ImportRefused
from customers.importing.gathering import gather
from customers.importing.progress import Progress, expected_rows
from customers.importing.reading import Chunk, OpenFile, open_as
from customers.importing.rows import Account
from customers.importing.targets import Context, target_of
from customers.models import ImportBatch
from cvm.lib.months import first_day, label, month_of, parse_label

log = logging.getLogger(__name__)

Clock = Callable[[], dt.datetime]
Status = ImportBatch.Status


class AlreadyImported(ImportRefused):
    words = _("These very rows are stored already, by import %(batch)s. Nothing was changed.")


class StopsHold(ImportRefused):
    words = _("The check found what must not be stored: %(stops)s.")

    def __init__(self, *, stops: list[dict[str, Any]]) -> None:
        super().__init__(stops=stops)

    @classmethod
    def spoken(cls, value: Any) -> Any:
        """Return the stops as sentences."""
        return ", ".join(checking.spoken_stop(stop) if isinstance(stop, dict) else str(stop) for stop in value)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of the rows of a batch, and what is to be said about them."""

    account: Account
    preview: dict[str, Any]


def rehearse(batch: ImportBatch, *, clock: Clock) -> None:
    """Do everything, keep only the preview: CHECKING → READY, or FAILED or CANCELLED."""
    outcome = _closed_on_error(batch, clock=clock, keep=False)
    if outcome is None:
        return
    asked = ImportBatch.objects.filter(pk=batch.pk, status=Status.CHECKING, is_cancel_asked=True)
    if asked.update(status=Status.CANCELLED, finished_at=clock()):
        spool.remove(batch.spool_name)
        return
    ImportBatch.objects.filter(pk=batch.pk, status=Status.CHECKING).update(
        status=Status.READY, preview=outcome.preview, encoding=batch.encoding, error_code="", progress_permille=1000
    )


def store(batch: ImportBatch, *, clock: Clock) -> None:
    """Store a batch: RUNNING → COMMITTED, or FAILED or CANCELLED."""
    _closed_on_error(batch, clock=clock, keep=True)


def attempt(batch: ImportBatch, *, clock: Clock, keep: bool = True) -> Outcome:
    """Store a running batch, or (not `keep`) only try; whatever stops it closes the batch with its reason and is raised.

    Its copy in the spool is deleted when it was stored or cancelled.
    """
    try:
        outcome = _attempt(batch, clock=clock, keep=keep)
    except (OperationalError, InterfaceError) as error:
        # A worker tries again, and finds the batch as a died one would leave it (batches.settle_interrupted).
        with contextlib.suppress(OperationalError, InterfaceError):
            if batch.source == ImportBatch.Source.COMMAND:
                batches.fail_batch(batch, error, now=clock())
        raise
    except BaseException as error:
        batches.fail_batch(batch, error, now=clock())
        if isinstance(error, batches.Cancelled):
            spool.remove(batch.spool_name)
        raise
    if keep:
        spool.remove(batch.spool_name)
    return outcome


def _closed_on_error(batch: ImportBatch, *, clock: Clock, keep: bool) -> Outcome | None:
    """Return None when the batch was closed with its reason; a lost database is left to whoever tries again.

    The log gets the kind of an error only: a database writes customers' values into its messages.
    """
    try:
        return attempt(batch, clock=clock, keep=keep)
    except ImportRefused as error:
        log.info("import %s: %s", batch.pk, error.code)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.error("import %s: %s", batch.pk, type(error).__name__)
    return None


def _attempt(batch: ImportBatch, *, clock: Clock, keep: bool) -> Outcome:
    progress = Progress(batch.pk, clock=clock)
    try:
        with transaction.atomic():
            outcome = _stored(batch, progress, now=clock())
            if not keep:
                raise _Rehearsed(outcome)
            _close(batch, outcome, now=clock())
    except _Rehearsed as done:
        return done.outcome
    finally:
        progress.close()
    return outcome


class _Rehearsed(Exception):
    """Takes a rehearsal back, and hands over what it found."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


def _stored(batch: ImportBatch, progress: Progress, *, now: dt.datetime) -> Outcome:
    named = month_of(batch.month) if batch.month else None
    twin = batches.earlier(batch.kind, batch.sha256, month=named)
    if twin is not None:
        raise AlreadyImported(batch=twin.pk)
    target, template = target_of(batch.kind), batch.template
    spec = _with_month(template.spec if template else {}, named)
    sample: list[list[str]] = []
    file = _watched(batch, spec, progress, sample)
    account, zone = Account(), str(settings.TIME_ZONE)
    rows = gather(file, target.fields, spec, account, zone=zone, money=target.money)
    with connection.cursor() as cursor:
        journal.begin(cursor, batch_id=batch.pk)
        target.store(rows, account, Context(cursor, batch.pk, spec, zone, named, now, progress.storing))
        journal.end(cursor)
        preview = checking.preview_of(batch, target, account, cursor, headers=file.headers, sample=sample)
    return Outcome(account, preview)


def _close(batch: ImportBatch, outcome: Outcome, *, now: dt.datetime) -> None:
    """Write the receipt; raises StopsHold when something stands in the way that nobody has overridden."""
    said = batch.preview
    held = checking.still_held(
        outcome.preview, overridden=said.get("overridden", ()), reason=said.get("override_reason", "")
    )
    if held:
        raise StopsHold(stops=held)
    kept = {name: said[name] for name in ("overridden", "override_reason") if name in said}
    with connection.cursor() as cursor:
        batches.commit_batch(
            cursor,
            batch,
            outcome.account,
            month=_only_month(batch, outcome.preview),
            revision=checking.revision_of(outcome.preview),
            has_money=bool(target_of(batch.kind).money),
            # What people wrote into the file need not lie here for ever; rejected rows have their own table.
            preview=outcome.preview | {"rows": [], "rejects": []} | kept,
            now=now,
        )


def _watched(batch: ImportBatch, spec: Mapping[str, Any], progress: Progress, sample: list[list[str]]) -> OpenFile:
    path = spool.path_of(batch.spool_name)
    file = open_as(path, spec)
    batch.encoding = file.encoding
    expected = batch.preview.get("rows_read") or expected_rows(path)
    return dataclasses.replace(file, chunks=_sampled(progress.watch(file.chunks, expected=expected), sample))


def _sampled(chunks: Callable[..., Iterator[Chunk]], sample: list[list[str]]) -> Callable[..., Iterator[Chunk]]:
    """Return the same chunks; the first rows that pass are kept in `sample`."""

    def sampled(wanted: Sequence[int]) -> Iterator[Chunk]:
        for chunk in chunks(wanted):
            wanting = checking.ROWS_SHOWN - len(sample)
            if wanting > 0:
                heads = [column.slice(0, wanting).to_pylist() for column in chunk.columns]
                sample.extend(list(row) for row in zip(*heads, strict=True))
            yield chunk

    return sampled


def _with_month(spec: Mapping[str, Any], month: int | None) -> dict[str, Any]:
    return {**spec, **({"month": label(month)} if month is not None else {})}


def _only_month(batch: ImportBatch, preview: Mapping[str, Any]) -> dt.date | None:
    """Return the month the file is about, when it is one."""
    months = [one["month"] for one in preview["months"]]
    return first_day(parse_label(months[0])) if len(months) == 1 else (batch.month if not months else None)
