"""What a back-test needs to know, fixed when it is asked for; and what of it cannot be known about past days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from django.db.models import Max

from customers.models import Branch, HistoryBlock, Run
from customers.noting import NOTED, noted_nights
from customers.past import TOLD_BEFORE, newest_closed
from cvm.backtests.bucket import look_of
from cvm.backtests.days import REBUILT
from cvm.lib.months import last_day, month_of
from cvm.night.plan import frozen_through
from lifecycle.backtest.reads import Reads
from lifecycle.backtest.sparing import spared
from lifecycle.models import MomentKind
from lifecycle.moments.terms import kinds_of
from lifecycle.policies import moment_rows
from segmentation.cohort import CohortTerms
from segmentation.models import Cohort, TierPolicy
from segmentation.policies import PARAMETERS, from_row

WITHIN_DAYS = 90  # a churner leaves within so many days after the moment
WARM_DAYS = 92  # so many days before the first are played too, so that their cool-down counts
BESIDE_THRESHOLDS = ("cool_down_days", "repeats", "counties")  # what else decides whom a kind finds, and how often
LOG_NIGHTS = 31  # so many of the last nights are played again and compared with what they wrote down


@dataclass(frozen=True)
class Reach:
    """From which day a kind can be tried; None: on no past day.

    `unknown`: columns nobody keeps; `noted`: columns without which it says nothing, known since the nights note them.
    """

    first: dt.date | None
    unknown: tuple[str, ...] = ()
    months: int = 1
    oldest: int = 0  # the first month with bills
    noted: tuple[str, ...] = ()


class CannotBeTried(Exception):
    """No day of the past twelve months can be rebuilt for this kind; `reach` says why."""

    def __init__(self, reach: Reach) -> None:
        super().__init__(reach)
        self.reach = reach


class Ground(NamedTuple):
    """What every kind stands on: the published run, the first month with bills, and what the nights have noted."""

    run: Run
    oldest: int
    states: dt.date | None  # the first night that noted changes of state
    nights: list[tuple[int, dt.date]]  # those that noted what is kept only as it is now, oldest first


def ground_of(run: Run) -> Ground:
    """Return what is known of the past as of a run; three queries."""
    return Ground(run, oldest_month(month_of(run.month)), noted_since(), noted_nights(run))


def reach_of(code: str, look: Reads, ground: Ground) -> Reach:
    """Return from which day a kind that looks at this can be tried, at the earliest a year before the run."""
    run, oldest, _states, nights = ground
    unknown = tuple(sorted(look.columns - REBUILT - NOTED))
    noted = tuple(sorted((look.columns & NOTED) - TOLD_BEFORE - spared(code)))
    reach = Reach(None, unknown, look.months, oldest, noted)
    if unknown or (noted and not nights):
        return reach
    day = run.as_of.replace(year=run.as_of.year - 1) if (run.as_of.month, run.as_of.day) != (2, 29) else None
    day = (day or dt.date(run.as_of.year - 1, 2, 28)) + dt.timedelta(days=1)
    if noted:
        day = max(day, nights[0][1])
    while day <= run.as_of and not _has_bills(look, day, oldest, month_of(run.month)):
        day = max(day + dt.timedelta(days=1), last_day(month_of(day)))
    return replace(reach, first=day if day <= run.as_of else None)


def fix_plan(kind: MomentKind, *, draft: Mapping[str, Any], run: Run) -> dict[str, Any]:
    """Return the plan of a back-test as plain JSON values; raises CannotBeTried."""
    rows = moment_rows()
    row = next(one for one in rows if one["pk"] == kind.pk)
    ground = ground_of(run)
    reach = reach_of(kind.code, _look(row), ground)
    if reach.first is None:
        raise CannotBeTried(reach)
    enabled = [one for one in rows if one["is_enabled"] and one["pk"] != kind.pk]
    reaches = {one["code"]: reach_of(one["code"], _look(one), ground) for one in enabled}
    first, newest, tier = reach.first, month_of(run.month), TierPolicy.objects.get(status=TierPolicy.Status.LIVE)
    warm = first - dt.timedelta(days=min(max(draft["cool_down_days"], row["cool_down_days"]), WARM_DAYS))
    while warm < first and not _has_bills(_look(row), warm, reach.oldest, newest):
        warm += dt.timedelta(days=1)
    return {
        "run": run.pk,
        "as_of": run.as_of.isoformat(),
        "month": newest,
        "kind": kind.pk,
        "code": kind.code,
        "live": values_of(row),
        "draft": dict(draft),
        "kinds": [*enabled, row],
        "others": [code for code, other in reaches.items() if other.first is not None and other.first <= first],
        "left_out": sorted(code for code, other in reaches.items() if other.first is None or other.first > first),
        "first": first.isoformat(),
        "last": run.as_of.isoformat(),
        "warm": warm.isoformat(),
        "within": WITHIN_DAYS,
        "noted_since": ground.states.isoformat() if ground.states else None,
        "nights": [[night, day.isoformat()] for night, day in ground.nights],
        "tier": asdict(from_row(tier)),
        "tier_version": tier.version,
        "cohorts": {str(year): _cohort(year) for year in _years(warm, run)},
        "counties": sorted(Branch.objects.filter(kind=Branch.Kind.COUNTY).values_list("pk", flat=True)),
        "history": history_mark(),
        "log": log_of(row, run, noted={night for night, _day in ground.nights}),
    }


def values_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a draft may change of a kind's row."""
    return {"thresholds": dict(row["thresholds"]), **{name: row[name] for name in BESIDE_THRESHOLDS}}


