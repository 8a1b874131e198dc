"""Monthly bills: a new month is copied straight in; a later file for the same month corrects it and never adds to it."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
from django.conf import settings
from psycopg2 import sql

from customers import blocks
from customers.importing import journal
from customers.importing.errors import MoneyImplausible, MonthUnknown
from customers.importing.fields import MSISDN, USER_CODE, Field, choice, count, data, flag, minutes, money
from customers.importing.people import key_of, with_customers
from customers.importing.reasons import Reason
from customers.importing.rows import Account, Rows, distinct
from customers.importing.staging import Merged, replace_differing, stage
from customers.importing.targets import Context, Target
from customers.models import Customer, HistoryBlock, MappingTemplate
from customers.partitions import PARENT, attach_partition, begin_partition, partition_name
from cvm.lib import bulk
from cvm.lib.money import yuan_text
from cvm.lib.months import day_number, first_day, label, month_of, parse_label

FEWEST_FOR_MEDIAN = 1_000  # a median of fewer bills says nothing about the unit
MEDIAN_RATIO_PERMILLE = (500, 2_000)  # of last month's median; beyond it the unit is likelier wrong than the world
MONEY = "arpu_fen"
KEY, STAMP = ("month", "customer_id"), "batch_id"

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
    money("over_voice_fee_fen"),
    money("over_data_fee_fen"),
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
    months = np.unique(rows["month"]).tolist()
    _check_sequence(months, account, context)
    for number, month in enumerate(months, start=1):
        of_month = rows.take(rows["month"] == month)
        _compare(of_month[MONEY], month, account, context)
        merged = _store_month(of_month, month, context)
        account.new, account.changed = account.new + merged.new, account.changed + merged.changed
        context.told(number / len(months))
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


def _check_sequence(months: list[int], account: Account, context: Context) -> None:
    """Stop months that have not begun, and months after a gap: the one between has probably not been sent."""
    today = month_of(context.now.astimezone(ZoneInfo(context.zone)).date())
    newest = HistoryBlock.objects.order_by("-month").values_list("month", flat=True).first()
    for month in months:
        if month > today:
            account.stop("month_future", month=label(month))
        elif newest is not None and month > month_of(newest) + 1:
            account.stop("month_gap", can_override=True, month=label(month), missing=label(month_of(newest) + 1))
        newest = first_day(month) if newest is None else max(newest, first_day(month))


def _compare(bills: npt.NDArray[np.int64], month: int, account: Account, context: Context) -> None:
    """Note a month and its median bill beside the month before; stop when they are too far apart."""
    now, last = _median(bills), _median_stored(month - 1)
    ratio = now * 1000 // last if now and last else None
    account.months.append(
        {
            "month": label(month),
            "rows": len(bills),
            "median_fen": now,
            "last_median_fen": last,
            "ratio_permille": ratio,
        }
    )
    fewest = context.spec.get("median_rows", FEWEST_FOR_MEDIAN)
    low, high = context.spec.get("median_ratio_permille", MEDIAN_RATIO_PERMILLE)
    if ratio is not None and len(bills) >= fewest and not low <= ratio <= high:
        values = {"median": yuan_text(now or 0), "last": yuan_text(last or 0)}
        account.stop("median_jumps", can_override=True, month=label(month), **values)


def _median(bills: npt.NDArray[Any]) -> int | None:
    """Return the middle of the bills above zero in fen, None without any."""
    paid = bills[bills > 0]
    return int(np.median(paid)) if len(paid) else None


def _median_stored(month: int) -> int | None:
    packed = HistoryBlock.objects.filter(month=first_day(month)).values_list("arpu_fen", flat=True)
    blocks_of_month = [np.frombuffer(one, blocks.FACT_TYPE) for one in packed]
    return _median(np.concatenate(blocks_of_month)) if blocks_of_month else None


def _store_month(rows: Rows, month: int, context: Context) -> Merged:
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
    journal.opened_month(cursor, batch_id=context.batch_id, month=day)
    blocks.write(month=day, bills={name: arrays[name] for name, _ in blocks.BILL_COLUMNS})
    return Merged(new=len(rows), changed=0)


def _has_bills(cursor: Any, day: dt.date) -> bool:
    cursor.execute("select exists (select 1 from customers_monthlybill where month = %(month)s)", {"month": day})
    return bool(cursor.fetchone()[0])


def _revise(rows: Rows, month: int, context: Context) -> Merged:
    day, cursor = first_day(month), context.cursor
    staged = rows.with_values(**_arrays(rows, context), month=np.full(len(rows), day_number(day), np.int64))
    stage(cursor, PARENT, staged, STAGED)
    cursor.execute("analyze incoming")
    changed = _change(cursor, [name for name in STAGED if name in rows.present and name not in KEY])
    new = _insert(cursor)
    buckets = np.unique((rows["customer_id"] - 1) // settings.CVM_BUCKET_SIZE)
    blocks.rebuild(cursor, month=day, buckets=buckets.tolist())
    return Merged(new, changed)


def _change(cursor: Any, names: list[str]) -> int:
    """Correct the stored bills that differ. Not `merge`: on a partitioned table it could not tell new from changed."""
    assignments = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Identifier("excluded", name)) for name in (*names, STAMP)
    )
    cursor.execute(
        sql.SQL(
            "update customers_monthlybill set {assignments} from incoming excluded"
            " where excluded.month = customers_monthlybill.month"
            " and excluded.customer_id = customers_monthlybill.customer_id and {differs}"
        ).format(assignments=assignments, differs=replace_differing(PARENT, names))
    )
    return int(cursor.rowcount)


def _insert(cursor: Any) -> int:
    names = sql.SQL(", ").join(sql.Identifier(name) for name in STAGED)
    cursor.execute(
        sql.SQL(
            "insert into customers_monthlybill ({names}) select {names} from incoming where not exists ("
            " select 1 from customers_monthlybill known"
            " where known.month = incoming.month and known.customer_id = incoming.customer_id) order by line"
        ).format(names=names)
    )
    return int(cursor.rowcount)


def _arrays(rows: Rows, context: Context) -> dict[str, npt.NDArray[Any]]:
    arrays = {name: rows[name] for name, _ in STORED[:-1]}
    return {**arrays, "batch_id": np.full(len(rows), context.batch_id, np.int64)}
