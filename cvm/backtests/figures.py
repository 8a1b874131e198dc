"""What a finished back-test says to one reader: the sums of the counties he may see, turned into figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np

from customers.access import scope_of
from customers.models import Staff
from cvm.backtests.days import CLASSES
from cvm.backtests.tally import LEVELS, Array, Arrays
from cvm.lib.months import month_of
from cvm.lib.workdays import is_working_day
from cvm.night.parcel import unpack
from lifecycle.models import BackTest, MomentKind
from segmentation.models import ChannelCost, Code
from segmentation.workload import CALLS_PER_HEAD, REACHED

CALL = "call"
Numbers = list[int | None]  # None: hidden from this reader (veil.py)


@dataclass(frozen=True)
class Work:
    """What serving the hits takes: talks by phone on a working day, dials, phone managers; contacts in money."""

    calls: int | None
    calls_a_day: Fraction | None
    dials_a_day: int | None
    heads: int | None
    busiest_calls: int | None
    cost_fen: int | None


@dataclass(frozen=True)
class Churn:
    """Of the hits whose days are over: whose customer left, who stayed; and the departures caught and missed."""

    known: int
    left: int
    expected: float  # of as many customers drawn by chance on the same days
    departures: int
    caught: int
    open: int
    shown: tuple[int | None, ...] | None = None  # left, stayed, open, caught, missed, where some hide
    hides_precision: bool = False
    hides_recall: bool = False

    @property
    def numbers(self) -> tuple[int | None, ...]:
        """Return who left, stayed, is open, was caught and missed, as this reader may see them."""
        return self.shown or (self.left, self.stayed, self.open, self.caught, self.missed)

    @property
    def stayed(self) -> int:
        """Return the false alarms."""
        return self.known - self.left

    @property
    def missed(self) -> int:
        """Return the departures no hit came before."""
        return self.departures - self.caught

    @property
    def precision_ppm(self) -> int | None:
        """Return the share of hits that were right, in parts per million."""
        return round(1_000_000 * self.left / self.known) if self.known and not self.hides_precision else None

    @property
    def chance_ppm(self) -> int | None:
        """Return the share chance would have got right on the same days."""
        return round(1_000_000 * self.expected / self.known) if self.known else None

    @property
    def recall_ppm(self) -> int | None:
        """Return the share of departures that were caught."""
        return round(1_000_000 * self.caught / self.departures) if self.departures and not self.hides_recall else None

    @property
    def lift(self) -> str:
        """Return how many times better than chance: 2.4."""
        return f"{self.left / self.expected:.1f}" if self.expected and not self.hides_precision else ""


@dataclass(frozen=True)
class Side:
    """The figures of the terms in force, or of the draft."""

    name: str
    hits: int | None
    people: int | None
    a_day: Fraction | None
    busiest: int | None
    busiest_on: dt.date | None
    daily: Numbers
    by_code: list[Numbers]  # by code, then level
    level_sums: Numbers
    work: Work
    churn: Churn
    meets: Numbers
    alone: int | None


@dataclass(frozen=True)
class Figures:
    """Everything the page shows; `draft` is None when nothing differs from the terms in force."""

    days: list[dt.date]
    live: Side
    draft: Side | None
    apart: tuple[int | None, ...]  # customers found only in force, by both, only by the draft
    others: list[tuple[str, int | None]]  # code, hits
    log: tuple[int | None, ...]  # the same, only in the log, only found again
    months: list[tuple[int, Numbers]]  # month; hits and left of each side

    @property
    def sides(self) -> list[Side]:
        """Return the columns of the page."""
        return [self.live, *([self.draft] if self.draft else [])]


def figures(test: BackTest, *, reader: Staff) -> Figures:
    """Return the figures of a finished back-test, over the counties this reader may see."""
    arrays, shown = unpack(test.result), _shown(test.plan, reader)
    days = [test.first_day + dt.timedelta(days=number) for number in range((test.last_day - test.first_day).days + 1)]
    kind = test.kind
    live = _side("live", arrays, shown, days, kind)
    draft = _side("draft", arrays, shown, days, kind) if test.draft != test.live else None
    others = arrays["others"][shown].sum(axis=0).tolist()
    sides = [live, *([draft] if draft else [])]
    return Figures(
        days=days,
        live=live,
        draft=draft,
        apart=tuple(arrays["apart"][:, shown].sum(axis=1).tolist()),
        others=list(zip(test.plan["others"], others, strict=True)),
        log=tuple(arrays["log"][:, shown].sum(axis=1).tolist()),
        months=_months(days, sides, arrays, shown),
    )


def _shown(plan: Mapping[str, Any], reader: Staff) -> Array:
    scope = scope_of(reader)
    counties = np.array(plan["counties"])
    return np.ones(len(counties), dtype=np.bool_) if scope.is_everything else np.isin(counties, scope.county_ids)


def _side(name: str, arrays: Arrays, shown: Array, days: list[dt.date], kind: MomentKind) -> Side:
    hits = arrays[f"{name}_hits"][shown].sum(axis=0, dtype=np.int64)  # [day, class, level]
    daily = hits.sum(axis=(1, 2))
    by_code = hits.sum(axis=0).reshape(CLASSES // 2, 2, LEVELS).sum(axis=1)
    total, busiest = int(daily.sum()), int(daily.argmax()) if len(daily) else 0
    return Side(
        name=name,
        hits=total,
        people=int(arrays[f"{name}_people"][shown].sum()),
        a_day=Fraction(total, len(days)),
        busiest=int(daily[busiest]),
        busiest_on=days[busiest] if total else None,
        daily=daily.tolist(),
        by_code=by_code.tolist(),
        level_sums=by_code.sum(axis=0).tolist(),
        work=_work(hits.sum(axis=2), days, kind),
        churn=_churn(name, arrays, shown, daily),
        meets=arrays[f"{name}_meets"][shown].sum(axis=0).tolist(),
        alone=int(arrays[f"{name}_alone"][shown].sum()),
    )


def _work(by_class: Array, days: list[dt.date], kind: MomentKind) -> Work:
    """Count contacts by the kind's channels: for code C, for A and B, and its own for the strategic layer."""
    channels = channels_of(kind)
    costs = dict(ChannelCost.objects.values_list("code", "unit_fen"))
    calls = sum(
        (by_class[:, place] for place, channel in enumerate(channels) if channel == CALL), np.zeros(len(days), int)
    )
    working = max(sum(is_working_day(day) for day in days), 1)
    a_day = Fraction(int(calls.sum()), working)
    cost = sum(int(by_class[:, place].sum()) * costs.get(channel, 0) for place, channel in enumerate(channels))
    dials = ceil(a_day / REACHED)
    return Work(int(calls.sum()), a_day, dials, ceil(Fraction(dials, CALLS_PER_HEAD)), int(calls.max(initial=0)), cost)