def log_of(row: Mapping[str, Any], run: Run, *, noted: Container[int]) -> dict[str, list[dict[str, Any]]]:
    """Return the last nights that ran with these very terms, and the nights before them whose cool-down may run.

    A kind that looks at something the nights note can be compared with those that noted it only.
    """
    nights, needs_notes = _published(run, row), bool(_look(row).columns & NOTED)
    same = []
    for night in reversed(nights):
        if len(same) == LOG_NIGHTS or not night["is_same"] or (needs_notes and night["run"] not in noted):
            break
        same.append(night)
    same.reverse()
    before = nights[: len(nights) - len(same)]
    first = dt.date.fromisoformat(same[0]["as_of"]) if same else run.as_of
    memory = first - dt.timedelta(days=max(row["cool_down_days"], 62))
    return {
        "nights": [_told(night) for night in same],
        "before": [_told(night) for night in before if dt.date.fromisoformat(night["as_of"]) >= memory],
    }


def oldest_month(newest: int) -> int:
    """Return the first of the months (ordinals) with packed bills that follow each other without a gap up to `newest`."""
    months = {month_of(month) for month in HistoryBlock.objects.values_list("month", flat=True).distinct()}
    oldest = newest
    while oldest - 1 in months:
        oldest -= 1
    return oldest


def noted_since() -> dt.date | None:
    """Return the day of the first published night that noted changes of state."""
    nights = Run.objects.filter(status=Run.Status.PUBLISHED, plan__notes_states=True)
    return nights.order_by("as_of").values_list("as_of", flat=True).first()


def history_mark() -> dict[str, int]:
    """Return numbers that change with any change of the packed bills: whoever tried before has tried something else."""
    seen = HistoryBlock.objects.aggregate(revisions=Max("revision"), newest=Max("pk"))
    return {"blocks": HistoryBlock.objects.count(), "revision": seen["revisions"] or 0, "newest": seen["newest"] or 0}


def kind_reach(row: Mapping[str, Any], ground: Ground) -> Reach:
    """Return from which day a kind can be tried with what its terms look at now."""
    return reach_of(row["code"], _look(row), ground)


def _look(row: Mapping[str, Any]) -> Reads:
    return look_of(kinds_of([{**row, "is_enabled": True}])[0])


def _has_bills(look: Reads, day: dt.date, oldest: int, newest: int) -> bool:
    month = min(newest_closed(day), newest)
    return month - look.months_at(month) + 1 >= oldest


def _published(run: Run, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the nights that count, oldest first, one per day; `is_same`: the kind had the terms it has now."""
    found: dict[dt.date, dict[str, Any]] = {}
    nights = Run.objects.filter(status=Run.Status.PUBLISHED, as_of__lte=run.as_of).order_by("as_of", "pk")
    for pk, as_of, month, kinds in nights.values_list("pk", "as_of", "month", "plan__moments"):
        then = next((kind for kind in kinds or [] if kind["pk"] == row["pk"]), None)
        found[as_of] = {
            "run": pk,
            "as_of": as_of.isoformat(),
            "month": month_of(month),
            "is_same": bool(then and then["is_enabled"] and _terms(then) == _terms(row)),
        }
    return list(found.values())


def _terms(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: row.get(name)
        for name in ("thresholds", "cool_down_days", "repeats", "counties", "needs_tags", "not_for_tags")
    }


def _told(night: Mapping[str, Any]) -> dict[str, Any]:
    return {name: night[name] for name in ("run", "as_of", "month")}


def _years(warm: dt.date, run: Run) -> Iterable[int]:
    first = min(newest_closed(warm), month_of(run.month)) // 12
    logged = [month_of(run.month) // 12, first]
    return range(min(logged) - 1, max(logged) + 1)


def _cohort(year: int) -> dict[str, Any]:
    """Return the terms of a year's cohort without opening it: those of its row, else of the row before."""
    row = Cohort.objects.filter(year=year).first()
    source = row or Cohort.objects.filter(year__lt=year).order_by("-year").first() or Cohort()
    frozen = frozen_through(row) if row else 0
    terms = CohortTerms(year=year, frozen_through=frozen, **{name: getattr(source, name) for name in PARAMETERS})
    return {"id": row.pk if row else None, "terms": asdict(terms)}
