"""Where each customer of a loaded range stands, and how related rows gather there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings

from cvm.lib import bulk

Array = npt.NDArray[Any]
Integers = npt.NDArray[np.int64]

SPAN, THESE = "between %(first)s and %(last)s", "= any(%(ids)s)"
FEW, FAR = 256, 8


def business_zone() -> str:
    """Return the name of the time zone in which instants become days."""
    return str(settings.TIME_ZONE)


def chosen(columns: Mapping[str, Callable[[], Any]], names: Collection[str] | None) -> dict[str, Any]:
    """Return the columns that are wanted, worked out; all of them when no names are given."""
    return {name: make() for name, make in columns.items() if names is None or name in names}


@dataclass(frozen=True)
class Place:
    """The ids found in a range, ascending; related rows are gathered to their positions.

    `aliases`, ascending, are other records of some of them (`mains`, one per alias): rows of an alias count for its
    main record. Ids missing from the range are aliases of somebody else; their rows belong to nobody here.
    """

    ids: Array
    aliases: Array = field(default_factory=lambda: np.zeros(0, np.int32))
    mains: Array = field(default_factory=lambda: np.zeros(0, np.int32))

    @property
    def first(self) -> int:
        """Return the first id, or 1 when nobody is there."""
        return int(self.ids[0]) if len(self.ids) else 1

    @property
    def last(self) -> int:
        """Return the last id, or 0 when nobody is there, so that a range over it is empty."""
        return int(self.ids[-1]) if len(self.ids) else 0

    @property
    def whose(self) -> str:
        """Return the SQL condition that a row belongs to somebody here, for `reach`."""
        span = f"customer_id {THESE if self.is_sparse else SPAN}"
        return f"({span} or customer_id = any(%(aliases)s))" if len(self.aliases) else span

    @property
    def reach(self) -> dict[str, Any]:
        """Return the parameters of `whose`."""
        ids = self.ids.tolist() if self.is_sparse else []
        return {"first": self.first, "last": self.last, "ids": ids, "aliases": self.aliases.tolist()}

    @property
    def is_sparse(self) -> bool:
        """Tell whether few customers lie far apart, so that they are asked for by name: those of a handful of events."""
        return len(self.ids) <= FEW and self.last - self.first >= FAR * len(self.ids)

    def spoken(self, query: str) -> str:
        """Return a select over `SPAN` as it is asked here: over the range, or these ids alone."""
        return query.replace(SPAN, THESE) if self.is_sparse else query

    def read(self, cursor: Any, query: str, parameters: Mapping[str, Any], kinds: bulk.Columns) -> dict[str, Array]:
        """Run a select with `{whose}` in it and return its rows, `customer_id` being somebody in `ids`."""
        found = bulk.read(cursor, query.format(whose=self.whose), {**parameters, **self.reach}, kinds)
        return self.owned(found)

    def owned(self, found: dict[str, Array]) -> dict[str, Array]:
        """Return the rows that belong to somebody here, those of aliases with their main record's `customer_id`."""
        if not self._has_gaps and not len(self.aliases):
            return found
        owners = found["customer_id"]
        if len(self.aliases):
            nearest = np.minimum(np.searchsorted(self.aliases, owners), len(self.aliases) - 1)
            owners = np.where(self.aliases[nearest] == owners, self.mains[nearest], owners)
        ours = np.isin(owners, self.ids)
        return {name: column[ours] for name, column in {**found, "customer_id": owners}.items()}

    @property
    def _has_gaps(self) -> bool:
        return len(self.ids) != self.last - self.first + 1

    def latest(self, owners: Array, values: Array, where: Array, *, empty: int = 0) -> Integers:
        """Return each customer's greatest value among the chosen rows, or `empty`."""
        found = np.full(len(self.ids), empty, np.int64)
        np.maximum.at(found, self.rows_of(owners[where]), values[where])
        return found

    def nearest(self, owners: Array, values: Array, where: Array, *, empty: int = 0) -> Integers:
        """Return each customer's smallest value among the chosen rows, or `empty`."""
        none = np.iinfo(np.int64).max
        found = np.full(len(self.ids), none, np.int64)
        np.minimum.at(found, self.rows_of(owners[where]), values[where])
        return np.where(found == none, empty, found)

    def count(self, owners: Array, where: Array) -> Integers:
        """Return how many of the chosen rows each customer has."""
        return np.bincount(self.rows_of(owners[where]), minlength=len(self.ids))

    def rows_of(self, owners: Array) -> Integers:
        """Return the position of each owner."""
        if not self._has_gaps:
            return owners.astype(np.int64) - self.first
        return np.searchsorted(self.ids, owners)
