"""Which known customers a profile file changed: each counts once, whatever of theirs changed."""

from __future__ import annotations

from typing import Any

from psycopg2 import sql

# A look-up of the greatest id, because whoever comes above it is new and not changed.
BEGIN = """
drop table if exists touched;
drop table if exists known_before;
create temp table touched (customer_id integer) on commit drop;
create temp table known_before on commit drop as select coalesce(max(id), 0) as last_id from customers_customer
"""


def begin(cursor: Any) -> None:
    """Start to note, before the file changes anything."""
    cursor.execute(BEGIN)


def noting(statement: str) -> str:
    """Return the statement, which must return `customer_id`, so that it notes the known ones among them."""
    return (
        f"with done as ({statement}) insert into touched"  # noqa: S608 - our own statements
        " select customer_id from done where customer_id <= (select last_id from known_before)"
    )


def noting_composed(statement: sql.Composable) -> sql.Composable:
    """Return the same for a statement that is put together."""
    before, after = noting("\0").split("\0")
    return sql.SQL(before) + statement + sql.SQL(after)


def count(cursor: Any) -> int:
    """Return how many known customers changed so far."""
    cursor.execute("select count(distinct customer_id) from touched")
    return int(cursor.fetchone()[0])
