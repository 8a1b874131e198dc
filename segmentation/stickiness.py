"""How firmly a customer is tied to us, 0 to 100 (S-104). Pure; the parts add up to the index.

The weights are a policy's (`TierPolicy`), in the beginning our own, ordered by how much leaving costs the customer,
until the branch measures them: a running contract holds hardest (and runs out, so each of its last twelve months
counts), the family and the colleagues' network come next, because leaving tears others along; paying by itself and
long years are habit; benefits are pleasant, and easily matched by others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.frame import Frame

CONTRACT_MONTHS = 12  # full points when bound for a year or longer
MOST_BENEFITS = 2
MOST_YEARS = 5
VNET_ORDERED, VNET_ACTIVE = 1, 2  # customers.Customer.Vnet
PAYS_BY_ITSELF = (2, 3, 4, 5)  # customers.Customer.PayMode: by bank, group or family


@dataclass(frozen=True)
class StickinessWeights:
    """Points of each tie; full points of all of them are 100 (`whole`)."""

    contract: int = 30
    family: int = 15
    vnet: int = 15
    idle_vnet: int = 5  # ordered but unused holds little
    autopay: int = 15
    year: int = 3  # for each full year, up to MOST_YEARS
    benefit: int = 5  # for each soft bundle, up to MOST_BENEFITS

    def most(self) -> dict[str, int]:
        """Return the full points of each part."""
        return {
            "contract": self.contract,
            "family": self.family,
            "vnet": self.vnet,
            "autopay": self.autopay,
            "tenure": self.year * MOST_YEARS,
            "benefits": self.benefit * MOST_BENEFITS,
        }


@dataclass(frozen=True)
class Ties:
    """What ties one customer, or as arrays many: months until the last contract ends, memberships, habits."""

    bound_months: Any = 0
    vnet: Any = 0
    has_family: Any = False
    soft_bundles: Any = 0
    tenure_months: Any = 0
    pays_by_itself: Any = False


@dataclass(frozen=True)
class Part:
    """One part of the index: its kind, its points, and how many it could have."""

    kind: str
    points: int
    most: int


def points(ties: Ties, weights: StickinessWeights) -> dict[str, Any]:
    """Return the points of each part, whole numbers or arrays of them, always in the same order."""
    months, years = np.clip(ties.bound_months, 0, CONTRACT_MONTHS), np.clip(ties.tenure_months // 12, 0, MOST_YEARS)
    is_active, is_ordered = ties.vnet == VNET_ACTIVE, ties.vnet == VNET_ORDERED
    return {
        "contract": weights.contract * months // CONTRACT_MONTHS,
        "family": weights.family * ties.has_family,
        "vnet": weights.vnet * is_active + weights.idle_vnet * is_ordered,
        "autopay": weights.autopay * ties.pays_by_itself,
        "tenure": weights.year * years,
        "benefits": weights.benefit * np.minimum(ties.soft_bundles, MOST_BENEFITS),
    }


def stickiness(ties: Ties, weights: StickinessWeights | None = None) -> tuple[Part, ...]:
    """Return the parts of one customer's index; `index` sums them."""
    weights = weights or StickinessWeights()
    most = weights.most()
    return tuple(Part(kind, int(found), most[kind]) for kind, found in points(ties, weights).items())


def index(parts: tuple[Part, ...]) -> int:
    """Return the stickiness index, the sum of its parts."""
    return sum(part.points for part in parts)


def indices(frame: Frame, weights: StickinessWeights) -> npt.NDArray[np.int64]:
    """Return everybody's index; the frame as `load_frame` gives it."""
    total = np.zeros(len(frame), np.int64)
    for found in points(ties_of(frame), weights).values():
        total += found
    return total


def ties_of(frame: Frame) -> Ties:
    """Return what ties everybody on the day of the frame; months of a contract are counted as begun."""
    return Ties(
        bound_months=np.where(frame["bundle_count"] > 0, _months_left(frame["bundle_end_day"], frame.today), 0),
        vnet=frame["vnet"],
        has_family=frame["is_in_family"].astype(np.int64),
        soft_bundles=frame["benefit_count"].astype(np.int64),
        tenure_months=frame["tenure_months"].astype(np.int64) - 1,  # the frame counts the month of joining as the first
        pays_by_itself=np.isin(frame["pay_mode"], PAYS_BY_ITSELF).astype(np.int64),
    )


def _months_left(end_day: npt.NDArray[Any], today: int) -> npt.NDArray[np.int64]:
    """Return the months until a day, a month begun being one, as customers.panels.Term counts them."""
    month, day = _month_and_day(end_day)
    this_month, this_day = _month_and_day(np.array([today]))
    left: npt.NDArray[np.int64] = month - this_month + (day >= this_day)
    return left


def _month_and_day(days: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    return months.astype(np.int64), (dates - months).astype(np.int64)
