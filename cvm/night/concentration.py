"""How revenue is spread over customers: the exact cumulative curve of a night, for everybody and for each county.

Kept as rollups of their own kind: `row` is the percentage 0..100 of the customers on the network, sorted by falling
revenue of three months; `customers` and `revenue_fen` are those of all of them up to there. `county_id` 0 is everybody.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from django.db import connection

from customers.models import Rollup, Run
from cvm.lib import bulk
from cvm.night import partition

KIND = "concentration"
EVERYBODY = 0
PERCENT = np.arange(101, dtype=np.int64)

Int64 = npt.NDArray[np.int64]

_VALUES = "select county_id, cum3_fen from {table} where band > 0"


def write(run: Run) -> None:
    """Write the curves of a run whose standings are complete."""
    with connection.cursor() as cursor:
        columns = [("county_id", "int4"), ("cum3_fen", "int8")]
        found = bulk.read(cursor, _VALUES.format(table=partition.table_of(run.pk)), {}, columns)
    county, value = found["county_id"], found["cum3_fen"]
    rows = _rows(run, EVERYBODY, value)
    for one in np.unique(county).tolist():
        rows += _rows(run, one, value[county == one])
    Rollup.objects.bulk_create(rows)


def curve(value_fen: npt.NDArray[np.generic]) -> tuple[Int64, Int64]:
    """Return, at each whole percentage, how many customers that is (halves up) and the revenue of the best so many."""
    falling = np.sort(value_fen.astype(np.int64))[::-1]
    customers = (PERCENT * len(falling) + 50) // 100
    so_far = np.concatenate([[0], np.cumsum(falling)])
    return customers, so_far[customers]


def _rows(run: Run, county_id: int, value_fen: npt.NDArray[np.generic]) -> list[Rollup]:
    customers, revenue = curve(value_fen)
    points = zip(PERCENT.tolist(), customers.tolist(), revenue.tolist(), strict=True)
    return [
        Rollup(run=run, kind=KIND, county_id=county_id, row=percent, column=0, customers=many, revenue_fen=fen)
        for percent, many, fen in points
    ]
