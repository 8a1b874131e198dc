"""Monthly bills: a new month is copied straight in; a later file for the same month corrects it and never adds to it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings

from customers import blocks
from customers.importing.errors import MoneyImplausible, MonthUnknown
from customers.importing.fields import MSISDN, USER_CODE, Field, choice, count, data, flag, minutes, money
from customers.importing.people import key_of, with_customers
from customers.importing.reasons import Reason
from customers.importing.rows import Account, Rows, distinct
from customers.importing.staging import merge, stage
from customers.importing.targets import Context, Target
from customers.models import Customer, MappingTemplate
from customers.partitions import PARENT, attach_partition, begin_partition, partition_name
from cvm.lib import bulk
from cvm.lib.money import yuan_text
from cvm.lib.months import day_number, first_day, parse_label

FEWEST_FOR_MEDIAN = 1_000  # a median of fewer bills says nothing about the unit
MONEY = "arpu_fen"

FIELDS = (
    USER_CODE,
    MSISDN,
    Field("month", "month"),
    choice("state", empty=Customer.State.NORMAL.value),
    flag("is_signed", empty=True),
    money(MONEY, required=True),
    money("plan_fee_fen"),
    money("voice_fee_fen"),
    money("data_fee_fen"),
    money("sms_fee_fen"),
    money("vas_fee_fen"),
    money("roam_fee_fen"),
    money("over_fee_fen"),
    money("discount_fen"),
    money("owed_fen"),
    minutes("voice_min"),
    data("data_mb"),
    count("sms_count"),
    count("active_days", high=31),
)
# The columns of a bill row after its month, with their types on the wire.
STORED = (
    ("customer_id", "int4"),
    ("state", "int2"),
    ("is_signed", "bool"),
    *((field.name, "int4") for field in FIELDS[5:-1]),
    ("active_days", "int2"),
    ("batch_id", "int8"),
)
STAGED = {
    "month": "date",
    **{name: "boolean" if kind == "bool" else "integer" for name, kind in STORED},
}


def store_bills(rows: Rows, account: Account, context: Context) -> None:
    """Store the bills of every month in the file, with their history blocks."""
    rows = _in_period(_with_month(rows, account, context), account, context)
    rows = with_customers(rows, account, context.cursor, money=MONEY)
    rows = _only_stored(distinct(rows, ("customer_id", "month"), account, shown=key_of(rows), money=MONEY))
    _check_unit(rows, context)
    for month in np.unique(rows["month"]).tolist():
        account.changed += _store_month(rows.take(rows["month"] == month), month, context)
    account.accepted = len(rows)
    account.money_accepted_fen = int(rows[MONEY].sum())


TARGET = Target(MappingTemplate.Kind.BILLS.value, FIELDS, store_bills, money=MONEY)


def _with_month(rows: Rows, account: Account, context: Context) -> Rows:
    if "month" in rows.present:
        return rows.without(rows["month"] <= 0, "month", Reason.MISSING, account, money=MONEY)
    if context.month is None:
        raise MonthUnknown
    return rows.with_values(month=np.full(len(rows), context.month, np.int64))


def _in_period(rows: Rows, account: Account, context: Context) -> Rows:
    until = context.spec.get("months_until")
    if until is None:
        return rows
    return rows.without(rows["month"] > parse_label(until), "month", Reason.OUTSIDE_PERIOD, account, money=MONEY)


def _only_stored(rows: Rows) -> Rows:
    names = ("month", *(name for name, _ in STORED[:-1]))
    return Rows(rows.lines, {name: rows[name] for name in names}, rows.present, rows.written)


def _check_unit(rows: Rows, context: Context) -> None:
    """Refuse a file whose median bill no customer base can have: the unit is wrong."""
    limits = context.spec.get("median_yuan")
    paid = rows[MONEY][rows[MONEY] > 0]
    if limits is None or len(paid) < FEWEST_FOR_MEDIAN:
        return
    median = int(np.median(paid))
    if not limits[0] * 100 <= median <= limits[1] * 100:
        raise MoneyImplausible(yuan_text(median))


def _store_month(rows: Rows, month: int, context: Context) -> int:
    day, cursor = first_day(month), context.cursor
    is_new = begin_partition(cursor, month=day)
    if not is_new and _has_bills(cursor, day):
        return _revise(rows, month, context)
    rows = rows.take(np.argsort(rows["customer_id"], kind="stable"))
    arrays = _arrays(rows, context)
    days = np.full(len(rows), day_number(day), np.int64)
    bulk.write(cursor, partition_name(day), [("month", "date"), *STORED], {"month": days, **arrays})
    if is_new:
        attach_partition(cursor, month=day)
    blocks.write(month=day, bills={name: arrays[name] for name, _ in blocks.BILL_COLUMNS})
    return len(rows)


def _has_bills(cursor: Any, day: dt.date) -> bool:
    cursor.execute("select exists (select 1 from customers_monthlybill where month = %(month)s)", {"month": day})
    return bool(cursor.fetchone()[0])


def _revise(rows: Rows, month: int, context: Context) -> int:
    day = first_day(month)
    staged = rows.with_values(**_arrays(rows, context), month=np.full(len(rows), day_number(day), np.int64))
    stage(context.cursor, PARENT, staged, STAGED)
    changed = merge(
        context.cursor, PARENT, STAGED, key=("month", "customer_id"), present=rows.present, stamp=("batch_id",)
    )
    buckets = np.unique((rows["customer_id"] - 1) // settings.CVM_BUCKET_SIZE)
    blocks.rebuild(context.cursor, month=day, buckets=buckets.tolist())
    return changed


def _arrays(rows: Rows, context: Context) -> dict[str, npt.NDArray[Any]]:
    arrays = {name: rows[name] for name, _ in STORED[:-1]}
    return {**arrays, "batch_id": np.full(len(rows), context.batch_id, np.int64)}
