"""Columns of dated rows, day after day: worked out anew only for those one of whose rows turns in between.

A row turns on each day from which on it may say something else: it begins, ends, or grows too old to count. Pure NumPy.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from customers.frame import Column
from customers.loading.place import Array, Place
from cvm.lib.months import day_number

Rows = Mapping[str, Array]
OnDay = Callable[[Place, Rows, dt.date, frozenset[str]], dict[str, Column]]
MANY = 4  # when more than one in so many turns, everybody is worked out anew


class Running:
    """The rows of `size` customers, `customer_id` being their position; `at` moves to any day, best to a near one.

    `turns`: for each way a row turns, the day it does of every row; `on` works each customer out by his rows alone.
    """

    def __init__(self, rows: Rows, turns: Sequence[Array], on: OnDay, *, size: int) -> None:
        order = np.argsort(rows["customer_id"], kind="stable")
        self._rows = {name: column[order] for name, column in rows.items()}
        self._starts = np.searchsorted(self._rows["customer_id"], np.arange(size + 1))
        self._on, self._everybody = on, Place(np.arange(size))
        days, owners = np.concatenate(turns), np.tile(rows["customer_id"], len(turns))
        by_day = np.argsort(days, kind="stable")
        self._turn_days, self._turn_owners = days[by_day].astype(np.int32), owners[by_day].astype(np.int32)
        self._day: dt.date | None = None
        self._names: frozenset[str] = frozenset()
        self._columns: dict[str, Column] = {}

    def at(self, day: dt.date, names: frozenset[str]) -> dict[str, Column]:
        """Return the columns of a day among the names; nobody may write into them."""
        turned = self._turned(day) if names == self._names else None
        if turned is None or MANY * len(turned) > len(self._everybody.ids):
            self._columns = self._on(self._everybody, self._rows, day, names)
        elif len(turned):
            anew = self._on(Place(turned), self._rows_of(turned), day, names)
            self._columns = {name: _replaced(self._columns[name], turned, column) for name, column in anew.items()}
        self._day, self._names = day, names
        return self._columns

    def _turned(self, day: dt.date) -> Array | None:
        """Return who turned between the day it stands at and this one, whichever is earlier; None before the first."""
        if self._day is None:
            return None
        low, high = sorted((day_number(self._day), day_number(day)))
        start, stop = np.searchsorted(self._turn_days, [low + 1, high + 1])
        has_turned = np.zeros(len(self._everybody.ids), np.bool_)
        has_turned[self._turn_owners[start:stop]] = True
        return np.flatnonzero(has_turned)

    def _rows_of(self, owners: Array) -> dict[str, Array]:
        """Return the rows of some customers, in their order."""
        first, count = self._starts[owners], self._starts[owners + 1] - self._starts[owners]
        before = np.cumsum(count) - count
        chosen = np.repeat(first - before, count) + np.arange(int(count.sum()))
        return {name: column[chosen] for name, column in self._rows.items()}


def _replaced(column: Column, rows: Array, values: Column) -> Column:
    replaced: Column = column.copy()
    replaced[rows] = values
    return replaced
