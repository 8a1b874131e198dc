"""The key persons of groups: who decides in a unit, and in which office. Changes customers, makes none."""

from __future__ import annotations

from customers.importing.fields import MSISDN, USER_CODE, flag, text
from customers.importing.people import key_of, with_customers
from customers.importing.references import with_group
from customers.importing.rows import Account, Rows, distinct
from customers.importing.staging import Columns, stage
from customers.importing.targets import Context, Target
from customers.models import MappingTemplate

FIELDS = (
    text("group_code"),
    USER_CODE,
    MSISDN,
    flag("is_key_person", empty=True),  # being on the list says so
    text("duty"),
)
COLUMNS: Columns = {"id": "integer", "group_id": "integer", "is_key_person": "boolean", "duty": "text"}


def store_key_persons(rows: Rows, account: Account, context: Context) -> None:
    """Say of customers that they are key persons (or no longer), of which group, in which office.

    A row without a group leaves the customer in theirs; a file without duties leaves these alone.
    """
    rows = with_customers(rows, account, context.cursor)
    rows = distinct(rows, ("customer_id",), account, shown=key_of(rows))
    rows = with_group(rows, "group_code", "group_id", account)
    stage(context.cursor, "customers_customer", rows.with_values(id=rows["customer_id"]), COLUMNS)
    context.cursor.execute(_NAME, {"says_duty": "duty" in rows.present})
    account.changed += context.cursor.rowcount
    account.accepted = len(rows)


TARGET = Target(MappingTemplate.Kind.KEY_PERSONS.value, FIELDS, store_key_persons)

_NAME = """
update customers_customer
set group_id = coalesce(incoming.group_id, customers_customer.group_id),
    is_key_person = incoming.is_key_person,
    duty = case when %(says_duty)s then incoming.duty else customers_customer.duty end
from incoming
where incoming.id = customers_customer.id
  and (customers_customer.group_id, customers_customer.is_key_person, customers_customer.duty)
      is distinct from (
          coalesce(incoming.group_id, customers_customer.group_id),
          incoming.is_key_person,
          case when %(says_duty)s then incoming.duty else customers_customer.duty end
      )
"""
