"""Take a committed import back, until a published night stands on it: every row as it was, nothing of the file left."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_noop as _
from psycopg2 import sql

from customers import audit, blocks
from customers.importing import batches
from customers.importing.errors import ImportRefused
from customers.importing.journal import BILLS, EVERY_ID
from customers.models import FieldCheck, ImportBatch, Run, Staff

Status = ImportBatch.Status
CUSTOMERS = "customers_customer"


class NotUndoable(ImportRefused):
    words = _("Import %(batch)s is not stored (any more), so there is nothing to undo.")


class NotNoted(ImportRefused):
    words = _("Import %(batch)s was stored before changes were noted. Send a corrected file instead.")


class NightPublished(ImportRefused):
    words = _("Night %(run)s has been published since and stands on this import. Send a corrected file instead.")


class LaterImport(ImportRefused):
    words = _("Import %(batch)s (%(file)s) came later and touches the same records. Undo that one first.")


class RecordsInUse(ImportRefused):
    words = _("Records made since then refer to what this import brought: %(what)s. Send a corrected file instead.")


class CorrectedSince(ImportRefused):
    words = _("%(count)s fields of these customers were corrected by hand since then. Send a corrected file instead.")


def refusal(batch: ImportBatch) -> str | None:
    """Return why a batch cannot be undone, in the reader's language; None when it can."""
    error = _why_not(batch)
    return None if error is None else str(error)


