"""Whose row is it: user codes and numbers become customer ids, all rows of a file in one look-up."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from customers.importing.reasons import Reason
from customers.importing.rows import Account, Rows
from customers.models import Customer
from cvm.lib import bulk

NOBODY = 0
_IN_USE = (
    "select msisdn::int8, id from customers_customer"
    " where state <= %(last_state)s and length(msisdn) = 11 and pg_input_is_valid(msisdn, 'int8')"
)
_NUMBER_COLUMNS = (("msisdn", "int8"), ("id", "int4"))


def with_customers(rows: Rows, account: Account, cursor: Any, *, money: str = "") -> Rows:
    """Return the rows with a `customer_id` column, by user code or else by the number's present user.

    Rows that name nobody, or somebody we do not know, are rejected.
    """
    key = key_of(rows)
    named = rows.without(_empty(rows[key]), key, Reason.MISSING, account, money=money)
    ids = customer_ids(named[key], cursor, by=key)
    found = named.with_values(customer_id=ids)
    return found.without(ids == NOBODY, key, Reason.UNKNOWN_CUSTOMER, account, money=money)


def key_of(rows: Rows) -> str:
    """Return the field by which the file names its customers."""
    return "user_code" if "user_code" in rows.present else "msisdn"


def customer_ids(keys: pa.StringArray, cursor: Any, *, by: str) -> npt.NDArray[np.int64]:
    """Return the customer id of each user code, or of each number in use; NOBODY where there is none."""
    if by == "msisdn":
        return _ids_of_numbers(keys, cursor)
    known = read_texts(cursor, "select user_code, id from customers_customer order by id", {})
    if not len(known):
        return np.zeros(len(keys), np.int64)
    ids = np.append(known.column(1).to_numpy().astype(np.int64), NOBODY)
    found = pc.index_in(keys, known.column(0).combine_chunks())
    return ids[found.fill_null(len(known)).to_numpy(zero_copy_only=False)]


def _ids_of_numbers(keys: pa.StringArray, cursor: Any) -> npt.NDArray[np.int64]:
    """Look numbers up as integers: no text to copy out, hash and compare, which costs a third."""
    known = bulk.read(cursor, _IN_USE, {"last_state": Customer.State.PRE_CANCEL.value}, _NUMBER_COLUMNS)
    if not len(known["id"]):
        return np.zeros(len(keys), np.int64)
    order = np.argsort(known["msisdn"], kind="stable")
    numbers, asked = known["msisdn"][order], keys.cast(pa.int64()).to_numpy(zero_copy_only=False)
    places = np.minimum(np.searchsorted(numbers, asked), len(numbers) - 1)
    return np.where(numbers[places] == asked, known["id"][order][places], NOBODY)


def read_texts(cursor: Any, sql: str, params: dict[str, Any]) -> pa.Table:
    """Run a select of (text, integer) and return it as an Arrow table."""
    sink = io.BytesIO()
    query = cursor.mogrify(sql, params).decode()
    cursor.copy_expert(f"copy ({query}) to stdout (format csv)", sink)
    if not sink.tell():
        return pa.table({"0": pa.array([], pa.string()), "1": pa.array([], pa.int64())})
    sink.seek(0)
    return arrow_csv.read_csv(
        sink,
        read_options=arrow_csv.ReadOptions(column_names=["0", "1"], use_threads=False),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(column_types={"0": pa.string(), "1": pa.int64()}),
    )


def _empty(column: Any) -> npt.NDArray[np.bool_]:
    return pc.equal(column, "").to_numpy(zero_copy_only=False)
