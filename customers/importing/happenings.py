"""Complaints and events: each known by its own code, so that sending it again changes nothing."""

from __future__ import annotations

import numpy as np

from customers.importing.fields import MSISDN, USER_CODE, choice, count, instant, text
from customers.importing.people import with_customers
from customers.importing.reasons import Reason
from customers.importing.rows import NONE, Account, Rows, distinct
from customers.importing.staging import Columns
from customers.importing.targets import Context, Target, upsert
from customers.models import Complaint, Event, MappingTemplate

LONGEST_CONTENT = 4_000
# What we find out ourselves (customers/importing/owners.py); a file that says so is not believed.
OUR_OWN = (Event.Kind.OWNER_CHANGED.value,)
COMPLAINT_FIELDS = (
    text("case_code", required=True),
    USER_CODE,
    MSISDN,
    instant("opened_at", required=True),
    instant("closed_at"),
    text("channel", length=32),
    text("category"),
    text("content", length=LONGEST_CONTENT),
    choice("level", empty=Complaint.Level.NORMAL.value),
    choice("status", empty=Complaint.Status.OPEN.value),
    count("satisfaction", low=1, high=5, empty=None),
)
COMPLAINT_COLUMNS: Columns = {
    "case_code": "text",
    "customer_id": "integer",
    "opened_at": "timestamptz",
    "closed_at": "timestamptz",
    "channel": "text",
    "category": "text",
    "content": "text",
    "level": "integer",
    "status": "integer",
    "satisfaction": "integer",
}
EVENT_FIELDS = (
    text("source_key", length=96, required=True),
    USER_CODE,
    MSISDN,
    choice("kind", required=True),
    instant("occurred_at", required=True),
    text("channel", length=32),
    text("detail", length=200),
)
EVENT_COLUMNS: Columns = {
    "source_key": "text",
    "customer_id": "integer",
    "kind": "integer",
    "occurred_at": "timestamptz",
    "channel": "text",
    "detail": "text",
}


def store_complaints(rows: Rows, account: Account, context: Context) -> None:
    """Store complaints by their case code."""
    rows = with_customers(rows, account, context.cursor)
    rows = distinct(rows, ("case_code",), account)
    backwards = (rows["closed_at"] != NONE) & (rows["closed_at"] < rows["opened_at"])
    rows = rows.without(backwards, "closed_at", Reason.OUT_OF_ORDER, account)
    upsert(rows, "customers_complaint", COMPLAINT_COLUMNS, account, context)


def store_events(rows: Rows, account: Account, context: Context) -> None:
    """Store events by their source key."""
    rows = with_customers(rows, account, context.cursor)
    rows = distinct(rows, ("source_key",), account)
    rows = rows.without(np.isin(rows["kind"], OUR_OWN), "kind", Reason.UNKNOWN_WORD, account)
    upsert(rows, "customers_event", EVENT_COLUMNS, account, context)


COMPLAINTS = Target(MappingTemplate.Kind.COMPLAINTS.value, COMPLAINT_FIELDS, store_complaints)
EVENTS = Target(MappingTemplate.Kind.EVENTS.value, EVENT_FIELDS, store_events)
