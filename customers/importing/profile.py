"""Customer profiles: known user codes are updated, new ones get the next dense ids; a number is in use once.

What is not a matter of columns has a module of its own: numbers that pass on (numbers_in_use), lines that change
hands (owners), corrections that outlive files (corrections), customers who vanish (vanishing), opt_outs, consents.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from psycopg2 import sql

from customers.importing import touched
from customers.importing.consents import store_consents
from customers.importing.corrections import keep_corrections
from customers.importing.errors import ColumnsMissing
from customers.importing.numbers_in_use import IN_NETWORK, note_reissues, settle_numbers
from customers.importing.opt_outs import store_opt_outs
from customers.importing.owners import change_owners
from customers.importing.people import NOBODY, customer_ids
from customers.importing.pinyin import spelled
from customers.importing.profile_fields import FIELDS, NEEDED_BY_NEW, STORED, columns_of_file
from customers.importing.reasons import Reason
from customers.importing.references import county_ids, hall_ids, with_group, with_staff
from customers.importing.rows import NONE, Account, Rows, distinct
from customers.importing.staging import replace_differing, stage
from customers.importing.targets import Context, Target
from customers.importing.vanishing import note_missing
from customers.models import MappingTemplate, Staff
from customers.numbers import hashes_of

TABLE = "customers_customer"
IDS_LOCK = 0x43_564D_03
NEW_ONLY = {"family_role": 0}


def store_profiles(rows: Rows, account: Account, context: Context) -> None:
    """Store the profiles of a file. A file without number, county or joining date may still update known customers."""
    cursor, read = context.cursor, rows
    cursor.execute("select pg_advisory_xact_lock(%(key)s)", {"key": IDS_LOCK})
    touched.begin(cursor)
    rows = _checked(distinct(rows, ("user_code",), account), account, cursor)
    rows = with_staff(rows, "manager", "manager_id", account, roles=(Staff.Role.PHONE_MANAGER.value,))
    rows = with_group(rows, "group_code", "group_id", account)
    rows = _with_units(_with_hash(_with_pinyin(rows)))
    stage(cursor, TABLE, rows, STORED)
    _complete(cursor, rows.present)
    rows = settle_numbers(rows, account, context)
    note_missing(read, rows, account, context)
    change_owners(rows, context)
    columns = columns_of_file(rows)
    keep_corrections(cursor, columns)
    _update(cursor, columns)
    made = _insert(cursor)
    store_opt_outs(rows, context)
    store_consents(rows, context)
    note_reissues(context)
    account.accepted, account.new, account.changed = len(rows), made, touched.count(cursor)


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


def _update(cursor: Any, columns: list[str]) -> None:
    """Update the known customers; numbers that move or change hands are parked first, since each is in use once."""
    if not columns:
        return
    cursor.execute(_PARK, {"in_network": IN_NETWORK})
    assignments = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(column), sql.Identifier("excluded", column)) for column in columns
    )
    statement = sql.SQL(
        "update customers_customer set {assignments} from incoming excluded"
        " where excluded.user_code = customers_customer.user_code and {differs}"
        " returning customers_customer.id as customer_id"
    ).format(assignments=assignments, differs=replace_differing(TABLE, columns))
    cursor.execute(touched.noting_composed(statement))


# Only who keeps number and place in the network need not step aside for the others.
_PARK = """
update customers_customer set msisdn = '~' || customers_customer.id
from incoming
where incoming.user_code = customers_customer.user_code
  and (incoming.msisdn <> customers_customer.msisdn
       or (incoming.state <= %(in_network)s) <> (customers_customer.state <= %(in_network)s))
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
