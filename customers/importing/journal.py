"""What an import does to stored rows, noted by the database itself so that no statement can be forgotten.

Statement triggers with transition tables stand on every table an import may write (installed by migrations). They act
only in a transaction that called `begin`, and cost nothing elsewhere. Why triggers: docs/decisions/0006-imports.md.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

BILLS = "customers_monthlybill"
EVERY_ID = 2**31 - 1


def begin(cursor: Any, *, batch_id: int) -> None:
    """Note from now on, until the transaction ends, what is done to stored rows."""
    cursor.execute(
        "select set_config('cvm.import_batch', %(batch)s, true), set_config('cvm.import_step', '0', true)",
        {"batch": str(batch_id)},
    )


def end(cursor: Any) -> None:
    """Stop noting."""
    cursor.execute("select set_config('cvm.import_batch', '', true)")


def opened_month(cursor: Any, *, batch_id: int, month: dt.date) -> None:
    """Note that the batch itself filled a month: its rows went past the triggers and carry its `batch_id`."""
    cursor.execute(
        'insert into customers_importchange (batch_id, step, "table", row_id, last_id, month)'
        " values (%(batch)s, coalesce(nullif(current_setting('cvm.import_step', true), ''), '0')::integer + 1,"
        " %(table)s, 0, %(last)s, %(month)s)",
        {"batch": batch_id, "table": BILLS, "last": EVERY_ID, "month": month},
    )
    cursor.execute(_NEXT_STEP)


def changed_columns(cursor: Any, *, batch_id: int) -> dict[str, int]:
    """Return how many stored rows the batch changed in each column."""
    cursor.execute(
        'select name, count(distinct ("table", row_id, month))'
        " from customers_importchange, jsonb_object_keys(before) as name"
        " where batch_id = %(batch)s and before is not null and not before ? 'id'"
        " group by name order by name",
        {"batch": batch_id},
    )
    return dict(cursor.fetchall())


def changed_bills(cursor: Any, *, batch_id: int) -> dict[dt.date, int]:
    """Return how many stored bills of each month the batch changed."""
    cursor.execute(
        "select month, count(*) from customers_importchange"
        ' where batch_id = %(batch)s and "table" = %(table)s and before is not null group by month order by month',
        {"batch": batch_id, "table": BILLS},
    )
    return dict(cursor.fetchall())


def purge(cursor: Any, *, until: dt.datetime) -> int:
    """Forget the changes of the batches finished by an instant: a published run stands on them, no way back."""
    cursor.execute(
        "delete from customers_importchange where batch_id in ("
        " select id from customers_importbatch where finished_at <= %(until)s)",
        {"until": until},
    )
    return int(cursor.rowcount)


def triggers_on(table: str) -> str:
    """Return the SQL that lets a table note what imports do to it."""
    active = "when (coalesce(current_setting('cvm.import_batch', true), '') <> '')"
    call = f"for each statement {active} execute function customers_note_change();"
    return f"""
create trigger import_rows_made after insert on {table} referencing new table as come {call}
create trigger import_rows_changed after update on {table} referencing old table as gone new table as come {call}
create trigger import_rows_deleted after delete on {table} referencing old table as gone {call}
"""


def no_triggers_on(table: str) -> str:
    """Return the SQL that takes the triggers away again."""
    events = ("made", "changed", "deleted")
    return "".join(f"drop trigger if exists import_rows_{event} on {table};" for event in events)


_NEXT_STEP = """
select set_config('cvm.import_step',
    (coalesce(nullif(current_setting('cvm.import_step', true), ''), '0')::integer + 1)::text, true)
"""

# Bills are known by customer and month, everything else by id. Rows made are noted as ranges of ids without a gap;
# of rows changed only the columns that differ.
FUNCTION = """
create or replace function customers_note_change() returns trigger language plpgsql as $function$
declare
    batch bigint := current_setting('cvm.import_batch')::bigint;
    step integer := coalesce(nullif(current_setting('cvm.import_step', true), ''), '0')::integer + 1;
    key text := case when tg_table_name = 'customers_monthlybill' then 'customer_id' else 'id' end;
    keys text := case when tg_table_name = 'customers_monthlybill' then 'month, customer_id' else 'id' end;
    gone_month text := case when tg_table_name = 'customers_monthlybill' then 'gone.month' else 'null::date' end;
    come_month text := case when tg_table_name = 'customers_monthlybill' then 'come.month' else 'null::date' end;
    differing text;
begin
    perform set_config('cvm.import_step', step::text, true);
    if tg_op = 'INSERT' then
        execute format(
            'insert into customers_importchange (batch_id, step, "table", row_id, last_id, month)
             select $1, $2, $3, min(row_id), max(row_id), month
             from (select come.%1$I::bigint as row_id, %2$s as month,
                          come.%1$I - row_number() over (partition by %2$s order by come.%1$I) as island
                   from come) as made
             group by month, island order by month, island', key, come_month)
        using batch, step, tg_table_name;
    elsif tg_op = 'DELETE' then
        execute format(
            'insert into customers_importchange (batch_id, step, "table", row_id, last_id, month, before)
             select $1, $2, $3, gone.%1$I, gone.%1$I, %2$s, to_jsonb(gone) from gone', key, gone_month)
        using batch, step, tg_table_name;
    else
        select string_agg(format(
            'case when gone.%1$I is distinct from come.%1$I then %2$L || coalesce(to_json(gone.%1$I)::text, ''null'') end',
            attname, to_json(attname::text)::text || ':'), ', ' order by attnum)
        into differing
        from pg_attribute
        where attrelid = tg_relid and attnum > 0 and not attisdropped and attname not in ('id', key)
          and attgenerated = '';
        execute format(
            'insert into customers_importchange (batch_id, step, "table", row_id, last_id, month, before)
             select $1, $2, $3, gone.%1$I, gone.%1$I, %2$s,
                    (''{'' || array_to_string(array[%3$s], '','') || ''}'')::jsonb
             from gone join come using (%4$s)', key, gone_month, differing, keys)
        using batch, step, tg_table_name;
    end if;
    return null;
end
$function$
"""
