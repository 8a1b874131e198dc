"""Customer profiles: known user codes are updated, new ones get the next dense ids; a number is in use once."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from psycopg2 import sql

from customers.importing.consents import CHANNEL_OF, store_consents
from customers.importing.errors import ColumnsMissing
from customers.importing.fields import (
    MSISDN,
    USER_CODE,
    choice,
    count,
    data,
    day,
    duration_months,
    flag,
    instant,
    minutes,
    money,
    text,
)
from customers.importing.people import NOBODY, customer_ids
from customers.importing.pinyin import spelled
from customers.importing.reasons import Reason
from customers.importing.references import county_ids, hall_ids, with_group, with_staff
from customers.importing.rows import NONE, Account, Rows, distinct
from customers.importing.staging import INCOMING, Columns, replace_differing, stage
from customers.importing.targets import Context, Target
from customers.models import Customer, DoNotDisturb, MappingTemplate, Staff
from customers.numbers import hashes_of

TABLE = "customers_customer"
IDS_LOCK = 0x43_564D_03
SOURCE = "import"
IN_NETWORK = Customer.State.PRE_CANCEL.value  # the greatest state that is in the network

FIELDS = (
    USER_CODE,
    MSISDN,
    text("cust_code"),
    text("name"),
    choice("gender"),
    day("birth_date"),
    text("county"),
    text("hall"),
    choice("brand"),
    day("join_date"),
    choice("state", empty=Customer.State.NORMAL.value),
    day("state_changed_on"),
    day("leave_date"),
    flag("is_signed", empty=True),
    flag("is_real_name", empty=True),
    choice("vip_card"),
    choice("star_level"),
    count("credit_score", empty=None),
    text("plan_name"),
    money("plan_fee_fen"),
    data("data_quota_mb"),
    minutes("voice_quota_min"),
    choice("pay_mode"),
    money("balance_fen"),
    flag("is_special"),
    flag("is_red_listed"),
    flag("is_black_listed"),
    flag("is_sensitive"),
    choice("broadband_carrier"),
    text("handset_model"),
    duration_months("handset_months"),
    choice("dual_sim"),
    day("last_call_date"),
    text("group_code"),
    flag("is_key_person"),
    text("duty"),
    choice("vnet"),
    text("occupation"),
    text("industry"),
    text("interests", length=128),
    choice("loyalty"),
    text("manager"),
    flag("do_not_disturb"),
    instant("do_not_disturb_from"),
    instant("do_not_disturb_to"),
    choice("consent_call"),
    choice("consent_sms"),
)
NEEDED_BY_NEW = frozenset({"msisdn", "county", "join_date"})
KINDS = {
    "text": "text",
    "code": "text",
    "number": "text",
    "flag": "boolean",
    "day": "date",
    "choice": "integer",
    "measure": "integer",
    "count": "integer",
}
# What a field of the file becomes in the table, when it is not stored under its own name.
BECOMES = {
    "county": ("county_id",),
    "hall": ("hall_id",),
    "manager": ("manager_id",),
    "group_code": ("group_id",),
    "name": ("name", "name_pinyin", "name_initials"),
    "msisdn": ("msisdn", "number_hash"),
}
STORED: Columns = {
    **{field.name: KINDS[field.type] for field in FIELDS if field.name not in BECOMES and field.type in KINDS},
    "name": "text",
    "name_pinyin": "text",
    "name_initials": "text",
    "msisdn": "text",
    "number_hash": "text",
    "county_id": "integer",
    "hall_id": "integer",
    "manager_id": "integer",
    "group_id": "integer",
}
for _own_table in ("do_not_disturb", *CHANNEL_OF):
    STORED.pop(_own_table)
NEW_ONLY = {"family_role": 0}


def store_profiles(rows: Rows, account: Account, context: Context) -> None:
    """Store the profiles of a file; see the rule of re-issued numbers in `_without_numbers_in_use`.

    A file without number, county or joining date may still update customers we know.
    """
    cursor = context.cursor
    cursor.execute("select pg_advisory_xact_lock(%(key)s)", {"key": IDS_LOCK})
    rows = _checked(distinct(rows, ("user_code",), account), account, cursor)
    rows = with_staff(rows, "manager", "manager_id", account, roles=(Staff.Role.PHONE_MANAGER.value,))
    rows = with_group(rows, "group_code", "group_id", account)
    rows = _with_units(_with_hash(_with_pinyin(rows)))
    stage(cursor, TABLE, rows, STORED)
    _complete(cursor, rows.present)
    rows = _without_numbers_in_use(rows, account, cursor)
    account.changed += _update(cursor, _columns_of_file(rows)) + _insert(cursor)
    if "do_not_disturb" in rows.present:
        _store_do_not_disturb(rows, context)
    store_consents(rows, context)
    account.accepted = len(rows)


TARGET = Target(MappingTemplate.Kind.PROFILE.value, FIELDS, store_profiles)


def _checked(rows: Rows, account: Account, cursor: Any) -> Rows:
    rows = rows.without(_is_empty(rows, "user_code"), "user_code", Reason.MISSING, account)
    if not rows.present.issuperset(NEEDED_BY_NEW):
        unknown = customer_ids(rows["user_code"], cursor, by="user_code") == NOBODY
        rows = rows.without(unknown, "user_code", Reason.UNKNOWN_CUSTOMER, account)
    for name in sorted(rows.present.intersection(NEEDED_BY_NEW)):
        rows = rows.without(_is_empty(rows, name), name, Reason.MISSING, account)
    if "leave_date" in rows.present:
        if "state" not in rows.present:
            raise ColumnsMissing(["state"], sorted(rows.written.values()))
        left_early = (rows["leave_date"] != NONE) & (rows["state"] < IN_NETWORK)
        rows = rows.without(left_early, "leave_date", Reason.STATE_AND_LEAVING, account)
    return rows


def _is_empty(rows: Rows, name: str) -> npt.NDArray[np.bool_]:
    column = rows[name]
    if isinstance(column, np.ndarray):
        return column == NONE
    empty: npt.NDArray[np.bool_] = pc.equal(column, "").to_numpy(zero_copy_only=False)
    return empty


def _with_pinyin(rows: Rows) -> Rows:
    encoded = rows["name"].dictionary_encode()
    spellings = [spelled(name) for name in encoded.dictionary.to_pylist()]
    full = pa.array([one for one, _ in spellings], pa.string()).take(encoded.indices)
    initials = pa.array([one for _, one in spellings], pa.string()).take(encoded.indices)
    return rows.with_values(name_pinyin=full, name_initials=initials)


def _with_hash(rows: Rows) -> Rows:
    return rows.with_values(number_hash=pa.array(hashes_of(rows["msisdn"].to_pylist()), pa.string()))


def _with_units(rows: Rows) -> Rows:
    if "county" not in rows.present:
        nowhere = np.full(len(rows), NONE, np.int64)
        return rows.with_values(county_id=nowhere, hall_id=nowhere)
    counties = county_ids(rows["county"])
    return rows.with_values(county_id=counties, hall_id=hall_ids(rows["hall"], counties))


def _complete(cursor: Any, present: frozenset[str]) -> None:
    """Take from the stored customers what the file does not say but the rules below look at."""
    for column in ("msisdn", "number_hash", "state", "leave_date"):
        if ("msisdn" if column == "number_hash" else column) not in present:
            cursor.execute(
                sql.SQL(
                    "update incoming set {column} = known.{column} from customers_customer known"
                    " where known.user_code = incoming.user_code"
                ).format(column=sql.Identifier(column))
            )
    cursor.execute(
        "update incoming set leave_date = null where state < %(in_network)s and leave_date is not null",
        {"in_network": IN_NETWORK},
    )
    cursor.execute("create index on incoming (user_code)")
    cursor.execute("analyze incoming")


def _without_numbers_in_use(rows: Rows, account: Account, cursor: Any) -> Rows:
    """Reject rows whose number another customer would still use; repeat until nobody clashes.

    A number may pass to a new user only when its earlier one is off the network, in the file or already stored.
    Of two rows of one file that claim the same number the earlier keeps it.
    """
    while True:
        cursor.execute(_CLASHES, {"in_network": IN_NETWORK})
        lines = [line for (line,) in cursor.fetchall()]
        if not lines:
            return rows
        cursor.execute(f"delete from {INCOMING} where line = any(%(lines)s)", {"lines": lines})  # noqa: S608 constant
        rows = rows.without(np.isin(rows.lines, lines), "msisdn", Reason.NUMBER_IN_USE, account)


_CLASHES = """
with holders as (
    select incoming.msisdn, incoming.user_code, incoming.line from incoming where incoming.state <= %(in_network)s
    union all
    select customers_customer.msisdn, customers_customer.user_code, 0
    from customers_customer
    where customers_customer.state <= %(in_network)s
      and not exists (select 1 from incoming where incoming.user_code = customers_customer.user_code)
)
select distinct incoming.line
from incoming
join holders on holders.msisdn = incoming.msisdn and holders.user_code <> incoming.user_code
where incoming.state <= %(in_network)s and holders.line < incoming.line
"""


def _columns_of_file(rows: Rows) -> list[str]:
    named = {column for name in rows.present for column in BECOMES.get(name, (name,))}
    if "state" in rows.present:
        named.add("leave_date")  # who comes back has not left
    if "county" not in rows.present:
        named.discard("hall_id")  # a hall is found within its county
    return [column for column in STORED if column in named and column != "user_code"]


def _update(cursor: Any, columns: list[str]) -> int:
    """Update the known customers; numbers that move or change hands are parked first, since each is in use once."""
    if not columns:
        return 0
    cursor.execute(_PARK)
    assignments = sql.SQL(", ").join(
        sql.SQL("{} = excluded.{}").format(sql.Identifier(column), sql.Identifier(column)) for column in columns
    )
    cursor.execute(
        sql.SQL(
            "update customers_customer set {assignments} from incoming excluded"
            " where excluded.user_code = customers_customer.user_code and {differs}"
        ).format(assignments=assignments, differs=replace_differing(TABLE, columns))
    )
    return int(cursor.rowcount)


_PARK = """
update customers_customer set msisdn = '~' || customers_customer.id
from incoming
where incoming.user_code = customers_customer.user_code
  and (incoming.msisdn, incoming.state) is distinct from (customers_customer.msisdn, customers_customer.state)
