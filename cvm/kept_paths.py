"""The packed paths of everybody in a run, kept in memory while they are asked for: the stage flow of a whole county, and
how many customers the list behind a flow or a number of the ledger has.

The standings of a run never change, so what was read once holds. Over a million customers the table takes a fifth of a
second for each of these questions, the arrays some milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from customers.models import Run
from cvm.ledger.terms import ledger_cell
from cvm.lib import bulk
from lifecycle import stage_terms
from lifecycle.queries import stage_bits
from segmentation.queries import ledger_bits

MOST = 1_200_000  # customers; 28 bytes each in every web process
COLUMNS = (
    ("customer_id", "int4"),
    ("county_id", "int4"),
    ("stage_path", "int8"),
    ("cohort_path", "int4"),
    ("cum3_fen", "int8"),
)
Bits = tuple[str, int, Sequence[int]]  # a column of paths, a mask, and the values it may have under it
Arrays = dict[str, npt.NDArray[Any]]


def kept_paths(run: Run, *, county_ids: Iterable[int] | None) -> Arrays | None:
    """Return COLUMNS of a run's customers in these counties (None: in all), read only; None for a run too large to keep."""
    if run.customers > MOST:
        return None
    found = _everybody(run.pk)
    if county_ids is None:
        return found
    theirs = np.isin(found["county_id"], list(county_ids))
    return {name: array[theirs] for name, array in found.items()}


def count_of(run: Run, chosen: Mapping[str, Sequence[Any]], *, county_ids: Iterable[int] | None) -> int | None:
    """Return how many customers of these counties a list has that asks for nothing but paths; None for any other list."""
    wanted = _bits_of(run, chosen)
    if not wanted or run.customers > MOST:
        return None
    found = _everybody(run.pk)
    is_meant = np.ones(len(found["customer_id"]), np.bool_)
    for column, mask, values in wanted:
        is_meant &= np.isin(found[column] & mask, values)
    if county_ids is not None:
        is_meant &= np.isin(found["county_id"], list(county_ids))
    return int(np.count_nonzero(is_meant))


def _bits_of(run: Run, chosen: Mapping[str, Sequence[Any]]) -> list[Bits]:
    if not set(chosen) <= {"stage_at", "ledger"}:
        return []
    found: list[Bits] = []
    for month, stages in map(stage_terms.parsed, chosen.get("stage_at", ())):
        found.append(("stage_path", *stage_bits(run, month=month, stages=stages)))
    for value in chosen.get("ledger", ()):
        try:
            month, what, year, places = ledger_cell(value)
        except ValueError:
            return []
        if year not in (None, run.month.year) or places is not None:
            return []  # the members of an older year, and those of a signature, stand in tables of their own
        found.append(("cohort_path", *ledger_bits(run, month=month, what=what)))
    return found


@lru_cache(maxsize=1)
def _everybody(run_id: int) -> Arrays:
    names = ", ".join(name for name, _kind in COLUMNS)
    query = f"select {names} from customers_standing where run_id = %(run)s"  # noqa: S608 - built from constants only
    with connection.cursor() as cursor:
        found = bulk.read_joined(cursor, query, {"run": run_id}, COLUMNS)
    for array in found.values():
        array.setflags(write=False)
    return found
