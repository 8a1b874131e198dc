"""What a night counts over the months of the stages: rollups of their own kinds, per bucket and summed at the merge.

kind "stage_at_risk", "stage_left", "stage_to_exit": `row` stage, `column` months spent in it (1 …).
kind "stage_flap": `row` stage, `column` 4 × months since the leaving + k: k = 0 who left, k = 1 … 3 who was back after k.
kind "stage_exit": `row` months since the exit, `column` 0 who left us, 1 who of them is with us, with their revenue.
kind "stage_flow", "stage_flow_then": `row` stage a month ago, `column` stage now, with the bills of now and of then.
kind "stage_growth": `row` months back, `column` 0 in growth then, 1 below mid/high then, 2 of these mid/high now.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from customers.frame import Frame
from customers.models import Run
from cvm.night.parcel import Arrays
from lifecycle import journeys
from lifecycle.paths import stage_at, steps, told_months
from segmentation.models import Band
from segmentation.tiers import TierThresholds, band_of, held_sum, was_in_network

LASTING = ("stage_at_risk", "stage_left", "stage_to_exit")
FLAP, EXIT, GROWTH, FLOW, FLOW_THEN = "stage_flap", "stage_exit", "stage_growth", "stage_flow", "stage_flow_then"
FLAP_COLUMNS = 1 + journeys.BACK_WITHIN
HORIZONS = (3, 6, 12)  # months over which growth may have become mid/high
BILLS_OF_A_BAND = 3

INSERT = """
insert into customers_rollup (run_id, kind, county_id, "row", "column", customers, revenue_fen)
select %(run)s, cell.*
from unnest(%(kind)s::text[], %(county_id)s::int[], %(row)s::int[], %(column)s::int[], %(customers)s::int[],
            %(revenue_fen)s::bigint[]) as cell
"""


def report(frame: Frame, run: Run) -> Arrays:
    """Return one bucket's counts for its parcel: arrays of fixed shape, the counties of the plan first."""
    counties = np.array(run.plan["counties"], dtype=np.int64)
    place, places = np.searchsorted(counties, frame["county_id"]), len(counties)
    told = steps(frame["stage_path"], months=told_months(run.plan["history_months"]))
    growth = np.zeros((places, len(HORIZONS), 3), np.int64)
    policy = TierThresholds(**run.plan["tier"])
    for back in horizons(run):
        growth[:, HORIZONS.index(back)] = _growth(frame, policy, place, places, back=back)
    return {
        "stage_lasting": journeys.lasting(told, place, places=places),
        FLAP: journeys.flapping(told, place, places=places),
        EXIT: journeys.leaving(told, place, frame["cum3_fen"].astype(np.int64), places=places),
        GROWTH: growth,
        FLOW: flow(frame["stage_path"], frame.history["arpu_fen"][:2], place, places=places),
    }


def flow(
    path: journeys.Int64, bills: Sequence[npt.NDArray[np.generic]], place: journeys.Place, *, places: int
) -> journeys.Int64:
    """Return [3, places, STAGES, STAGES]: customers by stage a month ago and now, their bills of now and of then (newest first)."""
    cell = (place * journeys.STAGES + stage_at(path, back=1)) * journeys.STAGES + stage_at(path, back=0)
    found = np.zeros((3, places * journeys.STAGES**2), np.int64)
    found[0] = np.bincount(cell, minlength=found.shape[1])
    for number, fen in enumerate(bills, 1):
        # floats are exact here: a branch's month stays far below 2**53 fen
        found[number] = np.rint(np.bincount(cell, weights=fen, minlength=found.shape[1])).astype(np.int64)
    return found.reshape(3, places, journeys.STAGES, journeys.STAGES)


def horizons(run: Run) -> list[int]:
    """Return the horizons of growth for which stage and band are known so many months back."""
    months, grace = run.plan.get("history_months", 0), TierThresholds(**run.plan["tier"]).grace_months
    return [back for back in HORIZONS if back < told_months(months) and back + BILLS_OF_A_BAND + grace - 1 <= months]


def write(run: Run, totals: Arrays) -> None:
    """Write the cells of a run that hold anybody, from the sums over all buckets (taken out of `totals`)."""
    parts = [*_lasting(totals.pop("stage_lasting")), _flap(totals.pop(FLAP)), _exit(totals.pop(EXIT))]
    parts += _flow(totals.pop(FLOW)) if told_months(run.plan.get("history_months", 0)) > 1 else []
    parts.append((GROWTH, _rows_first(totals.pop(GROWTH), HORIZONS), None))
    for kind, cells, money in parts:
        _write(run, kind, cells, money)


def _growth(frame: Frame, policy: TierThresholds, place: journeys.Place, places: int, *, back: int) -> journeys.Int64:
    band = band_of(held_sum(frame, policy, back=back), was_in_network(frame, back=back), policy)
    then = stage_at(frame["stage_path"], back=back)
    return journeys.conversion(then, band >= Band.MID, frame["band"] >= Band.MID, place, places=places)


Cells = dict[tuple[int, int], np.ndarray[Any, Any]]  # (row, column) -> customers per county


def _lasting(counted: journeys.Int64) -> list[tuple[str, Cells, None]]:
    return [
        (
            kind,
            {
                (stage, months): counted[:, number, stage, months]
                for stage in range(1, journeys.STAGES)
                for months in range(counted.shape[3])
            },
            None,
        )
        for number, kind in enumerate(LASTING)
    ]


def _flap(counted: journeys.Int64) -> tuple[str, Cells, None]:
    cells = {
        (stage, FLAP_COLUMNS * (index + journeys.BACK_WITHIN) + after): counted[:, index, stage, after]
        for index in range(counted.shape[1])
        for stage in range(1, journeys.STAGES)
        for after in range(FLAP_COLUMNS)
    }
    return FLAP, cells, None


def _exit(counted: journeys.Int64) -> tuple[str, Cells, Cells]:
    backs = range(counted.shape[1])
    cells = {(back, column): counted[:, back, column] for back in backs for column in (0, 1)}
    return EXIT, cells, {(back, 1): counted[:, back, 2] for back in backs}


def _flow(counted: journeys.Int64) -> list[tuple[str, Cells, Cells]]:
    """Return the flow of the newest month twice: with the bills of now, and with those of then."""
    stages = range(journeys.STAGES)
    customers, now, then = ({(b, a): part[:, b, a] for b in stages for a in stages} for part in counted)
    return [(FLOW, customers, now), (FLOW_THEN, customers, then)]


def _rows_first(counted: journeys.Int64, rows: tuple[int, ...]) -> Cells:
    return {
        (row, column): counted[:, number, column]
        for number, row in enumerate(rows)
        for column in range(counted.shape[2])
    }


def _write(run: Run, kind: str, cells: Cells, money: Cells | None) -> None:
    found = [
        (kind, county, row, column, int(number), int(money[row, column][at]) if money and (row, column) in money else 0)
        for (row, column), numbers in cells.items()
        for at, (county, number) in enumerate(zip(run.plan["counties"], numbers.tolist(), strict=True))
        if number
    ]
    names = ("kind", "county_id", "row", "column", "customers", "revenue_fen")
    columns = dict(zip(names, (list(values) for values in zip(*found, strict=True)), strict=False))
    if found:
        with connection.cursor() as cursor:
            cursor.execute(INSERT, {"run": run.pk, **columns})
