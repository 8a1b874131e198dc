"""What hotline, hall and online agents wrote down, each record known by its own key."""

from __future__ import annotations

from customers.importing.fields import MSISDN, USER_CODE, instant, text
from customers.importing.people import with_customers
from customers.importing.rows import Account, Rows, distinct
from customers.importing.staging import Columns
from customers.importing.targets import Context, Target, upsert
from customers.models import MappingTemplate

LONGEST_CONTENT = 4_000
FIELDS = (
    text("source_key", length=96, required=True),
    USER_CODE,
    MSISDN,
    instant("served_at", required=True),
    text("channel", length=32),
    text("category"),
    text("content", length=LONGEST_CONTENT),
    text("agent"),
)
COLUMNS: Columns = {
    "source_key": "text",
    "customer_id": "integer",
    "served_at": "timestamptz",
    "channel": "text",
    "category": "text",
    "content": "text",
    "agent": "text",
}


def store_service_logs(rows: Rows, account: Account, context: Context) -> None:
    """Store service records by their source key."""
    rows = with_customers(rows, account, context.cursor)
    rows = distinct(rows, ("source_key",), account)
    upsert(rows, "customers_servicelog", COLUMNS, account, context)


TARGET = Target(MappingTemplate.Kind.SERVICE_LOGS.value, FIELDS, store_service_logs)
