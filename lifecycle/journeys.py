"""What the months of many customers say about the stages: how long one lasts, who comes back. Pure NumPy, integers only.

`steps` are stages as [months, customers], oldest month first (lifecycle/paths.py), `place` the county of each customer
as a position; every result is [places, …] and adds up over customers, buckets and places.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from lifecycle.paths import PATH_MONTHS, Steps

# The numbers of lifecycle.models; test_journeys holds the two together.
GROWTH, EXIT = 2, 5
STAGES = 6  # with 0, the time before the first month
BACK_WITHIN = 3  # months in which whoever left a stage and is there again has flapped
FLAPPING_MONTHS = 12  # of leavings counted

Int64 = npt.NDArray[np.int64]
Place = npt.NDArray[np.integer]


def lasting(steps: Steps, place: Place, *, places: int) -> Int64:
    """Return [places, 3, STAGES, PATH_MONTHS + 1]: at risk, left, and left for exit, by stage and months spent in it.

    A customer who entered a stage within the months is at risk after d month ends in it, if the next month is known,
    and has left when that month shows another stage. Stages under way in the oldest month began nobody knows when: out.
    """
    found = np.zeros((3, places * STAGES * (PATH_MONTHS + 1)), np.int64)
    spent = np.zeros(steps.shape[1], np.int64)  # month ends in the present stage; 0 = began before the first month
    for before, now in pairwise(steps):
        is_new = before != now
        at_risk = np.flatnonzero((spent > 0) & (before > 0))
        cell = (place[at_risk] * STAGES + before[at_risk]) * (PATH_MONTHS + 1) + spent[at_risk]
        left, exits = is_new[at_risk], now[at_risk] == EXIT
        for number, rows in enumerate((slice(None), left, left & exits)):
            found[number] += np.bincount(cell[rows], minlength=found.shape[1])
        spent = np.where(is_new, 1, np.where(spent > 0, spent + 1, 0))
    return found.reshape(3, places, STAGES, PATH_MONTHS + 1).swapaxes(0, 1)


def flapping(steps: Steps, place: Place, *, places: int) -> Int64:
    """Return [places, FLAPPING_MONTHS, STAGES, 1 + BACK_WITHIN]: who left a stage, and who of them was back after k months.

    The newest month of leavings (index 0) is BACK_WITHIN months before the newest known one: only who could have come
    back is counted. Once back after k months nobody counts for a later one.
    """
    months = len(steps)
    found = np.zeros((places, FLAPPING_MONTHS, STAGES, 1 + BACK_WITHIN), np.int64)
    for index, month in enumerate(range(months - 1 - BACK_WITHIN, 0, -1)):
        if index == FLAPPING_MONTHS:
            break
        rows = np.flatnonzero((steps[month] != steps[month - 1]) & (steps[month - 1] > 0))
        stage, at = steps[month - 1][rows], place[rows]
        is_back = np.zeros(len(rows), np.bool_)
        found[:, index, :, 0] = _by_stage(stage, at, places=places)
        for later in range(1, 1 + BACK_WITHIN):
            returns = ~is_back & (steps[month + later][rows] == stage)
            found[:, index, :, later] = _by_stage(stage[returns], at[returns], places=places)
            is_back |= returns
    return found


def leaving(steps: Steps, place: Place, revenue_fen: Int64, *, places: int) -> Int64:
    """Return [places, PATH_MONTHS, 3]: who exited so many months before the newest, who is no longer in exit, their revenue."""
    found = np.zeros((places, PATH_MONTHS, 3), np.int64)
    newest = steps[-1]
    for back in range(len(steps) - 1):
        now, before = steps[len(steps) - 1 - back], steps[len(steps) - 2 - back]
        rows = np.flatnonzero((now == EXIT) & (before > 0) & (before != EXIT))
        found[:, back, 0] = np.bincount(place[rows], minlength=places)
        rows = rows[newest[rows] != EXIT]
        found[:, back, 1] = np.bincount(place[rows], minlength=places)
        np.add.at(found[:, back, 2], place[rows], revenue_fen[rows])
    return found


def conversion(
    then: Steps, was_valuable: npt.NDArray[np.bool_], is_valuable: npt.NDArray[np.bool_], place: Place, *, places: int
) -> Int64:
    """Return [places, 3]: who was in growth then, of them who was not valuable yet, and of these who is valuable now."""
    grew = then == GROWTH
    masks = (grew, grew & ~was_valuable, grew & ~was_valuable & is_valuable)
    return np.stack([np.bincount(place[mask], minlength=places) for mask in masks], axis=1)


def survival(at_risk: list[int], left: list[int]) -> list[Fraction]:
    """Return the share still there after 0, 1, 2 … months (Kaplan and Meier), exact; ends where nobody is at risk."""
    shares = [Fraction(1)]
    for risk, gone in zip(at_risk, left, strict=True):
        if not risk:
            break
        shares.append(shares[-1] * (risk - gone) / risk)
    return shares


def incidence(at_risk: list[int], left: list[int], cause: list[int]) -> list[Fraction]:
    """Return the share gone for one cause after 0, 1, 2 … months, other ways out taken into account (Aalen, Johansen)."""
    there, shares = survival(at_risk, left), [Fraction(0)]
    for share, risk, gone in zip(there, at_risk[: len(there) - 1], cause, strict=False):
        shares.append(shares[-1] + share * gone / risk)
    return shares


def median_months(shares: list[Fraction]) -> int | None:
    """Return after how many months at most half are still there; None where the months known do not say."""
    return next((months for months, share in enumerate(shares) if 2 * share <= 1), None)


def _by_stage(stage: Steps, place: Place, *, places: int) -> Int64:
    return np.bincount(place * STAGES + stage, minlength=places * STAGES).reshape(places, STAGES)
