"""Import one file from beginning to end: the story every caller (command, page, demo) tells."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from customers.importing import batches
from customers.importing.errors import ImportRefused
from customers.importing.gathering import gather
from customers.importing.reading import open_file
from customers.importing.rows import Account
from customers.importing.targets import Context, target_of
from customers.importing.templates import template_for
from customers.models import ImportBatch, MappingTemplate, Staff
from cvm.lib.months import first_day, label


@dataclass(frozen=True)
class Result:
    """What became of a file: its batch (None after a rehearsal) and its account."""

    path: Path
    kind: str
    batch: ImportBatch | None
    account: Account
    already: bool = False


class _Rehearsed(Exception):
    """Rolls back a rehearsal."""


def import_file(
    path: Path,
    *,
    now: dt.datetime,
    kind: str = "",
    template: str = "",
    month: int | None = None,
    rehearse: bool = False,
    by: Staff | None = None,
) -> Result:
    """Store a file completely or not at all, and return its receipt.

    A file already stored is recognised and changes nothing. A rehearsal reads, checks and stores the file, then
    takes everything back. Raises ImportRefused (with the batch marked failed) when the file cannot be taken.
    """
    with batches.only_import():
        batches.close_interrupted(now=now)
        sha256 = batches.fingerprint(path)
        opened = functools.partial(batches.open_batch, path, sha256=sha256, now=now, by=by)
        try:
            batches.refuse_unreadable(path)
            chosen = template_for(path, kind=kind, name=template)
        except ImportRefused as error:  # a file nobody can place is noted all the same
            batches.fail_batch(opened(kind=kind, template=None), error, now=now)
            raise
        done = batches.earlier(chosen.kind, sha256)
        if done is not None:
            return Result(path, chosen.kind, done, Account(), already=True)
        batch = opened(kind=chosen.kind, template=chosen)
        return _store(path, chosen, batch, month=month, now=now, rehearse=rehearse)


def _store(
    path: Path, template: MappingTemplate, batch: ImportBatch, *, month: int | None, now: dt.datetime, rehearse: bool
) -> Result:
    account = Account()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            _store_rows(path, template, batch, account, cursor, month, now)
            if rehearse:
                raise _Rehearsed
    except _Rehearsed:
        ImportBatch.objects.filter(pk=batch.pk).delete()
        return Result(path, template.kind, None, account)
    except (ImportRefused, DatabaseError) as error:
        batches.fail_batch(batch, error, now=now)
        raise
    except BaseException as error:
        batches.fail_batch(batch, repr(error), now=now)
        raise
    return Result(path, template.kind, batch, account)


def _store_rows(
    path: Path,
    template: MappingTemplate,
    batch: ImportBatch,
    account: Account,
    cursor: Any,
    month: int | None,
    now: dt.datetime,
) -> None:
    target = target_of(template.kind)
    spec = _with_month(template.spec, month)
    file = open_file(path, has_header=spec.get("header", True))
    batch.encoding = file.encoding
    zone = str(settings.TIME_ZONE)
    rows = gather(file, target.fields, spec, account, zone=zone, money=target.money)
    only_month = _only_month(rows.values.get("month") if target.kind == "bills" else None, month)
    context = Context(cursor, batch.pk, spec, zone, month, now)
    target.store(rows, account, context)
    batches.commit_batch(cursor, batch, account, month=only_month, now=now)


def _with_month(spec: Mapping[str, Any], month: int | None) -> dict[str, Any]:
    return {**spec, **({"month": label(month)} if month is not None else {})}


def _only_month(months: Any, named: int | None) -> dt.date | None:
    """Return the month the file is about, when it is one."""
    found = np.unique(months[months > 0]).tolist() if months is not None else []
    if len(found) == 1:
        return first_day(found[0])
    return first_day(named) if named is not None and not found else None
