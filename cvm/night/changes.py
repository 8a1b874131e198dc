"""Which verdicts of tonight differ from the run published before: written bucket by bucket, read by the timeline."""

from __future__ import annotations

import datetime as dt

import numpy as np
from django.db import connection

from customers.models import Run, StandingChange
from cvm.lib import bulk
from cvm.lib.months import first_day, month_of
from cvm.night import partition
from cvm.night.parcel import Arrays

KEEP_MONTHS = 24
Field = StandingChange.Field
# verdict -> the column of Standing that holds it
COLUMNS = {
    Field.BAND: "band",
    Field.CODE: "code",
    Field.LAYER: "layer",
    Field.STAGE: "stage",
    Field.WARNING: "warning",
    Field.COHORT: "cohort_state",
    Field.STATE: "state",
}
BEFORE = """
select customer_id, band, code, layer, stage, warning, cohort_state, state from {table}
where customer_id between %(first)s and %(last)s
"""
READ = [("customer_id", "int4"), *((column, "int2") for column in COLUMNS.values())]
WRITTEN = [("run_id", "int8"), ("customer_id", "int4"), ("field", "int2"), ("before", "int2"), ("after", "int2")]


def write(columns: Arrays, *, run: Run) -> int:
    """Write the differences of a bucket's standings and return how many; none for the first run there is.

    A customer the run before did not know has no differences. Part of the bucket's transaction, so that a bucket done
    again writes them once.
    """
    previous = run.plan["previous_run"]
    if not previous or not len(columns["customer_id"]):
        return 0
    ids = columns["customer_id"]
    known = {"first": int(ids[0]), "last": int(ids[-1])}
    with connection.cursor() as cursor:
        before = bulk.read(cursor, BEFORE.format(table=partition.table_of(previous)), known, READ)
        found = differences(before, columns)
        found["run_id"] = np.full(len(found["customer_id"]), run.pk, dtype=np.int64)
        return bulk.write(cursor, StandingChange._meta.db_table, WRITTEN, found)


def differences(before: Arrays, after: Arrays) -> Arrays:
    """Return customer_id, field, before and after of every verdict that differs, for customers on both sides.

    `after` is sorted by `customer_id`; `before` may come in any order.
    """
    place = np.searchsorted(after["customer_id"], before["customer_id"])
    is_known = np.zeros(len(place), dtype=np.bool_)
    inside = place < len(after["customer_id"])
    is_known[inside] = after["customer_id"][place[inside]] == before["customer_id"][inside]
    place, known = place[is_known], {name: values[is_known] for name, values in before.items()}
    parts = []
    for field, column in COLUMNS.items():
        now = after[column][place]
        rows = np.flatnonzero(now != known[column])
        parts.append((known["customer_id"][rows], np.full(len(rows), field.value), known[column][rows], now[rows]))
    ids, fields, old, new = (np.concatenate(values) for values in zip(*parts, strict=True))
    return {
        "customer_id": ids.astype(np.int32),
        "field": fields.astype(np.int16),
        "before": old.astype(np.int16),
        "after": new.astype(np.int16),
    }


def tidy(as_of: dt.date) -> int:
    """Forget the changes of runs older than 24 months before this day; returns how many rows went."""
    oldest = first_day(month_of(as_of) - KEEP_MONTHS)
    return StandingChange.objects.filter(run__as_of__lt=oldest).delete()[0]
