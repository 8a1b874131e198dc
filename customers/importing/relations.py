"""Groups, families and bundles: what binds customers, brought in by their own keys."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from customers.importing.fields import MSISDN, USER_CODE, Field, choice, day, flag, money, text
from customers.importing.people import key_of, with_customers
from customers.importing.pinyin import spelled
from customers.importing.reasons import Reason
from customers.importing.references import county_ids, with_staff
from customers.importing.rows import NONE, Account, Rows, distinct
from customers.importing.staging import Columns, stage
from customers.importing.targets import Context, Target, upsert
from customers.models import Bundle, MappingTemplate, Staff
from cvm.lib.months import day_number, first_day

GROUP_FIELDS = (
    text("code", required=True),
    text("name", length=128, required=True),
    choice("group_class", required=True),
    text("county"),
    text("account_manager"),
)
GROUP_COLUMNS: Columns = {
    "code": "text",
    "name": "text",
    "name_pinyin": "text",
    "name_initials": "text",
    "group_class": "integer",
    "county_id": "integer",
    "account_manager_id": "integer",
}
SPELLINGS = frozenset({"name_pinyin", "name_initials"})
FAMILY_FIELDS = (text("code", required=True), USER_CODE, MSISDN, choice("family_role"))
MEMBER_COLUMNS: Columns = {"id": "integer", "duty": "text", "family_role": "integer"}
BUNDLE_FIELDS = (
    text("code", required=True),
    USER_CODE,
    MSISDN,
    text("product_name", length=128, required=True),
    choice("kind", required=True),
    day("start_date", required=True),
    day("end_date"),
    Field("rebate_end_month", "month"),
    money("min_spend_fen"),
    choice("status", empty=Bundle.Status.ACTIVE.value),
    flag("is_deep"),
)
BUNDLE_COLUMNS: Columns = {
    "code": "text",
    "customer_id": "integer",
    "product_name": "text",
    "kind": "integer",
    "start_date": "date",
    "end_date": "date",
    "rebate_end_month": "date",
    "min_spend_fen": "integer",
    "status": "integer",
    "is_deep": "boolean",
}


def store_groups(rows: Rows, account: Account, context: Context) -> None:
    """Store group accounts by their code."""
    rows = distinct(rows, ("code",), account)
    rows = with_staff(rows, "account_manager", "account_manager_id", account, roles=(Staff.Role.ACCOUNT_MANAGER.value,))
    rows = _spelled(rows.with_values(county_id=_counties(rows["county"])))
    upsert(rows, "customers_groupaccount", GROUP_COLUMNS, account, context)


def store_families(rows: Rows, account: Account, context: Context) -> None:
    """Make the families named and put each customer in theirs with the role given."""
    rows = with_customers(rows, account, context.cursor)
    rows = distinct(rows, ("customer_id",), account, shown=key_of(rows))
    stage(context.cursor, "customers_family", rows, {"code": "text"})
    context.cursor.execute(
        "insert into customers_family (code) select distinct code from incoming order by code on conflict do nothing"
    )
    stage(context.cursor, "customers_customer", _as_members(rows), MEMBER_COLUMNS)
    context.cursor.execute(_JOIN_FAMILY)
    account.changed += context.cursor.rowcount
    account.accepted = len(rows)


def store_bundles(rows: Rows, account: Account, context: Context) -> None:
    """Store bundles by their code; an end date of 2099 or later means that the bundle never ends."""
    rows = with_customers(rows, account, context.cursor)
    rows = distinct(rows, ("code",), account)
    backwards = (rows["end_date"] != NONE) & (rows["end_date"] < rows["start_date"])
    rows = rows.without(backwards, "end_date", Reason.OUT_OF_ORDER, account)
    rows = rows.with_values(rebate_end_month=_first_days(rows["rebate_end_month"]))
    account.money_accepted_fen = int(rows["min_spend_fen"].sum())
    upsert(rows, "customers_bundle", BUNDLE_COLUMNS, account, context)


GROUPS = Target(MappingTemplate.Kind.GROUPS.value, GROUP_FIELDS, store_groups)
FAMILIES = Target(MappingTemplate.Kind.FAMILIES.value, FAMILY_FIELDS, store_families)
BUNDLES = Target(MappingTemplate.Kind.BUNDLES.value, BUNDLE_FIELDS, store_bundles, money="min_spend_fen")

# The family's code travels in a text column of the customer table's shape.
_JOIN_FAMILY = """
update customers_customer
set family_id = customers_family.id, family_role = incoming.family_role
from incoming
join customers_family on customers_family.code = incoming.duty
where incoming.id = customers_customer.id
  and (customers_customer.family_id, customers_customer.family_role)
      is distinct from (customers_family.id, incoming.family_role)
"""


def _spelled(rows: Rows) -> Rows:
    """Return the groups with their names as people type them to search."""
    spellings = [spelled(name) for name in rows["name"].to_pylist()]
    full, initials = (pa.array([one[part] for one in spellings], pa.string()) for part in (0, 1))
    return replace(rows.with_values(name_pinyin=full, name_initials=initials), present=rows.present | SPELLINGS)


def _as_members(rows: Rows) -> Rows:
    return rows.with_values(id=rows["customer_id"], duty=rows["code"])


def _counties(names: pa.StringArray) -> npt.NDArray[np.int64]:
    named = pc.not_equal(names, "").to_numpy(zero_copy_only=False)
    ids = np.full(len(names), NONE, np.int64)
    ids[named] = county_ids(names.filter(pa.array(named)))
    return ids


def _first_days(months: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    known, rows = np.unique(months, return_inverse=True)
    days = [NONE if month == NONE else day_number(first_day(int(month))) for month in known.tolist()]
    return np.array(days, np.int64)[rows]
