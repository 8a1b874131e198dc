"""One bucket of a back-test: load its past once, let the kinds speak day by day, add up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from django.db import connection

from customers.models import Run
from customers.noting import NOTED
from customers.past import DATED, Past, load_past, newest_closed
from cvm.backtests.days import Days, calendar
from cvm.backtests.tally import SIDES, Array, Arrays, Tally
from cvm.lib.months import day_number
from lifecycle.backtest.leaving import Presence
from lifecycle.backtest.reads import Reads, reads
from lifecycle.backtest.replay import Found, Player, replay
from lifecycle.moments import detected
from lifecycle.moments.terms import KindTerms, kinds_of

LOGGED = """
select customer_id, detected_on, level, deadline_hours, value, reference from lifecycle_keymoment
where {whose} and kind_id = %(kind)s and run_id = any(%(runs)s) and event_id is null
"""
_LOGGED = [
    ("customer_id", "int4"),
    ("day", "date"),
    ("level", "int2"),
    ("deadline_hours", "int2"),
    ("value", "int4"),
    ("reference", "int4"),
]
A_YEAR = [dt.date(2024, 1, 1) + dt.timedelta(days=number) for number in range(366)]


class Cast(NamedTuple):
    """Who plays: the live side, the draft (the same where nothing differs), and the other kinds that are on."""

    live: Player
    draft: Player
    others: list[Player]

    @property
    def everybody(self) -> list[Player]:
        """Return the players, each once."""
        return [self.live, *([] if self.draft is self.live else [self.draft]), *self.others]


def look_of(terms: KindTerms) -> Reads:
    """Return what a kind looks at under these terms."""
    return _look(replace(terms, thresholds=tuple(sorted(terms.thresholds.items()))))


@lru_cache(maxsize=256)
def _look(terms: KindTerms) -> Reads:
    """Return the same for terms whose thresholds are a tuple: a mapping cannot be a key."""
    told = replace(terms, thresholds=dict(terms.thresholds))
    return reads(lambda frame: detected(frame, told), days=A_YEAR)


def work(plan: Mapping[str, Any], *, bucket: int) -> tuple[Arrays, int]:
    """Return the sums of a bucket, and how many customers it has; writes nothing."""
    run = Run.objects.defer("plan").get(pk=plan["run"])
    first, last, warm = (dt.date.fromisoformat(plan[name]) for name in ("first", "last", "warm"))
    named, looks = _named(plan)
    names = frozenset().union(*(look.columns for look in looks.values()))
    past = past_of(plan, bucket=bucket, run=run, first=warm, names=names)
    cast = _cast(named, looks, len(past))
    days = Days(past, plan, names)
    every_day = calendar(warm, last, newest=past.frame.month)
    replay(days.frames(every_day), cast.everybody)
    arrays = _summed(plan, past, cast, days, calendar(first, last, newest=past.frame.month))
    return arrays | {"log": against_log(plan, past, looks[cast.live.name])}, len(past)


def past_of(plan: Mapping[str, Any], *, bucket: int, run: Run, first: dt.date, names: Collection[str]) -> Past:
    """Return a bucket's past as a plan knows it, of the noted columns only those among the names."""
    noted = dt.date.fromisoformat(plan["noted_since"]) if plan["noted_since"] else None
    nights = [(night, dt.date.fromisoformat(day)) for night, day in plan.get("nights", [])]
    return load_past(bucket=bucket, run=run, first=first, noted_since=noted, nights=nights, names=names)


def against_log(plan: Mapping[str, Any], past: Past, look: Reads) -> Array:
    """Return [in both, only in the log, only found again] x county for the nights that really ran."""
    groups, size = _groups(plan, past)
    told = np.zeros((3, size), dtype=np.int64)
    if not plan["log"]["nights"]:
        return told
    mine, theirs = logged(plan, past, nights=plan["log"]["nights"]), replayed(plan, past, look)
    written, again = _alike(mine, theirs)
    parts = (
        mine.row[np.isin(written, again)],
        mine.row[~np.isin(written, again)],
        theirs.row[~np.isin(again, written)],
    )
    for number, rows in enumerate(parts):
        told[number] = np.bincount(groups[rows], minlength=size)
    return told


