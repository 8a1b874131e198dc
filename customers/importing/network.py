"""How well the network served each customer, as the network department reports it: one row per customer and day."""

from __future__ import annotations

from customers.importing.fields import MSISDN, USER_CODE, count, day, instant, text
from customers.importing.people import key_of, with_customers
from customers.importing.rows import Account, Rows, distinct
from customers.importing.staging import Columns, merge, stage
from customers.importing.targets import Context, Target
from customers.models import MappingTemplate

TABLE = "customers_networkquality"
KEY = ("customer_id", "measured_on")
FIELDS = (
    USER_CODE,
    MSISDN,
    day("measured_on", required=True),
    count("poor_voice"),
    count("poor_data"),
    instant("outage_ended_at"),
    text("cell"),
)
COLUMNS: Columns = {
    "customer_id": "integer",
    "measured_on": "date",
    "poor_voice": "integer",
    "poor_data": "integer",
    "outage_ended_at": "timestamptz",
    "cell": "text",
}


def store_network(rows: Rows, account: Account, context: Context) -> None:
    """Store what was measured for each customer on each day; a later file of the same day corrects it."""
    rows = with_customers(rows, account, context.cursor)
    rows = distinct(rows, KEY, account, shown=key_of(rows))
    stage(context.cursor, TABLE, rows, COLUMNS)
    merged = merge(context.cursor, TABLE, COLUMNS, key=KEY, present=rows.present)
    account.new, account.changed = account.new + merged.new, account.changed + merged.changed
    account.accepted = len(rows)


TARGET = Target(MappingTemplate.Kind.NETWORK.value, FIELDS, store_network)