"""


def _insert(cursor: Any) -> int:
    names = sql.SQL(", ").join(sql.Identifier(column) for column in STORED)
    cursor.execute(
        sql.SQL(
            "insert into customers_customer (id, {names}, family_role)"
            " select (select coalesce(max(id), 0) from customers_customer) + row_number() over (order by line),"
            " {names}, %(family_role)s from incoming"
            " where not exists (select 1 from customers_customer known where known.user_code = incoming.user_code)"
            " order by line"
        ).format(names=names),
        NEW_ONLY,
    )
    return int(cursor.rowcount)


def _store_do_not_disturb(rows: Rows, context: Context) -> None:
    """Replace the periods that came by file for the customers in it; those set by people stay."""
    context.cursor.execute(
        "delete from customers_donotdisturb using customers_customer, incoming"
        " where incoming.user_code = customers_customer.user_code"
        " and customers_donotdisturb.customer_id = customers_customer.id"
        " and customers_donotdisturb.source = %(source)s",
        {"source": SOURCE},
    )
    asked = rows.take(rows["do_not_disturb"])
    ids = customer_ids(asked["user_code"], context.cursor, by="user_code")
    today = np.int64(context.now.timestamp() * 1_000_000)
    start, end = asked["do_not_disturb_from"], asked["do_not_disturb_to"]
    start = np.where(start == NONE, today, start)
    periods = zip(ids.tolist(), start.tolist(), end.tolist(), strict=True)
    DoNotDisturb.objects.bulk_create(
        [
            DoNotDisturb(
                customer_id=customer_id,
                scope=DoNotDisturb.Scope.MARKETING,
                starts_at=_moment(begins),
                ends_at=None if ends == NONE else _moment(ends),
                source=SOURCE,
            )
            for customer_id, begins, ends in periods
            if ends == NONE or ends > begins
        ],
        batch_size=2_000,
    )


def _moment(microseconds: int) -> Any:
    return np.datetime64(microseconds, "us").item().replace(tzinfo=UTC)
