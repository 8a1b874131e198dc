"""What contact changes: the customers handled against a control group, or honestly unknown. Pure numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

FEWEST = 30  # on either side; fewer say nothing
Z = 1.96  # 95 % of a normal distribution


@dataclass(frozen=True)
class Side:
    """One side of the comparison: customers, how many are still in the network, their bills' change in fen."""

    customers: int = 0
    stayed: int = 0
    change_fen: float = 0.0
    deviation_fen: float = 0.0


@dataclass(frozen=True)
class Effect:
    """Contacted less control, with the half width of the 95 % interval; None where nothing can be said."""

    contacted: Side
    control: Side
    stayed_points: float | None = None
    stayed_margin: float | None = None
    bill_fen: float | None = None
    bill_margin_fen: float | None = None

    @property
    def is_known(self) -> bool:
        return self.stayed_points is not None

    @property
    def bill_yuan(self) -> float | None:
        return None if self.bill_fen is None else self.bill_fen / 100

    @property
    def bill_margin_yuan(self) -> float | None:
        return None if self.bill_margin_fen is None else self.bill_margin_fen / 100

    @property
    def is_sure(self) -> bool:
        """Return whether the interval of either measure leaves zero out."""
        pairs = ((self.stayed_points, self.stayed_margin), (self.bill_fen, self.bill_margin_fen))
        return any(value is not None and margin is not None and abs(value) > margin for value, margin in pairs)


def effect_of(contacted: Side, control: Side) -> Effect:
    """Return the difference everybody issued makes against everybody held back, whatever came of the contact."""
    if min(contacted.customers, control.customers) < FEWEST:
        return Effect(contacted, control)
    share, other = contacted.stayed / contacted.customers, control.stayed / control.customers
    spread = share * (1 - share) / contacted.customers + other * (1 - other) / control.customers
    money = contacted.deviation_fen**2 / contacted.customers + control.deviation_fen**2 / control.customers
    return Effect(
        contacted,
        control,
        stayed_points=100 * (share - other),
        stayed_margin=100 * Z * sqrt(spread),
        bill_fen=contacted.change_fen - control.change_fen,
        bill_margin_fen=Z * sqrt(money),
    )
