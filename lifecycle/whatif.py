"""What a draft of the stage thresholds would do, exactly: the night's own rule on the published run's day."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from customers.models import Branch, Customer, Rollup, Run
from customers.versioning import Compared, Comparison
from lifecycle.models import Stage, StageDetail, StagePolicy
from lifecycle.policies import stage_thresholds
from lifecycle.signs import Signs, StageThresholds
from lifecycle.stage_actions import STAGES
from lifecycle.stage_frame import is_kept, stage_frames
from lifecycle.stages import newest_stages
from segmentation.whatif import Move

SHOWN_MOVERS = 50
SIDE = max(Stage) + 1
DETAILS = max(StageDetail) + 1
THREADS = min(4, os.cpu_count() or 1)

Numbers = npt.NDArray[np.int64]
Small = npt.NDArray[np.int8]


@dataclass(frozen=True)
class StageEffect:
    """One stage, or one sub-state of it, before and after. Revenue is the bill of three months, in fen."""

    value: int
    customers_before: int
    customers_after: int
    revenue_before_fen: int = 0
    revenue_after_fen: int = 0

    @property
    def change(self) -> str:
        change = self.customers_after - self.customers_before
        return f"{change:+,}" if change else "–"


@dataclass(frozen=True)
class CountyMoves:
    name: str
    moved: int
    into_decline: int
    out_of_decline: int


@dataclass(frozen=True)
class Mover:
    customer_id: int
    msisdn: str
    county: str
    before: int
    after: int
    average_fen: int


@dataclass(frozen=True)
class Movers:
    """Who would move: ids, stages and three-month bills, aligned, by bill from the highest."""

    ids: npt.NDArray[np.int32]
    county: npt.NDArray[np.int32]
    before: Small
    after: Small
    cum3_fen: Numbers

    def named(self, *, most: int | None = None) -> Iterator[Mover]:
        """Yield them with number and county, at most so many."""
        for start in range(0, len(self.ids) if most is None else min(most, len(self.ids)), 1000):
            stop = min(start + 1000, len(self.ids) if most is None else most)
            chosen = [int(pk) for pk in self.ids[start:stop]]
            people = Customer.objects.select_related("county").in_bulk(chosen)
            for place, pk in enumerate(chosen, start=start):
                yield Mover(
                    customer_id=pk,
                    msisdn=people[pk].msisdn,
                    county=people[pk].county.name,
                    before=int(self.before[place]),
                    after=int(self.after[place]),
                    average_fen=int(self.cum3_fen[place]) // 3,
                )


@dataclass(frozen=True)
class Effect:
    """What the thresholds would do to every customer of the run."""

    run_id: int
    customers: int
    stages: list[StageEffect]
    details: list[StageEffect]
    moves: list[Move]
    counties: list[CountyMoves]
    movers: Movers
    seconds: float

    @property
    def moved(self) -> int:
        return len(self.movers.ids)

    @property
    def milliseconds(self) -> int:
        return round(self.seconds * 1000)

    @property
    def shown(self) -> list[Mover]:
        """Return the movers with the highest bills."""
        return list(self.movers.named(most=SHOWN_MOVERS))

    def as_record(self) -> dict[str, Any]:
        """Return what is kept with the published policy, to compare with the next night's result."""
        return {
            "run": self.run_id,
            "customers": self.customers,
            "stages": {str(row.value): row.customers_after for row in self.stages},
            "moved": self.moved,
        }


def effect(*, run: Run, draft: StageThresholds) -> Effect:
    """Return the draft's effect against the version in force, on the customers of the published run."""
    started = time.perf_counter()
    customers, revenue = np.zeros((SIDE, SIDE), np.int64), np.zeros((SIDE, SIDE), np.int64)
    details = np.zeros((2, DETAILS), np.int64)
    moved: list[Movers] = []
    for before, after in verdicts(run=run, draft=draft):
        pairs = before["stage"].astype(np.int64) * SIDE + after["stage"]
        customers += np.bincount(pairs, minlength=SIDE * SIDE).reshape(SIDE, SIDE)
        revenue += _sums(pairs, before["cum3_fen"])
        for row, judged in zip(details, (before, after), strict=True):
            row += np.bincount(judged["stage_detail"], minlength=DETAILS)
        moved.append(_movers(before, after))
    movers = _joined(moved)
    return Effect(
        run_id=run.pk,
        customers=int(customers.sum()),
        stages=[_stage_effect(customers, revenue, stage) for stage in Stage.values],
        details=[
            StageEffect(detail, int(details[0, detail]), int(details[1, detail])) for detail in StageDetail.values
        ],
        moves=_moves(customers, revenue),
        counties=_counties(movers),
        movers=movers,
        seconds=time.perf_counter() - started,
    )