def undo(batch: ImportBatch, *, by: Staff | None, now: dt.datetime) -> ImportBatch:
    """Put every row back as it was before the batch, in one transaction; the same file may then be imported again.

    Raises the named refusals above, AnotherImportRuns or NightRuns.
    """
    with batches.only_import(), batches.away_from_night(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local statement_timeout = 0")
        locked = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
        error = _why_not(locked)
        if error is not None:
            raise error
        _take_back(cursor, batch.pk)
        cursor.execute("delete from customers_importchange where batch_id = %(batch)s", {"batch": batch.pk})
        locked.status, locked.undone_at, locked.undone_by = Status.UNDONE, now, by
        locked.save(update_fields=["status", "undone_at", "undone_by"])
        audit.record("import.undo", actor=by, at=now, subject=locked, rows=locked.rows_accepted)
    return locked


# --- may it be?


def _why_not(batch: ImportBatch) -> ImportRefused | None:
    if batch.status != Status.COMMITTED:
        return NotUndoable(batch=batch.pk)
    if batch.rows_new is None:
        return NotNoted(batch=batch.pk)
    run = Run.objects.filter(status=Run.Status.PUBLISHED, finished_at__gt=batch.finished_at).order_by("-pk").first()
    if run is not None:
        return NightPublished(run=run.pk)
    if Run.objects.filter(status=Run.Status.RUNNING).exists():
        return batches.NightRuns()
    with connection.cursor() as cursor:
        return _later_import(cursor, batch) or _in_use(cursor, batch) or _corrected(cursor, batch)


def _later_import(cursor: Any, batch: ImportBatch) -> ImportRefused | None:
    cursor.execute(_LATER, {"batch": batch.pk})
    row = cursor.fetchone()
    return _later(row[0]) if row else None


def _later(batch_id: int) -> LaterImport:
    name = ImportBatch.objects.values_list("file_name", flat=True).filter(pk=batch_id).first()
    return LaterImport(batch=batch_id, file=name or "?")


def _in_use(cursor: Any, batch: ImportBatch) -> ImportRefused | None:
    """Look through everything that refers to a table in which the batch made rows."""
    cursor.execute(_REFERRING, {"batch": batch.pk})
    for made, referring, column in cursor.fetchall():
        cursor.execute(_referred(made, referring, column), {"batch": batch.pk, "table": referring, "column": column})
        row = cursor.fetchone()
        if row is not None:
            return _who_refers(cursor, referring, row[0], batch)
    cursor.execute(_BILLS_OF_NEW, {"batch": batch.pk, "customers": CUSTOMERS})
    row = cursor.fetchone()
    return _later(row[0]) if row else None


def _who_refers(cursor: Any, table: str, row_id: int, batch: ImportBatch) -> ImportRefused:
    cursor.execute(_NOTED_BY, {"table": table, "row": row_id, "batch": batch.pk})
    row = cursor.fetchone()
    return _later(row[0]) if row else RecordsInUse(what=_name_of(table))


def _corrected(cursor: Any, batch: ImportBatch) -> ImportRefused | None:
    changed = batch.changes.filter(table=CUSTOMERS, before__isnull=False).values("row_id")
    count = FieldCheck.objects.filter(
        is_correction=True, checked_at__gt=batch.finished_at, customer_id__in=changed
    ).count()
    return CorrectedSince(count=count) if count else None


def _name_of(table: str) -> str:
    model = next((one for one in apps.get_models() if one._meta.db_table == table), None)
    return str(model._meta.verbose_name_plural) if model else table


def _referred(made: str, referring: str, column: str) -> sql.Composable:
    """Return the query for a row that refers to one the batch made and that would not go or change back with it."""
    return sql.SQL(
        "select referring.id from customers_importchange as made"
        " join {referring} as referring on referring.{column} between made.row_id and made.last_id"
        ' where made.batch_id = %(batch)s and made."table" = {made} and made.before is null'
        " and not exists (select 1 from customers_importchange as mine where mine.batch_id = %(batch)s"
        ' and mine."table" = %(table)s and referring.id between mine.row_id and mine.last_id'
        " and (mine.before is null or mine.before ? %(column)s)) limit 1"
    ).format(referring=sql.Identifier(referring), column=sql.Identifier(column), made=sql.Literal(made))


# Single rows meet by their number; ranges, of which there are few, by their ends.
_LATER = """
with mine as (select * from customers_importchange where batch_id = %(batch)s),
later as (select * from customers_importchange where id > (select max(id) from mine) and batch_id <> %(batch)s)
select batch_id from (
    select later.batch_id from mine join later using ("table", row_id)
    where later.month is not distinct from mine.month
    union
    select later.batch_id from mine join later using ("table")
    where mine.last_id > mine.row_id and later.month is not distinct from mine.month
      and later.row_id <= mine.last_id and later.last_id >= mine.row_id
    union
    select later.batch_id from later join mine using ("table")
    where later.last_id > later.row_id and later.month is not distinct from mine.month
      and mine.row_id between later.row_id and later.last_id
) as touched
order by batch_id desc limit 1
"""
_REFERRING = """
select distinct made."table", referring.relname::text, attribute.attname::text
from customers_importchange as made
join pg_constraint as constraint_ on constraint_.confrelid = made."table"::regclass and constraint_.contype = 'f'
join pg_class as referring on referring.oid = constraint_.conrelid and not referring.relispartition
join pg_attribute as attribute
  on attribute.attrelid = constraint_.conrelid and attribute.attnum = constraint_.conkey[1]
join pg_attribute as key on key.attrelid = constraint_.conrelid and key.attname = 'id'
where made.batch_id = %(batch)s and made.before is null and made.month is null
order by 1, 2, 3
"""
_BILLS_OF_NEW = """
select bill.batch_id
from customers_importchange as made
join customers_monthlybill as bill on bill.customer_id between made.row_id and made.last_id
where made.batch_id = %(batch)s and made."table" = %(customers)s and made.before is null
limit 1
"""
_NOTED_BY = """
select batch_id from customers_importchange
where "table" = %(table)s and %(row)s between row_id and last_id and batch_id <> %(batch)s
order by id desc limit 1
"""


# --- do it


def _take_back(cursor: Any, batch_id: int) -> None:
    """Undo statement by statement, the last one first; then make the packed history of the touched months again."""
    buckets = _touched_buckets(cursor, batch_id)
    cursor.execute(_STEPS, {"batch": batch_id})
    try:
        for step, table, is_made, is_deleted in cursor.fetchall():
            statement = _made_back(table) if is_made else _deleted_back(table) if is_deleted else None
            statement = statement or _changed_back(table, _columns(cursor, batch_id, step))
            cursor.execute(statement, {"batch": batch_id, "step": step})
        cursor.execute("set constraints all immediate")
    except IntegrityError as error:
        raise RecordsInUse(what=_name_of(getattr(error.__cause__.diag, "table_name", "") or "?")) from error
    for month, numbers in buckets.items():
        blocks.rebuild(cursor, month=month, buckets=sorted(numbers))


def _touched_buckets(cursor: Any, batch_id: int) -> dict[dt.date, set[int]]:
    cursor.execute(_BUCKETS, {"batch": batch_id, "bills": BILLS, "size": settings.CVM_BUCKET_SIZE, "every": EVERY_ID})
    found: dict[dt.date, set[int]] = {}
    for month, first, last in cursor.fetchall():
        whole = blocks.buckets_of(cursor, month=month) if last is None else range(first, last + 1)
        found.setdefault(month, set()).update(whole)
    return found


def _columns(cursor: Any, batch_id: int, step: int) -> list[str]:
    cursor.execute(
        "select distinct jsonb_object_keys(before) from customers_importchange"
        " where batch_id = %(batch)s and step = %(step)s order by 1",
        {"batch": batch_id, "step": step},
    )
    return [name for (name,) in cursor.fetchall()]


def _made_back(table: str) -> sql.Composable:
    rows = _ROWS_OF_BILLS if table == BILLS else _ROWS
    return _statement("delete from {table} as stored using customers_importchange as change where {rows}", table, rows)


def _changed_back(table: str, columns: list[str]) -> sql.Composable:
    return _statement(
        "update {table} as stored set ({names}) ="
        " (select {names} from jsonb_populate_record(stored, change.before))"
        " from customers_importchange as change where {rows}",
        table,
        _ROW_OF_BILLS if table == BILLS else _ROW,
        names=sql.SQL(", ").join(map(sql.Identifier, columns)),
    )


def _deleted_back(table: str) -> sql.Composable:
    return _statement(
        "insert into {table} select stored.* from customers_importchange as change,"
        " jsonb_populate_record(null::{table}, change.before) as stored where {rows}",
        table,
        sql.SQL("true"),
    )


def _statement(text: str, table: str, rows: sql.Composable, **parts: sql.Composable) -> sql.Composable:
    of_step = sql.SQL("({} and change.batch_id = %(batch)s and change.step = %(step)s)").format(rows)
    return sql.SQL(text).format(table=sql.Identifier(table), rows=of_step, **parts)


_ROW = sql.SQL("stored.id = change.row_id")
_ROWS = sql.SQL("stored.id between change.row_id and change.last_id")
_ROW_OF_BILLS = sql.SQL("stored.month = change.month and stored.customer_id = change.row_id")
_ROWS_OF_BILLS = sql.SQL(
    "stored.month = change.month and stored.customer_id between change.row_id and change.last_id"
    " and stored.batch_id = change.batch_id"
)
_STEPS = """
select step, "table", bool_and(before is null), coalesce(bool_and(before ? 'id'), false)
from customers_importchange
where batch_id = %(batch)s
group by step, "table"
order by step desc
"""
_BUCKETS = """
select month, (row_id - 1) / %(size)s, case when last_id < %(every)s then (last_id - 1) / %(size)s end
from customers_importchange
where batch_id = %(batch)s and "table" = %(bills)s
group by 1, 2, 3
"""
