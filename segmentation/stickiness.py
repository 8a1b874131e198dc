"""How firmly a customer is tied to us, 0 to 100 (S-104). Pure; the parts add up to the index.

Weights are our own, ordered by how much leaving costs the customer, until the branch measures them:
a running contract holds hardest (and runs out, so each of its last twelve months counts), the family and the
colleagues' network come next, because leaving tears others along; paying by itself and long years are habit;
benefits are pleasant, and easily matched by others.
"""

from __future__ import annotations

from dataclasses import dataclass

CONTRACT_POINTS, CONTRACT_MONTHS = 30, 12  # full points when bound for a year or longer
FAMILY_POINTS = 15
VNET_POINTS, IDLE_VNET_POINTS = 15, 5  # ordered but unused holds little
BENEFIT_POINTS, MOST_BENEFITS = 5, 2  # for each soft bundle
TENURE_POINTS, MOST_YEARS = 3, 5  # for each full year
AUTOPAY_POINTS = 15

VNET_ORDERED, VNET_ACTIVE = 1, 2  # customers.Customer.Vnet


@dataclass(frozen=True)
class Ties:
    """What ties one customer: months until the last contract ends, memberships, habits."""

    bound_months: int = 0
    vnet: int = 0
    has_family: bool = False
    soft_bundles: int = 0
    tenure_months: int = 0
    pays_by_itself: bool = False


@dataclass(frozen=True)
class Part:
    """One part of the index: its kind, its points, and how many it could have."""

    kind: str
    points: int
    most: int


def stickiness(ties: Ties) -> tuple[Part, ...]:
    """Return the parts of the index, always the same ones in the same order; `index` sums them."""
    months = max(0, min(ties.bound_months, CONTRACT_MONTHS))
    years = max(0, min(ties.tenure_months // 12, MOST_YEARS))
    vnet = {VNET_ACTIVE: VNET_POINTS, VNET_ORDERED: IDLE_VNET_POINTS}.get(ties.vnet, 0)
    return (
        Part("contract", CONTRACT_POINTS * months // CONTRACT_MONTHS, CONTRACT_POINTS),
        Part("family", FAMILY_POINTS * ties.has_family, FAMILY_POINTS),
        Part("vnet", vnet, VNET_POINTS),
        Part("autopay", AUTOPAY_POINTS * ties.pays_by_itself, AUTOPAY_POINTS),
        Part("tenure", TENURE_POINTS * years, TENURE_POINTS * MOST_YEARS),
        Part("benefits", BENEFIT_POINTS * min(ties.soft_bundles, MOST_BENEFITS), BENEFIT_POINTS * MOST_BENEFITS),
    )


def index(parts: tuple[Part, ...]) -> int:
    """Return the stickiness index, the sum of its parts."""
    return sum(part.points for part in parts)