def replayed(plan: Mapping[str, Any], past: Past, look: Reads) -> Found:
    """Return what the live terms find on the days of the nights that ran, remembering what earlier nights told."""
    player = _player("live", _terms(plan, plan["live"]), look, len(past))
    player.remember(logged(plan, past, nights=plan["log"]["before"]))
    days = [(dt.date.fromisoformat(night["as_of"]), night["month"]) for night in plan["log"]["nights"]]
    replay(Days(past, plan, look.columns).frames(days), [player])
    return player.found()


def logged(plan: Mapping[str, Any], past: Past, *, nights: list[dict[str, Any]]) -> Found:
    """Return what the nights wrote down for the kind, for the customers of the bucket."""
    known = {"kind": plan["kind"], "runs": [night["run"] for night in nights]}
    with connection.cursor() as cursor:
        rows = past.place.read(cursor, LOGGED, known, _LOGGED)
    row = np.searchsorted(past.place.ids, rows.pop("customer_id"))
    order = np.lexsort((row, rows["day"]))
    return Found(row=row[order], **{name: values[order] for name, values in rows.items()})


def _summed(plan: Mapping[str, Any], past: Past, cast: Cast, days: Days, tried: list[tuple[dt.date, int]]) -> Arrays:
    groups, size = _groups(plan, past)
    numbers = np.array([day_number(day) for day, _ in tried])
    tally = Tally(groups=groups, size=size, days=numbers, presence=_presence(past, tried), within=plan["within"])
    months = np.array([month for _, month in tried])
    found = {side: player.found().since(int(numbers[0])) for side, player in zip(SIDES, cast[:2], strict=True)}
    others = [other.found().since(int(numbers[0])) for other in cast.others]
    arrays = tally.ground() | {"apart": tally.apart(found["live"], found["draft"])}
    arrays["others"] = np.stack([tally.counted(other) for other in others], axis=1) if others else _none(size)
    for side in SIDES:
        sums = tally.side(found[side], days.classes, months) | tally.meeting(found[side], others)
        arrays |= {f"{side}_{name}": values for name, values in sums.items()}
    return arrays


def _named(plan: Mapping[str, Any]) -> tuple[dict[str, KindTerms], dict[str, Reads]]:
    """Return the terms of everybody who plays, and what each looks at."""
    others = {terms.code: terms for terms in kinds_of(plan["kinds"]) if terms.code in plan["others"]}
    named = {side: _terms(plan, plan[side]) for side in SIDES} | others
    return named, {name: look_of(terms) for name, terms in named.items()}


def _cast(named: Mapping[str, KindTerms], looks: Mapping[str, Reads], size: int) -> Cast:
    players = {name: _player(name, terms, looks[name], size) for name, terms in named.items()}
    second = players["draft"] if named["draft"] != named["live"] else players["live"]
    return Cast(players["live"], second, [player for name, player in players.items() if name not in SIDES])


def _player(name: str, terms: KindTerms, look: Reads, size: int) -> Player:
    """Return who plays a kind; it is steady when nothing it looks at changes from day to day while bills and states stay."""
    is_steady = not look.asks_day and not look.columns & DATED
    return Player(name, terms, is_steady, size, reads_notes=bool(look.columns & NOTED))


def _terms(plan: Mapping[str, Any], values: Mapping[str, Any]) -> KindTerms:
    row = next(kind for kind in plan["kinds"] if kind["code"] == plan["code"])
    return kinds_of([{**row, **values, "is_enabled": True}])[0]


def _groups(plan: Mapping[str, Any], past: Past) -> tuple[Array, int]:
    counties = np.array(plan["counties"])
    return np.searchsorted(counties, past.frame["county_id"]), len(counties)


def _presence(past: Past, tried: list[tuple[dt.date, int]]) -> Presence:
    """Return who was there at the month end before the first day, and at each one since."""
    first = min(newest_closed(tried[0][0]), past.frame.month)
    return Presence(np.stack([past.is_there(month) for month in range(first, past.frame.month + 1)]), first)


def _alike(*sides: Found) -> tuple[Array, ...]:
    """Return one number per hit, the same on all sides for the same hit, evidence and all."""
    names = ("row", "day", "level", "deadline_hours", "value", "reference")
    whole = np.stack([np.concatenate([getattr(found, name) for found in sides]).astype(np.int64) for name in names])
    _, numbers = np.unique(whole, axis=1, return_inverse=True)
    return tuple(np.split(numbers, np.cumsum([len(found) for found in sides])[:-1]))


def _none(size: int) -> Array:
    return np.zeros((size, 0), dtype=np.int64)
