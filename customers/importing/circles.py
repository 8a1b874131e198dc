"""Calling circles: which customers of ours talk with each other, one tie per pair.

A list names each number with those it talks with most, so a pair may stand there twice, once from either side. Both
lines tell of the same talk: the larger count of the two is kept.
"""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from customers.importing.errors import ColumnsMissing
from customers.importing.fields import MSISDN, USER_CODE, Field, count, minutes
from customers.importing.people import NOBODY, customer_ids, key_of, with_customers
from customers.importing.reasons import Reason
from customers.importing.rows import NONE, Account, Rows, distinct
from customers.importing.staging import Columns, merge, stage
from customers.importing.targets import Context, Target
from customers.models import MappingTemplate
from cvm.lib.months import day_number, first_day, month_of

TABLE = "customers_circletie"
PAIR = ("customer_id", "peer_id")
FIELDS = (
    USER_CODE,
    MSISDN,
    Field("peer_code", "code", empty="", length=64),
    Field("peer_msisdn", "number", empty=""),
    Field("month", "month"),
    count("calls"),
    replace(minutes("minutes"), required=True, high=44_640),
)
COLUMNS: Columns = {
    "customer_id": "integer",
    "peer_id": "integer",
    "month": "date",
    "calls": "integer",
    "minutes": "integer",
}


def store_circles(rows: Rows, account: Account, context: Context) -> None:
    """Store the ties; a pair named again is brought up to date. Rows with somebody who is not ours are rejected."""
    rows = with_customers(rows, account, context.cursor)
    rows = _with_peers(rows, account, context)
    rows = distinct(rows, ("customer_id", "peer_id"), account, shown=key_of(rows))
    ties = _ties(_with_month(rows, context))
    stage(context.cursor, TABLE, ties, COLUMNS)
    merged = merge(context.cursor, TABLE, COLUMNS, key=PAIR, present=ties.present | {"month"})
    account.new, account.changed = account.new + merged.new, account.changed + merged.changed
    account.accepted = len(rows)


TARGET = Target(MappingTemplate.Kind.CIRCLES.value, FIELDS, store_circles)


def _with_peers(rows: Rows, account: Account, context: Context) -> Rows:
    key = next((name for name in ("peer_code", "peer_msisdn") if name in rows.present), "")
    if not key:
        raise ColumnsMissing(["peer_msisdn"], sorted(rows.written.values()))
    by = "user_code" if key == "peer_code" else "msisdn"
    named = rows.without(_is_empty(rows, key), key, Reason.MISSING, account)
    ids = customer_ids(named[key], context.cursor, by=by)
    known = named.with_values(peer_id=ids).without(ids == NOBODY, key, Reason.UNKNOWN_CUSTOMER, account)
    return known.without(known["peer_id"] == known["customer_id"], key, Reason.SAME_CUSTOMER, account)


def _is_empty(rows: Rows, key: str) -> npt.NDArray[np.bool_]:
    return np.array([not text for text in rows[key].to_pylist()], np.bool_)


def _with_month(rows: Rows, context: Context) -> Rows:
    """Return the rows with the first day of their month: of the column, else the one named, else the last closed one."""
    if "month" in rows.present:
        known, places = np.unique(rows["month"], return_inverse=True)
        days = np.array([_day(int(month), context) for month in known.tolist()], np.int64)
        return rows.with_values(month=days[places])
    return rows.with_values(month=np.full(len(rows), _day(NONE, context), np.int64))


def _day(month: int, context: Context) -> int:
    closed = month_of(context.now.astimezone(ZoneInfo(context.zone)).date()) - 1
    said = context.month if month <= 0 else month
    return day_number(first_day(closed if said is None else said))


def _ties(rows: Rows) -> Rows:
    """Return one row per pair, the lower id first, with the larger count of its lines and the newest month."""
    low, high = (side(rows["customer_id"], rows["peer_id"]) for side in (np.minimum, np.maximum))
    order = np.lexsort((rows.lines, high, low))
    if not len(order):
        return rows
    low, high = low[order], high[order]
    starts = np.flatnonzero(np.r_[True, (low[1:] != low[:-1]) | (high[1:] != high[:-1])])
    most = {name: np.maximum.reduceat(rows[name][order], starts) for name in ("month", "calls", "minutes")}
    values = {"customer_id": low[starts], "peer_id": high[starts], **most}
    return Rows(rows.lines[order][starts], values, rows.present, rows.written)
