"""How many customers need what, at which step: counted over the published run's standings, so that lists agree."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from customers.access import Scope
from customers.models import Branch, Need, NeedKind, Run
from lifecycle.models import Stage
from segmentation.models import Band, Layer

OPEN_STEP = "open"
# step in the address -> the statuses it takes together; a customer is in one of the open ones at most once per kind
STEPS: dict[str, tuple[str, ...]] = {
    OPEN_STEP: (Need.Status.COLLECTED, Need.Status.ANALYSED),
    **{str(status): (str(status),) for status in Need.Status},
}
# segment in the address and in the list's filter -> column of the standing
COLUMNS = {"band": "band", "stage": "stage", "layer": "layer", "county": "county_id"}
HEATS = 5

# Reads need_by_kind_status and, by its primary key, one standing per need.
COUNTS = """
select need.kind_id, need.status, standing.{column}, count(distinct need.customer_id), count(*),
       count(*) filter (where need.is_suggested), count(*) filter (where need.analysed_at is not null),
       min(case when need.status = 'collected' then need.collected_at
                when need.status = 'analysed' then need.analysed_at end)
from customers_need as need
join customers_standing as standing on standing.run_id = %(run)s and standing.customer_id = need.customer_id
where %(everybody)s or standing.county_id = any(%(counties)s)
group by need.kind_id, need.status, standing.{column}
"""


@dataclass(frozen=True)
class Cell:
    """Needs of one kind at one step in one segment; `oldest_at` is when the longest waiting came to this step."""

    kind: int
    status: str
    segment: int
    customers: int
    needs: int
    suggested: int
    was_analysed: int
    oldest_at: dt.datetime | None


@dataclass
class Step:
    """One step of the loop for one kind (or all together)."""

    customers: int = 0
    needs: int = 0
    oldest_at: dt.datetime | None = None

    def add(self, cell: Cell) -> None:
        """Count one more cell."""
        self.customers += cell.customers
        self.needs += cell.needs
        self.oldest_at = min((at for at in (self.oldest_at, cell.oldest_at) if at), default=None)


@dataclass
class Loop:
    """The way of the needs of one kind, or of all (`kind` None): how many stand where, how many got how far."""

    kind: NeedKind | None
    steps: dict[str, Step] = field(default_factory=lambda: defaultdict(Step))
    needs: int = 0
    suggested: int = 0
    was_analysed: int = 0

    def add(self, cell: Cell) -> None:
        """Count one more cell."""
        self.steps[cell.status].add(cell)
        self.needs += cell.needs
        self.suggested += cell.suggested
        self.was_analysed += cell.was_analysed

    @property
    def applied(self) -> int:
        return self.steps["applied"].needs


@dataclass(frozen=True)
class Row:
    """One kind over the segments: (customers, heat 0..5) in the order of the columns."""

    kind: NeedKind
    figures: list[tuple[int, int]]
    total: int


def cells(*, run: Run, scope: Scope, segment: str) -> list[Cell]:
    """Return the counted cells of the visible counties; one statement."""
    parameters = {"run": run.pk, "everybody": scope.is_everything, "counties": list(scope.county_ids)}
    with connection.cursor() as cursor:
        cursor.execute(COUNTS.format(column=COLUMNS[segment]), parameters)
        return [Cell(*row) for row in cursor.fetchall()]


def loops(found: Iterable[Cell], kinds: Sequence[NeedKind]) -> list[Loop]:
    """Return the loop of every kind that has needs, in the order of `kinds`."""
    by_kind = {kind.pk: Loop(kind) for kind in kinds}
    for cell in found:
        by_kind[cell.kind].add(cell)
    return [loop for loop in by_kind.values() if loop.needs]


def together(found: Iterable[Cell]) -> Loop:
    """Return the loop of all kinds."""
    loop = Loop(None)
    for cell in found:
        loop.add(cell)
    return loop


def rows(found: Iterable[Cell], kinds: Sequence[NeedKind], *, step: str, columns: Sequence[int]) -> list[Row]:
    """Return customers per kind and segment at a step; kinds nobody needs at that step are left out."""
    counts: dict[tuple[int, int], int] = defaultdict(int)
    for cell in found:
        if cell.status in STEPS[step]:
            counts[cell.kind, cell.segment] += cell.customers
    most = max(counts.values(), default=0)
    made = [_row(kind, counts, columns, most=most) for kind in kinds]
    return [row for row in made if row.total]


def segments(segment: str, *, counties: Sequence[Branch]) -> list[tuple[int, str]]:
    """Return the values of a segment with their names, in their natural order."""
    if segment == "county":
        return [(county.pk, county.name) for county in counties]
    choices: Any = {"band": Band, "stage": Stage, "layer": Layer}[segment].choices
    return [(value, str(label)) for value, label in choices]


def _row(kind: NeedKind, counts: dict[tuple[int, int], int], columns: Sequence[int], *, most: int) -> Row:
    numbers = [counts[kind.pk, column] for column in columns]
    heats = [-(-number * HEATS // most) if most else 0 for number in numbers]
    return Row(kind, list(zip(numbers, heats, strict=True)), sum(numbers))
