"""Do-not-disturb periods as they come with a profile file; those set by people are never touched."""

from __future__ import annotations

from typing import Any

import numpy as np

from customers.importing import touched
from customers.importing.people import customer_ids
from customers.importing.rows import NONE, Rows
from customers.importing.targets import Context
from customers.models import DoNotDisturb

SOURCE = "import"
AT_ONCE = 50_000
MILLION = 1_000_000


def store_opt_outs(rows: Rows, context: Context) -> None:
    """Bring the periods that came by file in line with this one, for the customers in it.

    A row that asks without a beginning means from now on, or since what it asked before.
    """
    if "do_not_disturb" not in rows.present:
        return
    _stage_asked(rows.take(rows["do_not_disturb"]), context)
    values = {"source": SOURCE, "scope": DoNotDisturb.Scope.MARKETING.value, "now": context.now}
    context.cursor.execute(touched.noting(_END), values)
    context.cursor.execute(touched.noting(_BEGIN), values)


def _stage_asked(asked: Rows, context: Context) -> None:
    cursor = context.cursor
    cursor.execute(_ASKED)
    ids = customer_ids(asked["user_code"], cursor, by="user_code")
    begins, ends = asked["do_not_disturb_from"], asked["do_not_disturb_to"]
    first = np.where(begins == NONE, int(context.now.timestamp() * MILLION), begins)
    sound = (ends == NONE) | (ends > first)
    for start in range(0, len(ids), AT_ONCE):
        part = np.flatnonzero(sound[start : start + AT_ONCE]) + start
        values = {"ids": ids[part].tolist(), "begins": _instants(begins[part]), "ends": _instants(ends[part])}
        cursor.execute(_STAGE, values)


def _instants(microseconds: Any) -> list[int | None]:
    return [None if one == NONE else one for one in microseconds.tolist()]


_ASKED = """
drop table if exists asked;
create temp table asked (customer_id integer, starts_at timestamptz, ends_at timestamptz) on commit drop
"""
_STAGE = """
insert into asked
select id, 'epoch'::timestamptz + begins * interval '1 microsecond', 'epoch'::timestamptz + ends * interval '1 microsecond'
from unnest(%(ids)s::int[], %(begins)s::bigint[], %(ends)s::bigint[]) as said (id, begins, ends)
"""
_END = """
delete from customers_donotdisturb as period
using customers_customer as known, incoming
where known.user_code = incoming.user_code and period.customer_id = known.id and period.source = %(source)s
  and not exists (
      select 1 from asked
      where asked.customer_id = period.customer_id
        and coalesce(asked.starts_at, period.starts_at) = period.starts_at
        and asked.ends_at is not distinct from period.ends_at
  )
returning period.customer_id
"""
_BEGIN = """
insert into customers_donotdisturb (customer_id, scope, starts_at, ends_at, source)
select asked.customer_id, %(scope)s, coalesce(asked.starts_at, %(now)s), asked.ends_at, %(source)s
from asked
where not exists (
    select 1 from customers_donotdisturb as period
    where period.customer_id = asked.customer_id and period.source = %(source)s
)
returning customer_id
"""
