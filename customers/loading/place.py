"""Where each customer of a loaded range stands, and how related rows gather there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings

Array = npt.NDArray[Any]
Integers = npt.NDArray[np.int64]


def business_zone() -> str:
    """Return the name of the time zone in which instants become days."""
    return str(settings.TIME_ZONE)


@dataclass(frozen=True)
class Place:
    """The ids found in a range, ascending; related rows are gathered to their positions."""

    ids: Array

    @property
    def first(self) -> int:
        """Return the first id, or 1 when nobody is there."""
        return int(self.ids[0]) if len(self.ids) else 1

    @property
    def last(self) -> int:
        """Return the last id, or 0 when nobody is there, so that a range over it is empty."""
        return int(self.ids[-1]) if len(self.ids) else 0

    def latest(self, owners: Array, values: Array, where: Array, *, empty: int = 0) -> Integers:
        """Return each customer's greatest value among the chosen rows, or `empty`."""
        found = np.full(len(self.ids), empty, np.int64)
        np.maximum.at(found, self._rows(owners[where]), values[where])
        return found

    def nearest(self, owners: Array, values: Array, where: Array, *, empty: int = 0) -> Integers:
        """Return each customer's smallest value among the chosen rows, or `empty`."""
        none = np.iinfo(np.int64).max
        found = np.full(len(self.ids), none, np.int64)
        np.minimum.at(found, self._rows(owners[where]), values[where])
        return np.where(found == none, empty, found)

    def count(self, owners: Array, where: Array) -> Integers:
        """Return how many of the chosen rows each customer has."""
        return np.bincount(self._rows(owners[where]), minlength=len(self.ids))

    def _rows(self, owners: Array) -> Integers:
        return np.searchsorted(self.ids, owners)
