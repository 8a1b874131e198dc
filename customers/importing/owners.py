"""A line passes to another owner (过户): its history stays, the old owner's consent and loyalty do not."""

from __future__ import annotations

from customers.importing.rows import Rows
from customers.importing.targets import Context
from customers.models import Customer, Event

SOURCE = "import"


def change_owners(rows: Rows, context: Context) -> None:
    """Withdraw what only the old owners could give, before the profiles are stored; opt-outs stay, to be safe.

    A change between two customer numbers is one; a number that was or becomes empty says nothing. What the file
    itself says about consent and loyalty is stored afterwards and is the new owner's.
    """
    if "cust_code" not in rows.present:
        return
    context.cursor.execute(_TRANSFERRED)
    if not context.cursor.rowcount:
        return
    values = {
        "kind": Event.Kind.OWNER_CHANGED.value,
        "now": context.now,
        "batch": context.batch_id,
        "source": SOURCE,
        "unknown": Customer.Loyalty.UNKNOWN.value,
    }
    context.cursor.execute(_EVENTS, values)
    context.cursor.execute("delete from customers_consent using transferred where customer_id = transferred.id")
    if "loyalty" not in rows.present:
        context.cursor.execute(_FORGET_LOYALTY, values)


_TRANSFERRED = """
drop table if exists transferred;
create temp table transferred on commit drop as
select known.id
from incoming
join customers_customer as known on known.user_code = incoming.user_code
where known.cust_code <> '' and incoming.cust_code <> '' and known.cust_code <> incoming.cust_code
"""
_EVENTS = """
insert into customers_event (customer_id, kind, occurred_at, channel, detail, source_key)
select id, %(kind)s, %(now)s, %(source)s, '', 'owner:' || id || ':' || %(batch)s from transferred
"""
_FORGET_LOYALTY = """
update customers_customer set loyalty = %(unknown)s
from transferred
where customers_customer.id = transferred.id and customers_customer.loyalty <> %(unknown)s
"""
