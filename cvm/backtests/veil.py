"""A back-test for readers who may open no lists: fewer than ten customers, and what would give them away, are None.

The rule is that of the boards (cvm/dashboards/small_cells.py); pure, over figures already counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cvm.backtests.figures import Churn, Figures, Numbers, Side, Work
from cvm.dashboards.small_cells import any_small, hidden, is_small
from cvm.lib.months import month_of


def veiled(found: Figures) -> Figures:
    """Return the figures without small numbers and their neighbours."""
    is_told_apart = not any_small(found.apart)
    live, draft = _side(found.live, found), _side(found.draft, found) if found.draft else None
    if draft and not is_told_apart:
        draft = replace(draft, people=None)  # beside the customers of today it would tell who is found only once
    columns = [_line(list(column)) for column in zip(*(numbers for _month, numbers in found.months), strict=True)]
    months = [month for month, _numbers in found.months]
    return replace(
        found,
        live=live,
        draft=draft,
        apart=found.apart if is_told_apart else (None, None, None),
        others=[(code, _shown(hits)) for code, hits in found.others],
        log=(None, None, None) if any_small(found.log) else found.log,
        months=list(zip(months, map(list, zip(*columns, strict=True)), strict=True)),
    )


def _side(side: Side, found: Figures) -> Side:
    levels = _levels(side)
    return replace(
        side,
        hits=_shown(side.hits),
        people=_shown(side.people),
        a_day=None if is_small(side.hits) else side.a_day,
        busiest=_shown(side.busiest),
        busiest_on=None if is_small(side.busiest) else side.busiest_on,
        daily=_daily(side, found),
        by_code=[list(column) for column in zip(*(codes for codes, _sum in levels), strict=True)],
        level_sums=[total for _codes, total in levels],
        work=_work(side.work),
        churn=_churn(side.churn),
        meets=[None if any_small((met, (side.hits or 0) - (met or 0))) else met for met in side.meets],
        alone=None if any_small((side.alone, (side.hits or 0) - (side.alone or 0))) else side.alone,
    )


def _levels(side: Side) -> list[tuple[Numbers, int | None]]:
    """Return per level the hits by code and their sum; a level whose sum hides shows no code either."""
    rows = [[column[level] or 0 for column in side.by_code] for level in range(len(side.level_sums))]
    gone_sums = hidden([[total or 0] for total in side.level_sums], closes_rows=False)
    whole = [(row, code) for row, _ in gone_sums for code in range(len(side.by_code))]
    gone = hidden(rows, gone=whole)
    return [
        (
            [None if (row, code) in gone else number for code, number in enumerate(codes)],
            None if (row, 0) in gone_sums else side.level_sums[row],
        )
        for row, codes in enumerate(rows)
    ]


def _daily(side: Side, found: Figures) -> Numbers:
    """Return the days: those of a month close its sum, and a month that hides shows no day."""
    ordinals = [month_of(day) for day in found.days]
    place = [month for month, _numbers in found.months]
    column = 0 if side.name == "live" else 2
    sums = dict(zip(place, _line([numbers[column] for _month, numbers in found.months]), strict=True))
    shown: dict[int, Numbers] = {}
    for month in place:
        days = [number for number, ordinal in zip(side.daily, ordinals, strict=True) if ordinal == month]
        shown[month] = [None] * len(days) if sums[month] is None else _line(days)
    return [number for month in place for number in shown[month]]


def _work(work: Work) -> Work:
    if not any_small((work.calls, work.busiest_calls)):
        return work
    busiest = _shown(work.busiest_calls)
    if not is_small(work.calls):
        return replace(work, busiest_calls=busiest)
    return Work(calls=None, calls_a_day=None, dials_a_day=None, heads=None, busiest_calls=None, cost_fen=None)


def _churn(churn: Churn) -> Churn:
    """Return who left, stayed and is open, which close to the hits, and who was caught and missed; shares follow."""
    left, stayed, still = _line([churn.left, churn.stayed, churn.open])
    caught, missed = _line([churn.caught, churn.missed])
    hits_hide, departures_hide = None in (left, stayed), None in (caught, missed)
    return replace(
        churn,
        shown=(left, stayed, still, caught, missed),
        hides_precision=hits_hide,
        hides_recall=departures_hide,
    )


def _line(numbers: Sequence[int | None]) -> Numbers:
    """Return numbers whose sum is shown, without the small ones and what gives them away."""
    known = [number or 0 for number in numbers]
    gone = hidden([known], closes_columns=False)
    return [None if (0, place) in gone else number for place, number in enumerate(known)]


def _shown(number: int | None) -> int | None:
    return None if is_small(number) else number
