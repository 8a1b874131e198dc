"""Customers who vanish from a full extract: counted as missing, and after some months as gone.

Only a template that says `"full_extract": true` declares its files complete. A file that lacks more than
`most_missing_permille` of the customers in the network is itself the likelier fault, and is stopped.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.compute as pc

from customers.importing import touched
from customers.importing.rows import Account, Rows
from customers.importing.targets import Context
from customers.models import Customer
from cvm.lib.months import first_day, last_day, month_of

MOST_MISSING_PERMILLE = 20
MISSING_MONTHS = 3
IN_NETWORK = Customer.State.PRE_CANCEL.value  # the greatest state that is in the network


def note_missing(read: Rows, taken: Rows, account: Account, context: Context) -> None:
    """Mark who is not in a full extract, take off the network who has been missing for months, greet who is back.

    `read` are the well-formed rows as they came, `taken` those of them that are staged: somebody whose row is rejected
    is there all the same. Half an extract is a stop, which a person may override with a reason.
    """
    if not context.spec.get("full_extract"):
        return
    _find_absent(read, taken, account, context.cursor)
    _stop_half_an_extract(account, context)
    day = _day_of(context)
    months = int(context.spec.get("missing_months", MISSING_MONTHS))
    values = {
        "day": day,
        "long_ago": _months_before(day, months),
        "gone": Customer.State.CANCELLED_ACTIVE.value,
    }
    back, back_but_rejected = _GREET.format(seen="incoming"), _GREET.format(seen="turned_away")
    for statement in (_TAKE_OFF, _MARK, touched.noting(back), back_but_rejected):
        context.cursor.execute(statement, values)


def _find_absent(read: Rows, taken: Rows, account: Account, cursor: Any) -> None:
    beside = pc.filter(read["user_code"], pc.invert(pc.is_in(read["user_code"], taken["user_code"])))
    unread = {cell.strip() for reject in account.rejects for cell in reject.cells}  # one of them is the user code
    cursor.execute("drop table if exists turned_away; create temp table turned_away (user_code text) on commit drop")
    codes = sorted(unread.union(beside.to_pylist()))
    cursor.execute("insert into turned_away select unnest(%(codes)s::text[])", {"codes": codes})
    cursor.execute(_ABSENT, {"in_network": IN_NETWORK})


def _stop_half_an_extract(account: Account, context: Context) -> None:
    context.cursor.execute(_COUNTS, {"in_network": IN_NETWORK})
    known, missing = context.cursor.fetchone()
    permille = int(context.spec.get("most_missing_permille", MOST_MISSING_PERMILLE))
    if missing * 1000 > known * permille:
        account.stop("extract_incomplete", can_override=True, missing=missing, known=known, permille=permille)


def _day_of(context: Context) -> dt.date:
    """Return the day the extract speaks of: the end of its month when it names one, else today."""
    if context.month is not None:
        return last_day(context.month)
    return context.now.astimezone(ZoneInfo(context.zone)).date()


def _months_before(day: dt.date, months: int) -> dt.date:
    earlier = month_of(day) - months
    return min(first_day(earlier).replace(day=1) + dt.timedelta(days=day.day - 1), last_day(earlier))


_ABSENT = """
drop table if exists absent;
create temp table absent on commit drop as
select known.id, known.missing_since, known.join_date
from customers_customer as known
where known.state <= %(in_network)s
  and not exists (select 1 from incoming where incoming.user_code = known.user_code)
  and not exists (select 1 from turned_away where turned_away.user_code = known.user_code)
"""
_COUNTS = """
select
    (select count(*) from customers_customer where state <= %(in_network)s),
    (select count(*) from absent where missing_since is null)
"""
_TAKE_OFF = """
update customers_customer
set state = %(gone)s,
    leave_date = greatest(absent.missing_since, absent.join_date),
    state_changed_on = greatest(absent.missing_since, absent.join_date)
from absent
where absent.id = customers_customer.id and absent.missing_since <= %(long_ago)s
"""
_MARK = """
update customers_customer set missing_since = %(day)s
from absent
where absent.id = customers_customer.id and absent.missing_since is null
"""
_GREET = """
update customers_customer set missing_since = null
from {seen} as seen
where missing_since is not null and seen.user_code = customers_customer.user_code
returning id as customer_id
"""
