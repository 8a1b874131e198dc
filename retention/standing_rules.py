"""The gate's standing rules as SQL, for queues of many: do-not-disturb, lists and consent of a customer's records.

Fragments about `customer` at %(at)s. Merged records count as in retention/gate.py, the strictest of them decides;
callcenter/tests/test_claims.py holds the two together. `select true … limit 1` and not `exists`: the planner would hash
the whole table for each customer asked about.
"""

from __future__ import annotations

from customers.aliases import RECORDS

SILENCE = f"""
    select true
    from ({RECORDS}) as own
    join customers_donotdisturb as quiet on quiet.customer_id = own.record
      and quiet.starts_at <= %(at)s and (quiet.ends_at is null or quiet.ends_at > %(at)s)
"""  # noqa: S608 - built from constants only
ASKED_FOR_SILENCE = f"{SILENCE} limit 1"
FORBADE_ALL_CONTACT = f"{SILENCE} where quiet.scope = 2 limit 1"
IS_LISTED = """
    select true
    where customer.is_red_listed or customer.is_black_listed or customer.is_special or customer.is_sensitive
    union all
    select true
    from customers_customer as alias
    where alias.merged_into_id = customer.id
      and (alias.is_red_listed or alias.is_black_listed or alias.is_special or alias.is_sensitive)
    limit 1
"""
AGREED_TO_CALLS = f"""
    select coalesce(bool_and(said.is_given), false)
    from ({RECORDS}) as own
    join customers_consent as said on said.customer_id = own.record and said.channel = 'call'
"""  # noqa: S608 - built from constants only
