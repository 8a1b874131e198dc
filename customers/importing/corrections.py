"""What was corrected with the customer outlives the files that still carry the old value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg2 import sql

from customers.models import Event

FOLLOWING = {"name": ("name_pinyin", "name_initials")}  # what is derived from a corrected field


def keep_corrections(cursor: Any, columns: Sequence[str]) -> None:
    """Put the stored value into incoming rows that say what was there before the newest correction of the field.

    A third value wins. An old owner's corrections say nothing about the new one. Values compare as the database
    writes them, nothing as the empty text.
    """
    cursor.execute(_CORRECTED, {"columns": list(columns), "owner_changed": Event.Kind.OWNER_CHANGED.value})
    cursor.execute("select distinct field from corrected order by field")
    for (field,) in cursor.fetchall():
        cursor.execute(_kept(field, (field, *FOLLOWING.get(field, ()))), {"field": field})


def _kept(field: str, columns: Sequence[str]) -> sql.Composable:
    assignments = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(column), sql.Identifier("known", column)) for column in columns
    )
    return sql.SQL(
        "update incoming set {assignments} from corrected"
        " join customers_customer as known on known.id = corrected.customer_id"
        " where known.user_code = incoming.user_code and corrected.field = %(field)s"
        " and coalesce(incoming.{field}::text, '') = corrected.before"
    ).format(assignments=assignments, field=sql.Identifier(field))


_CORRECTED = """
drop table if exists corrected;
create temp table corrected on commit drop as
select distinct on (said.customer_id, said.field) said.customer_id, said.field, said.before
from customers_fieldcheck as said
where said.is_correction and said.field = any(%(columns)s)
  and not exists (
      select 1 from customers_event as event
      where event.customer_id = said.customer_id and event.kind = %(owner_changed)s
        and event.occurred_at >= said.checked_at
  )
order by said.customer_id, said.field, said.checked_at desc, said.id desc
"""
