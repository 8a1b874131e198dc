"""The frames of past days, one after the other, with what the kinds to be tried look at and nothing more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from customers import past as pasts
from customers.before_notes import OVER
from customers.features import features, is_in_network
from customers.frame import Column, Frame
from customers.past import Past
from cvm.lib.months import day_number
from lifecycle.backtest.reads import COHORT, DERIVED
from lifecycle.backtest.replay import Day
from segmentation.cohort import CohortTerms, cohort
from segmentation.tiers import STRATEGIC, TierThresholds, bands, tiers

FROZEN = """
select customer_id, entry_month from segmentation_cohortmember where cohort_id = %(cohort)s and {whose}
"""
KNOWN = pasts.FIXED | DERIVED.keys() | COHORT | {"state"}
REBUILT = KNOWN | pasts.DATED | OVER  # what a detector may look at on any past day
CLASSES = 6  # codes A, B, C, each without and with the strategic layer


@dataclass
class Days:
    """The days of one bucket, one after the other. `classes` fills as months are reached: [month] -> class of each customer."""

    past: Past
    plan: Mapping[str, Any]
    names: frozenset[str]  # columns the kinds read
    classes: dict[int, npt.NDArray[np.int8]] = field(default_factory=dict)
    _key: tuple[Any, ...] = ()
    _night: int | None = None
    _version: int = 0
    _noted_version: int = 0
    _bare: Frame | None = None
    _base: Frame | None = None
    _month: Frame | None = None

    def frames(self, days: Iterable[tuple[dt.date, int]]) -> Iterator[Day]:
        """Yield each day with the bills of the month beside it."""
        dated = self.names & pasts.DATED
        for day, month in days:
            base = self._base_of(day, month)
            columns = self.past.dated(day, dated) if dated else {}
            yield Day(pasts.on_day(base, day, columns), self._version, self._noted_version)

    def _base_of(self, day: dt.date, month: int) -> Frame:
        """Return the frame of a day without dated columns; the same as long as month, tenure, states and notes last."""
        key, night = (month, day.year * 12 + day.month, self.past.states.known_by(day)), self.past.noted_by(day)
        is_new = self._bare is None or key != self._key
        if self._bare is None or is_new:
            if self._month is None or self._month.month != month:
                self._month = self._decided(day, month)
                self.classes[month] = class_of(self._month)
            self._key, self._version = key, self._version + 1
            self._bare = self._on(day, month, self._month)
        if self._base is None or is_new or night != self._night:
            self._night, self._noted_version = night, self._noted_version + 1
            self._base = pasts.on_day(self._bare, day, self.past.noted(day, month, self.names))
        return self._base

    def _decided(self, day: dt.date, month: int) -> Frame:
        terms, frozen = self._cohort(month)
        frame = self.past.month_frame(day, month).with_columns(frozen_entry=frozen)
        tier = TierThresholds(**self.plan["tier"])
        return tiers(cohort(bands(features(frame), tier), terms), tier)

    def _on(self, day: dt.date, month: int, decided: Frame) -> Frame:
        """Return the month's frame with who is there on the day, bare of what nobody may decide by."""
        now = self.past.month_frame(day, month)
        has_joined = now["join_day"] <= day_number(day)
        there = is_in_network(now, decided["tenure_at_month"]) & has_joined
        columns: dict[str, Column] = {name: decided[name] for name in KNOWN if name in decided.columns}
        columns |= {"is_in_network": there, "tenure_months": now["tenure_months"], "state": now["state"]}
        return Frame(day, month, columns, now.history)

    def _cohort(self, month: int) -> tuple[CohortTerms, Column]:
        """Return the terms of the month's cohort year, and who is in it by what has been frozen."""
        year = self.plan["cohorts"][str(month // 12)]
        terms = CohortTerms(**year["terms"] | {"frozen_through": min(year["terms"]["frozen_through"], month)})
        place, entry = self.past.place, np.zeros(len(self.past), dtype=np.int32)
        if year["id"]:
            with connection.cursor() as cursor:
                kinds = [("customer_id", "int4"), ("month", "int4")]
                found = place.read(cursor, FROZEN, {"cohort": year["id"]}, kinds)
            entered = found["month"] <= month
            entry = place.nearest(found["customer_id"], found["month"], entered).astype(np.int32)
        return terms, entry


def class_of(frame: Frame) -> npt.NDArray[np.int8]:
    """Return twice the code (from 0), one more for the strategic layer: what the channel of a moment depends on."""
    return ((frame["code"].astype(np.int8) - 1) * 2 + (frame["layer"] == STRATEGIC)).astype(np.int8)


def calendar(first: dt.date, last: dt.date, *, newest: int) -> list[tuple[dt.date, int]]:
    """Return every day with the month whose bills its night would read, at most `newest`."""
    count = (last - first).days + 1
    days = [first + dt.timedelta(days=number) for number in range(count)]
    return [(day, min(pasts.newest_closed(day), newest)) for day in days]
