"""Value-added services and benefits: each known by its own code."""

from __future__ import annotations

from customers.importing.fields import MSISDN, USER_CODE, choice, day, flag, money, text
from customers.importing.people import with_customers
from customers.importing.reasons import Reason
from customers.importing.rows import NONE, Account, Rows, distinct
from customers.importing.staging import Columns
from customers.importing.targets import Context, Target, upsert
from customers.models import MappingTemplate, Subscription

FIELDS = (
    text("code", required=True),
    USER_CODE,
    MSISDN,
    text("product_name", length=128, required=True),
    choice("kind", empty=Subscription.Kind.VALUE_ADDED.value),
    flag("is_trial"),
    money("fee_fen"),
    day("start_date", required=True),
    day("end_date"),
    choice("status", empty=Subscription.Status.ACTIVE.value),
)
COLUMNS: Columns = {
    "code": "text",
    "customer_id": "integer",
    "product_name": "text",
    "kind": "integer",
    "is_trial": "boolean",
    "fee_fen": "integer",
    "start_date": "date",
    "end_date": "date",
    "status": "integer",
}


def store_subscriptions(rows: Rows, account: Account, context: Context) -> None:
    """Store subscriptions by their code; an end date of 2099 or later means that it never ends."""
    rows = with_customers(rows, account, context.cursor)
    rows = distinct(rows, ("code",), account)
    backwards = (rows["end_date"] != NONE) & (rows["end_date"] < rows["start_date"])
    rows = rows.without(backwards, "end_date", Reason.OUT_OF_ORDER, account)
    upsert(rows, "customers_subscription", COLUMNS, account, context)


TARGET = Target(MappingTemplate.Kind.SUBSCRIPTIONS.value, FIELDS, store_subscriptions)
