"""Customers and revenue by county and up to two dimensions: counted per bucket, summed at the merge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from customers import facets
from customers.frame import Frame

Int64 = npt.NDArray[np.int64]
CELLS = 16  # codes of a dimension run from 0 to 15


@dataclass(frozen=True)
class Kind:
    """One kind of rollup: the columns it counts by and whose customers."""

    row: str
    column: str | None
    whose: str  # "all", "in_network" or "members"


KINDS = {
    "band_stage": Kind("band", "stage", "all"),
    "band_previous": Kind("previous_band", "band", "all"),
    "warning_band": Kind("warning", "band", "in_network"),
    "layer_code": Kind("layer", "code", "in_network"),
    "cohort": Kind("cohort_state", "layer", "members"),
    "state": Kind("state", None, "all"),
    "stage_products": Kind("stage", "products", "all"),
    **{f"by_{name}": Kind(name, "band", "all") for name in facets.FACETS},
}


class UnknownCounty(LookupError):
    """A customer belongs to a county the plan does not know."""


def count(frame: Frame, counties: Iterable[int]) -> dict[str, Int64]:
    """Return per kind an array [2, counties, CELLS, CELLS]: customers, and revenue in fen (three months' bills)."""
    known = np.array(list(counties), dtype=np.int64)
    place = _place(frame["county_id"], known)
    who = {
        "all": None,
        "in_network": np.flatnonzero(frame["is_in_network"]),
        "members": np.flatnonzero(frame["cohort_state"]),
    }
    return {name: _count(frame, kind, place, who[kind.whose], len(known)) for name, kind in KINDS.items()}


def cells(counted: Int64, counties: list[int]) -> dict[str, npt.NDArray[np.int64]]:
    """Return the cells that are not empty as the columns of the Rollup table (without run and kind)."""
    county, row, column = np.nonzero(counted[0])
    return {
        "county_id": np.array(counties, dtype=np.int64)[county],
        "row": row,
        "column": column,
        "customers": counted[0][county, row, column],
        "revenue_fen": counted[1][county, row, column],
    }


def _place(county_id: npt.NDArray[np.generic], known: Int64) -> npt.NDArray[np.int64]:
    place = np.searchsorted(known, county_id)
    if len(county_id) and (place.max(initial=0) >= len(known) or (known[place] != county_id).any()):
        raise UnknownCounty(sorted(set(county_id.tolist()) - set(known.tolist())))
    return place


def _codes(frame: Frame, name: str) -> npt.NDArray[np.generic]:
    return facets.codes(frame["facets"], name) if name in facets.FACETS else frame[name]


def _count(frame: Frame, kind: Kind, place: Int64, rows: npt.NDArray[np.intp] | None, counties: int) -> Int64:
    key = place * CELLS + _codes(frame, kind.row)
    key = key * CELLS + (_codes(frame, kind.column) if kind.column else 0)
    revenue = frame["cum3_fen"]
    if rows is not None:
        key, revenue = key[rows], revenue[rows]
    size = counties * CELLS * CELLS
    # floats are exact here: one bucket's sum stays far below 2**53 fen
    weighed = np.bincount(key, weights=revenue, minlength=size).astype(np.int64)
    return np.stack([np.bincount(key, minlength=size), weighed]).reshape(2, counties, CELLS, CELLS)