def channels_of(kind: MomentKind) -> list[str]:
    """Return the channel of each class of customers (days.class_of)."""
    strategic = kind.channel_strategic or kind.channel_ab
    plain = {Code.A: kind.channel_ab, Code.B: kind.channel_ab, Code.C: kind.channel_c}
    return [channel for code in (Code.A, Code.B, Code.C) for channel in (plain[code], strategic)]


def _churn(name: str, arrays: Arrays, shown: Array, daily: Array) -> Churn:
    known, left = arrays[f"{name}_outcome"][:, shown].sum(axis=1)  # by day
    there, gone = arrays["chance"][:, :, shown].sum(axis=2)
    share = np.divide(gone, there, out=np.zeros(len(there)), where=there > 0)
    return Churn(
        known=int(known.sum()),
        left=int(left.sum()),
        expected=float((known * share).sum()),
        departures=int(arrays["departures"][:, shown].sum()),
        caught=int(arrays[f"{name}_caught"][:, shown].sum()),
        open=int(daily.sum() - known.sum()),
    )


def _months(days: list[dt.date], sides: list[Side], arrays: Arrays, shown: Array) -> list[tuple[int, Numbers]]:
    number = np.array([month_of(day) for day in days])
    columns = []
    for side in sides:
        columns += [np.array(side.daily), arrays[f"{side.name}_outcome"][1, shown].sum(axis=0)]
    return [(int(month), [int(column[number == month].sum()) for column in columns]) for month in np.unique(number)]
