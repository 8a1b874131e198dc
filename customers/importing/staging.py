"""Bulk upsert: rows go into a temporary table as they are, then over in one statement that changes only what differs."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from psycopg2 import sql
from pyarrow import csv as arrow_csv

from customers.importing.rows import NONE, Rows

INCOMING = "incoming"
WRITE_ROWS = 65_536
Columns = dict[str, str]  # column of the table: type of its cells (see CELLS)

CELLS: dict[str, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamptz": pa.timestamp("us", tz="UTC"),
}


class Merged(NamedTuple):
    """How many rows of a merge were new, and how many changed what was stored."""

    new: int
    changed: int


def stage(cursor: Any, table: str, rows: Rows, columns: Columns) -> None:
    """Copy the rows into the temporary table `incoming`, made with the columns and types of `table` and the line."""
    cursor.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(INCOMING)))
    cursor.execute(
        sql.SQL("create temporary table {} on commit drop as select {}, 0 as line from {} with no data").format(
            sql.Identifier(INCOMING), _names(columns), sql.Identifier(table)
        )
    )
    command = sql.SQL("copy {} ({}, line) from stdin (format csv)").format(sql.Identifier(INCOMING), _names(columns))
    for start in range(0, len(rows), WRITE_ROWS):
        part = rows.take(np.arange(start, min(start + WRITE_ROWS, len(rows))))
        cursor.copy_expert(command.as_string(cursor.connection), _as_csv(part, columns))


def merge(
    cursor: Any,
    table: str,
    columns: Columns,
    *,
    key: Sequence[str],
    present: frozenset[str],
    where: sql.SQL | None = None,
) -> Merged:
    """Bring `incoming` into `table`, which is not partitioned; return how many rows were new and how many changed.

    Rows whose key exists are changed only in the columns the file has, and only when something differs. `where`
    repeats the condition of a partial unique index.
    """
    changing = [name for name in columns if name in present and name not in key]
    statement = sql.SQL(
        "with merged as (insert into {table} ({names}) select {names} from {incoming} order by line"
        " on conflict ({key}){where} do {action} returning xmax = 0 as is_new)"
        " select count(*) filter (where is_new), count(*) filter (where not is_new) from merged"
    ).format(
        table=sql.Identifier(table),
        names=_names(columns),
        incoming=sql.Identifier(INCOMING),
        key=_names(key),
        where=sql.SQL(" where {}").format(where) if where else sql.SQL(""),
        action=_change(table, changing),
    )
    cursor.execute(statement)
    return Merged(*cursor.fetchone())


def replace_differing(table: str, names: Sequence[str]) -> sql.Composable:
    """Return the condition that the incoming row says something else than the stored one."""
    return sql.SQL("({}) is distinct from ({})").format(_names(names, of=table), _names(names, of="excluded"))


def _change(table: str, names: Sequence[str]) -> sql.Composable:
    if not names:
        return sql.SQL("nothing")
    assignments = [sql.SQL("{} = {}").format(sql.Identifier(name), sql.Identifier("excluded", name)) for name in names]
    return sql.SQL("update set {} where {}").format(sql.SQL(", ").join(assignments), replace_differing(table, names))


def _names(names: Sequence[str] | Columns, *, of: str = "") -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(of, name) if of else sql.Identifier(name) for name in names)


def _as_csv(rows: Rows, columns: Columns) -> io.BytesIO:
    cells = {name: _cells(rows[name], kind) for name, kind in columns.items()}
    cells["line"] = pa.array(rows.lines)
    out = io.BytesIO()
    arrow_csv.write_csv(pa.table(cells), out, arrow_csv.WriteOptions(include_header=False))
    out.seek(0)
    return out


def _cells(column: Any, kind: str) -> Any:
    if isinstance(column, pa.Array | pa.ChunkedArray):
        return column
    if column.dtype == object:
        return pa.array(column.tolist(), CELLS[kind])
    if column.dtype == np.bool_:
        return pa.array(column)
    absent = column == NONE
    values = pa.array(np.where(absent, 0, column), pa.int64(), mask=absent)
    return values.cast(pa.int32()).cast(pa.date32()) if kind == "date" else values.cast(CELLS[kind])
