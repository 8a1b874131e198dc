"""How the kept members of a cohort move from month end to month end, kept like money. Pure NumPy, integers only.

opening + entered + returned - lost off network - lost by value = closing. Who moves how is read from cohort_path alone,
the same column whose bits the customer list decodes: a number here and the list behind it cannot disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from segmentation.cohort import LOST_OFF_NETWORK, LOST_VALUE, OUTSIDE, PATH_BITS, RETAINED, CohortTerms

Int64 = npt.NDArray[np.int64]

# Movement -> the states of the month end before and of this one that make it.
MOVES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "entered": ((OUTSIDE,), (RETAINED,)),
    "returned": ((LOST_OFF_NETWORK, LOST_VALUE), (RETAINED,)),
    "lost_off_network": ((RETAINED,), (LOST_OFF_NETWORK,)),
    "lost_value": ((RETAINED,), (LOST_VALUE,)),
}
FIELDS = (*MOVES, "closing", "revenue_fen")
MONTH_STATES = 1 << PATH_BITS
STATE_MASK = MONTH_STATES - 1
STEPS = MONTH_STATES * MONTH_STATES  # pairs of the state before and the state now


@dataclass(frozen=True)
class Movements:
    """Numbers by place and month: one entry of county, layer and manager per place, cells [places, months, FIELDS]."""

    county: Int64
    layer: Int64
    manager: Int64
    cells: Int64


def movements(frame: Frame, terms: CohortTerms, *, months: Sequence[int]) -> Movements:
    """Return who moved how in each month (ordinals, in order), by the county, layer and manager of the run.

    Needs county_id, layer, manager_id, cohort_path and the bills of the months. Nobody is kept before the first month
    of the books. `revenue_fen` is the month's bills of those kept at its end.
    """
    rows = np.flatnonzero(frame["cohort_path"])
    places, place = _places(frame, rows)
    cells = np.zeros((len(places), len(months), len(FIELDS)), dtype=np.int64)
    path = frame["cohort_path"][rows]
    for position, month in enumerate(months):
        step = _step(path, month - terms.base_month)
        counted = np.bincount(place * STEPS + step, minlength=len(places) * STEPS)
        counted = counted.reshape(-1, MONTH_STATES, MONTH_STATES)
        for field, (before, now) in enumerate(MOVES.values()):
            cells[:, position, field] = counted[:, before][:, :, now].sum(axis=(1, 2))
        cells[:, position, -2] = counted[:, :, RETAINED].sum(axis=1)
        bills = frame.history["arpu_fen"][frame.month - month][rows]
        cells[:, position, -1] = _fen(bills, place, step & STATE_MASK == RETAINED, places=len(places))
    return Movements(places[:, 0], places[:, 1], places[:, 2], cells)


def path_bits(what: str, *, index: int) -> tuple[int, list[int]]:
    """Return the mask of cohort_path, and its values, for who stands in a number of a month end (0 = base month).

    `what` is a movement of MOVES, opening, closing or members. No values: nobody can stand there.
    """
    if what in MOVES:
        before, now = MOVES[what]
    elif what == "opening":
        before, now = (RETAINED,), tuple(range(MONTH_STATES))
    else:
        kept = (RETAINED,)
        before, now = tuple(range(MONTH_STATES)), kept if what == "closing" else (*kept, LOST_OFF_NETWORK, LOST_VALUE)
    if not index:
        return STATE_MASK, [state for state in now if OUTSIDE in before]
    shift = PATH_BITS * (index - 1)
    return (STEPS - 1) << shift, [(old | new << PATH_BITS) << shift for old in before for new in now]


def openings(closing: Int64) -> Int64:
    """Return what each month opens with, from what each closes with [places, months]: nothing before the first."""
    opening = np.zeros_like(closing)
    opening[:, 1:] = closing[:, :-1]
    return opening


def summed(cells: Int64, *keys: Int64) -> tuple[list[Int64], Int64]:
    """Return the distinct keys and the cells of each added up over its places; exact for any number of places."""
    if not len(cells):
        return [key[:0] for key in keys], cells
    order = np.lexsort(keys[::-1])
    ordered = [key[order] for key in keys]
    is_first = np.ones(len(order), dtype=np.bool_)
    is_first[1:] = np.any([key[1:] != key[:-1] for key in ordered], axis=0)
    return [key[is_first] for key in ordered], np.add.reduceat(cells[order], np.flatnonzero(is_first), axis=0)


def _places(frame: Frame, rows: npt.NDArray[np.intp]) -> tuple[Int64, npt.NDArray[np.intp]]:
    """Return the places (county, layer, manager) in order, and at which of them each of the rows stands."""
    keys = np.stack([frame[name][rows].astype(np.int64) for name in ("county_id", "layer", "manager_id")], axis=1)
    places, place = np.unique(keys, axis=0, return_inverse=True)
    return places, place.reshape(-1)


def _step(path: npt.NDArray[np.generic], index: int) -> npt.NDArray[np.intp]:
    """Return state before * 4 + state at the month end; nobody has a state before the base month."""
    now = path.astype(np.intp) >> PATH_BITS * index & STATE_MASK
    before = path.astype(np.intp) >> PATH_BITS * (index - 1) & STATE_MASK if index else np.zeros_like(now)
    step: npt.NDArray[np.intp] = before * MONTH_STATES + now
    return step


def _fen(
    bills: npt.NDArray[np.generic], place: npt.NDArray[np.intp], is_kept: npt.NDArray[np.bool_], *, places: int
) -> Int64:
    total = np.zeros(places, dtype=np.int64)
    np.add.at(total, place[is_kept], bills[is_kept].astype(np.int64))
    return total
