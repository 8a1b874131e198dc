"""Contact history of other systems comes in as contacts, each known by its source key."""

from __future__ import annotations

import numpy as np
from psycopg2 import sql

from customers.importing.fields import MSISDN, USER_CODE, choice, instant, text
from customers.importing.people import with_customers
from customers.importing.reasons import Reason
from customers.importing.references import with_code, with_staff
from customers.importing.rows import NONE, Account, Rows, distinct
from customers.importing.staging import Columns, merge, stage
from customers.importing.targets import Context, Target
from customers.models import MappingTemplate
from offers.models import Offer

TABLE = "callcenter_contact"
FIELDS = (
    text("source_key", length=96, required=True),
    USER_CODE,
    MSISDN,
    text("staff", length=150),
    choice("channel", empty="call"),
    choice("is_outbound", empty=1),
    instant("started_at", required=True),
    instant("ended_at"),
    choice("outcome", required=True),
    text("cause", length=32),
    text("offer", length=32),
    text("note", length=2_000),
)
COLUMNS: Columns = {
    "source_key": "text",
    "customer_id": "integer",
    "staff_id": "integer",
    "channel": "text",
    "is_outbound": "boolean",
    "started_at": "timestamptz",
    "ended_at": "timestamptz",
    "outcome": "text",
    "cause": "text",
    "offer_id": "integer",
    "note": "text",
}


def store_contacts(rows: Rows, account: Account, context: Context) -> None:
    """Store contacts by their source key; one without an end ended when it began."""
    rows = with_customers(rows, account, context.cursor)
    rows = distinct(rows, ("source_key",), account)
    rows = with_staff(rows, "staff", "staff_id", account)
    ended = np.where(rows["ended_at"] == NONE, rows["started_at"], rows["ended_at"])
    rows = rows.with_values(
        ended_at=ended, is_outbound=rows["is_outbound"] == 1, offer_id=np.zeros(len(rows), np.int64)
    )
    if "offer" in rows.present:
        rows = with_code(rows, "offer", "offer_id", account, known=_offers(), reason=Reason.UNKNOWN_OFFER, nothing=0)
    rows = rows.without(rows["ended_at"] < rows["started_at"], "ended_at", Reason.OUT_OF_ORDER, account)
    stage(context.cursor, TABLE, rows, COLUMNS)
    named = {"customer_id", "staff_id"} | ({"offer_id"} if "offer" in rows.present else set())
    present = frozenset((rows.present | named) & COLUMNS.keys())
    merged = merge(context.cursor, TABLE, COLUMNS, key=("source_key",), present=present, where=HAS_KEY)
    account.new, account.changed = account.new + merged.new, account.changed + merged.changed
    account.accepted = len(rows)


def _offers() -> dict[str, int]:
    return dict(Offer.objects.values_list("code", "pk"))


# The unique index covers only contacts that came from elsewhere.
HAS_KEY = sql.SQL("source_key <> ''")
TARGET = Target(MappingTemplate.Kind.CONTACTS.value, FIELDS, store_contacts)
