"""The measures of the stages: out of the night's rollups for counties, counted anew for any narrower list."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customers.models import Rollup, Run
from customers.queries import Matrix, cells_by_kind
from cvm.night.stage_counts import EXIT, FLAP, FLAP_COLUMNS, FLOW, FLOW_THEN, GROWTH, LASTING
from cvm.stages.flow import Flow, Flows, Paths
from lifecycle import journeys
from lifecycle.paths import PATH_MONTHS, steps

PRODUCTS = "stage_products"
COUNTED = (*LASTING, FLAP, EXIT)


@dataclass(frozen=True)
class Measures:
    """Integer counts; shapes as in lifecycle/journeys.py without the places."""

    lasting: journeys.Int64  # [3, STAGES, PATH_MONTHS + 1]
    flapping: journeys.Int64  # [FLAPPING_MONTHS, STAGES, 1 + BACK_WITHIN]
    leaving: journeys.Int64  # [PATH_MONTHS, 3]
    growth: Matrix | None = None  # (months back, step) -> customers; None: not counted for this list
    products: Matrix | None = None  # (stage, products) -> customers


def of_paths(paths: Paths, *, months: int) -> Measures:
    """Return the measures of a list of customers from their paths."""
    told, nowhere = steps(paths.path, months=months), np.zeros(len(paths.path), np.int64)
    return Measures(
        journeys.lasting(told, nowhere, places=1)[0],
        journeys.flapping(told, nowhere, places=1)[0],
        journeys.leaving(told, nowhere, paths.revenue_fen, places=1)[0],
    )


def of_counties(run: Run, *, county_ids: list[int] | None) -> Measures | None:
    """Return the measures of these counties (None: all) as the night counted them; None for a night that did not."""
    if not Rollup.objects.filter(run=run, kind=PRODUCTS).exists():
        return None
    cells = cells_by_kind(run, county_ids=county_ids, kinds=[*COUNTED, GROWTH, PRODUCTS])
    lasting = np.zeros((len(LASTING), journeys.STAGES, PATH_MONTHS + 1), np.int64)
    for number, kind in enumerate(LASTING):
        for at, cell in cells[kind].items():
            lasting[number][at] = cell.customers
    flapping = np.zeros((journeys.FLAPPING_MONTHS, journeys.STAGES, FLAP_COLUMNS), np.int64)
    for (stage, column), cell in cells[FLAP].items():
        back, after = divmod(column, FLAP_COLUMNS)
        flapping[back - journeys.BACK_WITHIN, stage, after] = cell.customers
    leaving = np.zeros((PATH_MONTHS, 3), np.int64)
    for (back, column), cell in cells[EXIT].items():
        leaving[back, column] = cell.customers
        leaving[back, 2] += cell.revenue_fen
    return Measures(lasting, flapping, leaving, cells[GROWTH], cells[PRODUCTS])


def newest_flow(run: Run, *, county_ids: list[int] | None) -> Flows:
    """Return the flow of a run's newest month as the night counted it; nothing of nights that did not."""
    cells = cells_by_kind(run, county_ids=county_ids, kinds=[FLOW, FLOW_THEN])
    return {
        at: Flow(cell.customers, cells[FLOW_THEN][at].revenue_fen, cell.revenue_fen)
        for at, cell in cells.get(FLOW, {}).items()
    }
