"""Monthly partitions of the bill table, made when a month first arrives."""

from __future__ import annotations

import datetime as dt
from typing import Any

from psycopg2 import sql

from cvm.lib.months import first_day, month_of

PARENT = "customers_monthlybill"
LOCK = 0x43_564D_01  # one maker of partitions at a time


def partition_name(month: dt.date) -> str:
    """Return the table that holds the bills of a month."""
    return f"{PARENT}_{month:%Y%m}"


def ensure_partition(cursor: Any, *, month: dt.date) -> bool:
    """Make the partition of a month unless it exists; return whether it was made. Safe when two try at once."""
    if not begin_partition(cursor, month=month):
        return False
    attach_partition(cursor, month=month)
    return True


def begin_partition(cursor: Any, *, month: dt.date) -> bool:
    """Make the table of a month, still by itself and without its key, unless it exists; return whether it was made.

    Filled first and attached afterwards it costs half, and readers of other months never wait.
    """
    cursor.execute("select pg_advisory_xact_lock(%(key)s)", {"key": LOCK})
    cursor.execute("select to_regclass(%(name)s) is not null", {"name": partition_name(month)})
    if cursor.fetchone()[0]:
        return False
    cursor.execute(
        sql.SQL("create table {partition} (like {parent} including defaults including constraints)").format(
            partition=sql.Identifier(partition_name(month)), parent=sql.Identifier(PARENT)
        )
    )
    return True


def attach_partition(cursor: Any, *, month: dt.date) -> None:
    """Give a month's table its key and make it part of the bills."""
    cursor.execute(
        sql.SQL(
            "alter table {partition} add primary key (month, customer_id);"
            " alter table {parent} attach partition {partition} for values from ({first}) to ({next})"
        ).format(
            partition=sql.Identifier(partition_name(month)),
            parent=sql.Identifier(PARENT),
            first=sql.Literal(month.replace(day=1)),
            next=sql.Literal(first_day(month_of(month) + 1)),
        )
    )


def partition_months(cursor: Any) -> list[dt.date]:
    """Return the months that have a partition, oldest first."""
    cursor.execute(
        "select inhrelid::regclass::text from pg_inherits where inhparent = %(parent)s::regclass", {"parent": PARENT}
    )
    digits = sorted(name[-6:] for (name,) in cursor.fetchall())
    return [dt.date(int(text[:4]), int(text[4:]), 1) for text in digits]
