"""The household's one contact of the day, whoever has it: phone desk, account manager, hotline or hall.

Any conversation of the day with anybody of the household is its contact: a call, a visit, a talk in the hall or on the
hotline, whoever began it and whatever it was about. After it, and while somebody is about to have it, nobody goes to
the household to sell. Service (a promise, the customer's own case) and customers who come to us never wait. Messages
are no conversation. The rule's words are the gate's (retention/gate.py: HOUSEHOLD, HOME_TAKEN).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from customers.aliases import HOUSEHOLD
from cvm.lib.workdays import SHANGHAI
from retention.gate import ContactHistory

LOCKS = 0x43_564E  # space of the advisory locks on households

TODAY = f"date_trunc('day', %(at)s::timestamptz, '{SHANGHAI}')"
IS_CONVERSATION = f"""
    spoken.started_at >= {TODAY} and spoken.started_at <= %(at)s
    and spoken.channel in ('call', 'visit', 'hall', 'hotline') and spoken.outcome <> 'no_answer'
"""
CONVERSATIONS = f"""
    from ({HOUSEHOLD}) as home
    join callcenter_contact as spoken on spoken.customer_id = home.record and {IS_CONVERSATION}
"""
# fragments about `customer` and `item`
SPOKEN_TO_TODAY = f"select true {CONVERSATIONS} limit 1"
IN_HAND = f"""
    select
    from ({HOUSEHOLD}) as home
    join callcenter_queueitem as leased on leased.customer_id = home.record
      and leased.status = 'leased' and leased.lease_expires_at > %(at)s and leased.id <> item.id
"""  # noqa: S608 - built from constants only
HELD = f"""
    select
    from ({HOUSEHOLD}) as home
    join callcenter_dispatch as held on held.customer_id = home.record
      and held.status in ('open', 'accepted') and held.held_at >= {TODAY}
"""  # noqa: S608 - built from constants only
# Two people may take a household in the same instant: the second waits for the first and sees it.
OWN = """
    select {lock}(%(space)s, home.key)
    from (
        select distinct coalesce(main.family_id::int4, -main.id) as key
        from customers_customer as record
        join customers_customer as main on main.id = coalesce(record.merged_into_id, record.id)
        where record.id = any(%(customers)s)
        order by key
    ) as home
"""
WAIT, TRY = "pg_advisory_xact_lock", "pg_try_advisory_xact_lock"
# The first conversation of today; the end of a lease, or of the day somebody's task holds. Fragments about `customer`
# and who has `asked`, whose own item and task do not count.
SPOKEN_AT = f"select min(spoken.started_at) {CONVERSATIONS}"
TAKEN_UNTIL = f"""
    select greatest(
        (select max(leased.lease_expires_at)
         from ({HOUSEHOLD}) as home
         join callcenter_queueitem as leased on leased.customer_id = home.record
           and leased.status = 'leased' and leased.lease_expires_at > %(at)s and leased.id <> asked.item_id
           and leased.dispatch_id is distinct from asked.task_id),
        (select {TODAY} + interval '1 day'
         from ({HOUSEHOLD}) as home
         join callcenter_dispatch as held on held.customer_id = home.record
           and held.status in ('open', 'accepted') and held.held_at >= {TODAY} and held.id <> asked.task_id
         limit 1)
    )
"""  # noqa: S608 - built from constants only
DAYS = f"""
    select asked.customer_id, asked.task_id, ({SPOKEN_AT}), ({TAKEN_UNTIL})
    from unnest(%(customers)s::int[], %(tasks)s::bigint[], %(items)s::bigint[]) as asked (customer_id, task_id, item_id)
    join customers_customer as called on called.id = asked.customer_id
    join customers_customer as customer on customer.id = coalesce(called.merged_into_id, called.id)
"""  # noqa: S608 - built from constants only
# for the 360 page, on which nobody asks for anything of their own
DAY_OF_ONE = f"""
    select json_build_object('spoken_at', ({SPOKEN_AT}), 'taken_until', ({TAKEN_UNTIL}))
    from customers_customer as customer, (select 0::bigint as task_id, 0::bigint as item_id) as asked
    where customer.id = %(id)s"""  # noqa: S608 - built from constants only


@dataclass(frozen=True)
class Asker:
    """Who asks about a customer's household: a task or a queue item, whose own hold or lease does not count."""

    customer_id: int
    task_id: int = 0
    item_id: int = 0


@dataclass(frozen=True)
class HomeDay:
    """What a household had today: its first conversation, and until when somebody else has it in hand."""

    spoken_at: dt.datetime | None = None
    taken_until: dt.datetime | None = None

    def added_to(self, history: ContactHistory) -> ContactHistory:
        """Return the history with the household's day, as the gate reads it."""
        return ContactHistory(history.contacts, history.refusals, history.unanswered, self.spoken_at, self.taken_until)


def days_of(askers: Iterable[Asker], *, at: dt.datetime) -> dict[Asker, HomeDay]:
    """Return what the households of these had today, by who asks; one query."""
    rows = list(askers)
    if not rows:
        return {}
    known: dict[str, Any] = {
        "customers": [row.customer_id for row in rows],
        "tasks": [row.task_id for row in rows],
        "items": [row.item_id for row in rows],
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(DAYS, known)
        found = {(customer, task): HomeDay(*day) for customer, task, *day in cursor.fetchall()}
    return {row: found[row.customer_id, row.task_id] for row in rows}


def own(customer_id: int) -> None:
    """Wait until nobody else queues, takes or holds somebody of this household; ends with the transaction."""
    own_all([customer_id])


def own_all(customers: Sequence[int]) -> None:
    """Do the same with the households of several, always in one order: two who want the same wait for each other once."""
    _own(customers, WAIT)


def try_to_own(customer_id: int) -> bool:
    """Do the same as `own` without waiting; returns whether nobody else has the household."""
    ((is_free,),) = _own([customer_id], TRY)
    return bool(is_free)


def _own(customers: Sequence[int], lock: str) -> list[tuple[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(OWN.format(lock=lock), {"space": LOCKS, "customers": list(customers)})
        return cursor.fetchall()
