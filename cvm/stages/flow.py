"""Who stood in which stage at two month ends, and their bills of both months: one pass over the standings of a list."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.models import QuerySet

from customers.models import Standing
from customers.month_bills import month_bills
from cvm.lib import bulk
from lifecycle.paths import stage_at

STAGES = 6  # with 0: not with us yet

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Paths:
    """The stages of the customers of a list, packed (lifecycle/paths.py)."""

    customer_id: npt.NDArray[np.int32]
    path: Int64
    revenue_fen: Int64  # of the last three bills


@dataclass(frozen=True)
class Flow:
    """Customers from one stage to another, with their bills of the first and of the second month."""

    customers: int = 0
    before_fen: int = 0
    after_fen: int = 0

    def __add__(self, other: Flow) -> Flow:
        return Flow(
            self.customers + other.customers, self.before_fen + other.before_fen, self.after_fen + other.after_fen
        )


Flows = dict[tuple[int, int], Flow]


def read_paths(standings: QuerySet[Standing]) -> Paths:
    """Return the paths of the customers a list holds, in one statement."""
    columns = [("customer_id", "int4"), ("stage_path", "int8"), ("cum3_fen", "int8")]
    select, values = standings.order_by().values_list(*(name for name, _kind in columns)).query.sql_with_params()
    with connection.cursor() as cursor:
        # the select is the ORM's own; bound here, its percent signs must survive being bound again
        bound = cursor.mogrify(select, values).decode().replace("%", "%%")
        found = bulk.read_joined(cursor, bound, {}, columns)
    return Paths(found["customer_id"], found["stage_path"], found["cum3_fen"])


def flows(paths: Paths, *, newest: int, start: int, end: int) -> Flows:
    """Return the flows between two month ends (ordinals) by (stage then, stage later); no entry where nobody went.

    `newest` is the month of the run. Bills are those of the two months, as known now.
    """
    cell = stage_at(paths.path, back=newest - start).astype(np.int64) * STAGES
    cell += stage_at(paths.path, back=newest - end)
    customers = np.bincount(cell, minlength=STAGES * STAGES)
    before, after = (_revenue(paths, cell, month) for month in (start, end))
    return {
        divmod(at, STAGES): Flow(int(customers[at]), int(before[at]), int(after[at]))
        for at in np.flatnonzero(customers).tolist()
    }


def total(found: Flows, *, before: int | None = None, after: int | None = None) -> Flow:
    """Return the sum of all flows, of those out of a stage, or of those into one."""
    chosen = (flow for (b, a), flow in found.items() if before in (None, b) and after in (None, a))
    return sum(chosen, Flow())


def _revenue(paths: Paths, cell: Int64, month: int) -> Int64:
    bills = month_bills(month, last_id=int(paths.customer_id.max(initial=0)))
    # floats are exact here: a branch's month stays far below 2**53 fen
    weighed = np.bincount(cell, weights=bills[paths.customer_id], minlength=STAGES * STAGES)
    return np.rint(weighed).astype(np.int64)
