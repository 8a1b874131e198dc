"""Whom the night leaves in peace because somebody spoke to them lately, or will soon.

The gate (retention/gate.py) would forbid the call at the desk anyway; asked here as well, such a customer takes
nobody's place in a queue. The gate's words about the contact log in SQL; test_resting holds the two together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from callcenter.home_day import IS_CONVERSATION
from customers.loading.place import SPAN, THESE
from cvm.lib import bulk
from retention.policies import ContactTerms

PROMISE_AHEAD = dt.timedelta(days=7)  # who is promised a call within a week is called then, not before

# Walks contact_by_customer_time. A service call counts in no window, only as the household's conversation of today
# (home_day.py), after which all of it rests; it waits itself for nothing but a promise.
RESTING = f"""
    with calls as (
        select
            contact.customer_id,
            not contact.is_service as is_marketing,
            contact.outcome,
            contact.started_at
        from callcenter_contact as contact
        where contact.customer_id between %(first)s and %(last)s
          and contact.started_at > %(oldest)s and contact.started_at <= %(at)s
          and contact.channel = 'call' and contact.is_outbound
    ), counted as (
        select
            customer_id,
            bool_or(
                is_marketing and outcome in ('refused', 'do_not_call') and started_at > %(refused_after)s
            ) as has_refused,
            count(*) filter (
                where is_marketing and outcome <> 'no_answer' and started_at > %(reached_after)s
            ) as reached,
            count(*) filter (where is_marketing and outcome = 'no_answer' and started_at > %(tried_after)s) as tried
        from calls
        group by customer_id
    )
    select counted.customer_id, false as is_promised
    from counted
    join customers_customer as customer on customer.id = counted.customer_id
    where has_refused or tried >= %(tries)s
       or reached >= case when customer.star_level >= 5 then %(five_star_cap)s else %(monthly_cap)s end
    union
    select home.id, false
    from callcenter_contact as spoken
    join customers_customer as called on called.id = spoken.customer_id
    join customers_customer as main on main.id = coalesce(called.merged_into_id, called.id)
    join lateral (
        select main.id
        union
        select kin.id from customers_customer as kin where kin.family_id = main.family_id and kin.merged_into_id is null
    ) as home on true
    where {IS_CONVERSATION} and home.id between %(first)s and %(last)s
    union
    select customer_id, true
    from callcenter_callback
    where customer_id between %(first)s and %(last)s and status = 'open' and due_at <= %(promised_until)s
"""  # noqa: S608 - built from constants only


def resting(
    cursor: Any, *, first: int, last: int, terms: ContactTerms, at: dt.datetime, ids: Sequence[int] = ()
) -> dict[str, npt.NDArray[Any]]:
    """Return the customers of a range (of it only `ids`, when any) who must not be queued by a night that began at `at`.

    Columns customer_id and is_promised: only the latter holds for service too.
    """
    refused_after, reached_after = at - dt.timedelta(days=terms.refusal_days), at - dt.timedelta(days=terms.cap_days)
    tried_after = at - dt.timedelta(days=terms.try_days)
    values = {
        "first": first,
        "last": last,
        "ids": list(ids),
        "at": at,
        "refused_after": refused_after,
        "reached_after": reached_after,
        "tried_after": tried_after,
        "oldest": min(refused_after, reached_after, tried_after),
        "promised_until": at + PROMISE_AHEAD,
        "tries": terms.tries,
        "five_star_cap": terms.five_star_cap,
        "monthly_cap": terms.monthly_cap,
    }
    query = RESTING.replace(SPAN, THESE) if ids else RESTING  # contact_by_day finds the day's calls
    return bulk.read(cursor, query, values, [("customer_id", "int4"), ("is_promised", "bool")])
