"""A customer to be called today because of what has just happened, and where that call stands among the night's.

The night ranks 1, 2, 3 …; an arrival takes the rank just ahead of the first waiting item that is less urgent, so it
stands between two of the night's without moving either. Of equal ranks the item that was made first is called first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from callcenter.task_terms import STRATEGIC
from customers.models import Run


@dataclass(frozen=True)
class Arrival:
    """A customer to be called today, by whom, how urgently and about what."""

    customer_id: int
    manager_id: int
    priority: int  # of the shown task: callcenter/arbitration.py
    level: int
    is_strategic: bool
    moment_bits: int
    offer_id: int
    kept_fen: int
    is_service: bool = False
    household: int = 0  # 0 = lives alone
    role: int = 0  # in the household
    layer: int = 0

    @property
    def urgency(self) -> tuple[int, bool, int, int]:
        """Return the order of the night (callcenter/ranking.py): shown task, strategic first, expected kept revenue, id."""
        return self.priority, self.is_strategic, self.kept_fen, -self.customer_id


# Promises stand below zero and are left out. Walks queue_next_of_manager to the first that is less urgent.
_RANKS = """
select coalesce(
    (
        select item.rank - 1
        from callcenter_queueitem as item
        left join callcenter_dispatch as task on task.id = item.dispatch_id
        left join customers_standing as standing
          on standing.run_id = %(run)s and standing.customer_id = item.customer_id
        where item.manager_id = arrival.manager and item.run_id = %(run)s and item.status = 'pending'
          and item.callback_id is null and item.customer_id <> arrival.customer
          and (
            coalesce(task.priority, item.level * 3 + 2), coalesce(standing.layer, 0) = %(strategic)s, item.kept_fen,
            -item.customer_id
          ) < (arrival.priority, arrival.is_strategic, arrival.kept_fen, -arrival.customer)
        order by item.rank
        limit 1
    ),
    (
        select max(item.rank) + 1
        from callcenter_queueitem as item
        where item.manager_id = arrival.manager and item.run_id = %(run)s and item.status = 'pending'
          and item.callback_id is null and item.customer_id <> arrival.customer
    ),
    1
)
from unnest(
    %(customer)s::int[], %(manager)s::int[], %(priority)s::int[], %(is_strategic)s::bool[], %(kept_fen)s::int[]
) with ordinality as arrival (customer, manager, priority, is_strategic, kept_fen, place)
order by arrival.place
"""


def ranks_of(arrivals: Sequence[Arrival], *, run: Run) -> list[int]:
    """Return for each the rank just ahead of the first waiting item that is less urgent; they do not see each other."""
    values = {
        "run": run.pk,
        "strategic": STRATEGIC,
        "customer": [one.customer_id for one in arrivals],
        "manager": [one.manager_id for one in arrivals],
        "priority": [one.priority for one in arrivals],
        "is_strategic": [one.is_strategic for one in arrivals],
        "kept_fen": [one.kept_fen for one in arrivals],
    }
    with connection.cursor() as cursor:
        cursor.execute(_RANKS, values)
        return [int(rank) for (rank,) in cursor.fetchall()]
