"""A number is in use once: who may have it, and what happens when the operator gives it to somebody else (二次放号).

A new user code that joined later than the number's stored user, whom the file does not name as still using it, has
got a re-issued number: its old user has left. Every other claim on a number in use is rejected.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from customers.importing.reasons import Reason
from customers.importing.rows import Account, Rows
from customers.importing.staging import INCOMING
from customers.importing.targets import Context
from customers.models import Customer, DoNotDisturb, Event

IN_NETWORK = Customer.State.PRE_CANCEL.value  # the greatest state that is in the network
COURTESY = dt.timedelta(days=90)  # how long the old user's wish protects the number's new one
SOURCE = "reissue"


def settle_numbers(rows: Rows, account: Account, context: Context) -> Rows:
    """Return the rows without those whose number another customer still uses; old users of re-issued ones leave.

    Of two rows of one file that claim the same number its present user keeps it, else the earlier row.
    """
    context.cursor.execute(_PASSED, {"in_network": IN_NETWORK})
    kept = _without_clashes(rows, account, context.cursor)
    context.cursor.execute("delete from passed where not exists (select 1 from incoming where line = passed.line)")
    context.cursor.execute(_TAKE_OFF, {"gone": Customer.State.CANCELLED_ACTIVE.value})
    return kept


def note_reissues(context: Context) -> None:
    """Write the event for both sides, and the courtesy period for new users whose forerunner wanted no contact."""
    values = {
        "kind": Event.Kind.NUMBER_REISSUED.value,
        "zone": context.zone,
        "now": context.now,
        "scope": DoNotDisturb.Scope.MARKETING.value,
        "source": SOURCE,
        "courtesy": COURTESY,
    }
    context.cursor.execute(_EVENTS, values)
    context.cursor.execute(_COURTESY, values)


def _without_clashes(rows: Rows, account: Account, cursor: Any) -> Rows:
    """Reject the claims that cannot stand; repeat, since a rejected row leaves its customer with the old number."""
    while True:
        cursor.execute(_CLASHES, {"in_network": IN_NETWORK})
        lines = [line for (line,) in cursor.fetchall()]
        if not lines:
            return rows
        cursor.execute(f"delete from {INCOMING} where line = any(%(lines)s)", {"lines": lines})  # noqa: S608 constant
        rows = rows.without(np.isin(rows.lines, lines), "msisdn", Reason.NUMBER_IN_USE, account)


# The last user of a number before a new customer; `is_taken` when only the new one's joining says that he has left.
_PASSED = """
drop table if exists passed;
create temp table passed on commit drop as
select distinct on (incoming.line)
    incoming.line, incoming.user_code, incoming.join_date, old.id as old_id,
    said.user_code is null and old.state <= %(in_network)s as is_taken
from incoming
join customers_customer as old on old.msisdn = incoming.msisdn and old.user_code <> incoming.user_code
left join incoming as said on said.user_code = old.user_code
where incoming.state <= %(in_network)s
  and incoming.join_date > old.join_date
  and (said.user_code is null or said.state > %(in_network)s)
  and not exists (select 1 from customers_customer as known where known.user_code = incoming.user_code)
order by incoming.line, old.state <= %(in_network)s desc, old.leave_date desc nulls last, old.id desc
"""
_CLASHES = """
with holders as (
    select
        incoming.msisdn,
        incoming.user_code,
        case when known.msisdn = incoming.msisdn and known.state <= %(in_network)s then 0 else incoming.line end as line
    from incoming
    left join customers_customer as known on known.user_code = incoming.user_code
    where incoming.state <= %(in_network)s
    union all
    select known.msisdn, known.user_code, 0
    from customers_customer as known
    where known.state <= %(in_network)s
      and not exists (select 1 from incoming where incoming.user_code = known.user_code)
      and not exists (
          select 1 from passed join incoming on incoming.line = passed.line
          where passed.is_taken and passed.old_id = known.id
      )
)
select distinct claiming.line
from incoming as claiming
join holders on holders.msisdn = claiming.msisdn and holders.user_code <> claiming.user_code
left join customers_customer as own on own.user_code = claiming.user_code
where claiming.state <= %(in_network)s
  and holders.line < case when own.msisdn = claiming.msisdn and own.state <= %(in_network)s then 0 else claiming.line end
"""
_TAKE_OFF = """
update customers_customer
set state = %(gone)s,
    leave_date = greatest(passed.join_date - 1, customers_customer.join_date),
    state_changed_on = greatest(passed.join_date - 1, customers_customer.join_date),
    missing_since = null
from passed
where passed.is_taken and passed.old_id = customers_customer.id
"""
_EVENTS = """
insert into customers_event (customer_id, kind, occurred_at, channel, detail, source_key)
select side.customer_id, %(kind)s, passed.join_date::timestamp at time zone %(zone)s, %(source)s, '',
       'reissue:' || new.id || ':' || side.customer_id
from passed
join customers_customer as new on new.user_code = passed.user_code
cross join lateral (values (new.id), (passed.old_id)) as side (customer_id)
"""
_COURTESY = """
insert into customers_donotdisturb (customer_id, scope, starts_at, ends_at, source)
select new.id, %(scope)s, begun.at, begun.at + %(courtesy)s, %(source)s
from passed
join customers_customer as new on new.user_code = passed.user_code
cross join lateral (select passed.join_date::timestamp at time zone %(zone)s as at) as begun
where begun.at + %(courtesy)s > %(now)s
  and exists (
      select 1 from customers_donotdisturb as old
      where old.customer_id = passed.old_id
        and old.starts_at <= %(now)s and (old.ends_at is null or old.ends_at > begun.at)
  )
"""
