"""What of the noted columns is told of days before the first noted night, and of any day by its bills.

A closed month tells its use and its fees beyond the plan, the day of the last change tells the handset. Each is read
once, however many days ask for it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
from django.db import connection

from customers import noting
from customers.frame import Column
from customers.loading.place import Array, Place
from customers.loading.usage import over_columns, usage_columns
from cvm.lib import bulk
from cvm.lib.months import day_number, last_day, month_of

OVER = frozenset({"over_data_months", "over_voice_months"})  # told by the bills of the newest closed months

_HANDSETS = """
select id as customer_id, coalesce(handset_changed_on - date '1970-01-01', 0) as changed_day, handset_months
from customers_customer
where id between %(first)s and %(last)s and (handset_changed_on is not null or handset_months > 0)
"""
_HANDSET = [("customer_id", "int4"), ("changed_day", "int4"), ("handset_months", "int2")]


@dataclass
class BeforeNotes:
    """The customers of a bucket, and the day whose handsets the table holds; days are asked for month by month."""

    place: Place
    as_of: dt.date
    _fees: dict[int, Mapping[str, Column]] = field(default_factory=dict)  # of the month asked for last
    _use: dict[int, Mapping[str, Column]] = field(default_factory=dict)
    _changed: Array | None = None
    _months: Array | None = None

    def fees(self, month: int, names: Collection[str]) -> dict[str, Column]:
        """Return in how many of three months something was charged beyond the plan, if it is among the names."""
        if not OVER.intersection(names):
            return {}
        if month not in self._fees:
            with connection.cursor() as cursor:
                self._fees = {month: over_columns(cursor, self.place, month=month)}
        return _only(self._fees[month], names)

    def use(self, month: int, names: Collection[str]) -> dict[str, Column]:
        """Return the columns of use among the names, as the last day of the month knew them."""
        if not noting.USAGE.intersection(names):
            return {}
        if month not in self._use:
            with connection.cursor() as cursor:
                self._use = {month: usage_columns(cursor, self.place, last_day(month))}
        return _only(self._use[month], names)

    def handset(self, day: dt.date, names: Collection[str]) -> dict[str, Column]:
        """Return the columns of the handset among the names: unknown (0) of whom has changed it since."""
        if not noting.HANDSET.intersection(names):
            return {}
        changed, months = self._handsets()
        was_there = changed <= day_number(day)
        earlier = np.maximum(months - (month_of(self.as_of) - month_of(day)), 0)
        found = {
            "handset_changed_day": np.where(was_there, changed, 0).astype(np.int32),
            "handset_months": np.where(was_there, earlier, 0).astype(np.int16),
        }
        return _only(found, names)

    def _handsets(self) -> tuple[Array, Array]:
        """Return of each customer the day of the last change and the months in use as of `as_of`; 0 unknown."""
        if self._changed is None or self._months is None:
            self._changed, self._months = np.zeros((2, len(self.place.ids)), np.int32)
            with connection.cursor() as cursor:
                reach = {"first": self.place.first, "last": self.place.last}
                found = bulk.read_joined(cursor, _HANDSETS, reach, _HANDSET)
            ours = np.isin(found["customer_id"], self.place.ids)
            rows = np.searchsorted(self.place.ids, found["customer_id"][ours])
            self._changed[rows], self._months[rows] = found["changed_day"][ours], found["handset_months"][ours]
        return self._changed, self._months


def _only(columns: Mapping[str, Column], names: Collection[str]) -> dict[str, Column]:
    return {name: column for name, column in columns.items() if name in names}