def verdicts(*, run: Run, draft: StageThresholds) -> Iterator[tuple[Frame, Frame]]:
    """Yield every customer's stage under the version in force and under the draft, slice by slice."""
    live = stage_thresholds(STAGES.live())
    if not is_kept(run):
        for frame in stage_frames(run):
            yield newest_stages(frame, live), newest_stages(frame, draft)
        return
    yield from zip(live_verdicts(run.pk, live), _judged(run.pk, draft), strict=True)


@lru_cache(maxsize=1)
def live_verdicts(run_id: int, live: StageThresholds) -> list[Frame]:
    """Return what the version in force says of the kept customers, worked out once."""
    return _judged(run_id, live)


@lru_cache(maxsize=1)
def kept_signs(run_id: int) -> list[Signs]:
    """Return the kept customers slice by slice, each with the signs worked out for the thresholds tried last."""
    return [Signs(frame) for frame in stage_frames(Run.objects.get(pk=run_id))]


def _judged(run_id: int, policy: StageThresholds) -> list[Frame]:
    """Judge the slices side by side: NumPy lets the other threads work meanwhile."""
    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(lambda signs: _verdict(signs, policy), kept_signs(run_id)))


def _verdict(signs: Signs, policy: StageThresholds) -> Frame:
    """Return the frame with what a preview compares and nothing else, so that little is kept."""
    frame = newest_stages(signs.frame, policy, signs=signs)
    names = ("id", "county_id", "cum3_fen", "stage", "stage_detail")
    return Frame(frame.as_of, frame.month, {name: frame[name] for name in names}, {})


def preview_against_result(*, run: Run | None) -> Comparison | None:
    """Compare the live policy's preview with the published run; None when it was published without a preview."""
    live: StagePolicy = STAGES.live()
    if run is None or not live.preview:
        return None
    if run.policies.get("stage") != live.version:
        return Comparison(is_computed=False, rows=[])
    resulted = dict.fromkeys(Stage.values, 0)
    for stage, count in Rollup.objects.filter(run=run, kind="band_stage").values_list("column", "customers"):
        resulted[stage] = resulted.get(stage, 0) + count
    previewed = live.preview["stages"]
    return Comparison(True, [Compared(stage, previewed[str(stage)], resulted[stage]) for stage in Stage.values])


def _stage_effect(customers: Numbers, revenue: Numbers, stage: int) -> StageEffect:
    return StageEffect(
        value=stage,
        customers_before=int(customers[stage].sum()),
        customers_after=int(customers[:, stage].sum()),
        revenue_before_fen=int(revenue[stage].sum()),
        revenue_after_fen=int(revenue[:, stage].sum()),
    )


def _sums(pairs: Numbers, fen: Numbers) -> Numbers:
    """Return exact sums by pair: doubles hold whole fen up to 9e15, ninety trillion yuan."""
    return np.bincount(pairs, weights=fen, minlength=SIDE * SIDE).astype(np.int64).reshape(SIDE, SIDE)


def _moves(customers: Numbers, revenue: Numbers) -> list[Move]:
    cells = [(int(before), int(after)) for before, after in np.argwhere(customers) if before != after]
    found = [Move(before, after, int(customers[before, after]), int(revenue[before, after])) for before, after in cells]
    return sorted(found, key=lambda move: (-move.customers, move.before, move.after))


def _movers(before: Frame, after: Frame) -> Movers:
    rows = np.flatnonzero(before["stage"] != after["stage"])
    columns = (before["id"], before["county_id"], before["stage"], after["stage"], before["cum3_fen"])
    return Movers(*(column[rows] for column in columns))


def _joined(parts: list[Movers]) -> Movers:
    if not parts:
        nothing = np.zeros(0, np.int32)
        return Movers(nothing, nothing, nothing.astype(np.int8), nothing.astype(np.int8), nothing.astype(np.int64))
    names = ("ids", "county", "before", "after", "cum3_fen")
    columns = [np.concatenate([getattr(part, name) for part in parts]) for name in names]
    order = np.lexsort((columns[0], -columns[4]))
    return Movers(*(column[order] for column in columns))


def _counties(movers: Movers) -> list[CountyMoves]:
    names = Branch.objects.filter(kind=Branch.Kind.COUNTY).order_by("code").values_list("pk", "name")
    here = [(name, movers.county == pk) for pk, name in names]
    return [
        CountyMoves(
            name=name,
            moved=int(rows.sum()),
            into_decline=int((movers.after[rows] == Stage.DECLINE).sum()),
            out_of_decline=int((movers.before[rows] == Stage.DECLINE).sum()),
        )
        for name, rows in here
    ]
