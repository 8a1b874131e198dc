"""The rotating red banner (流动红旗, S-147): card holders who left, month by month, per unit; the best unit takes it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from segmentation.tiers import was_in_network

MONTHS = 12
LEAST_HOLDERS = 10  # a unit with fewer takes no banner
ALERT_PERMYRIAD = 255  # a month: 26.66 % a year, the churn that alarmed the branch (S-084)


@dataclass(frozen=True)
class Flow:
    """Card holders of one unit in one month: on the network at its opening, and gone at its end."""

    unit: int
    month: int
    holders: int
    left: int

    @property
    def kept(self) -> tuple[int, int]:
        """Return what units are ranked by: the share kept in hundredths of a percent, then the number of holders."""
        return (10_000 * (self.holders - self.left) // self.holders if self.holders else 0, self.holders)

    @property
    def is_alarming(self) -> bool:
        """Return whether more leave than the alert allows."""
        return 10_000 * self.left > ALERT_PERMYRIAD * self.holders


def flows(frame: Frame, units: npt.NDArray[Any], *, back: int) -> list[Flow]:
    """Return the flow of each unit in the month `back` months ago, by the card of today; best kept first."""
    there = frame["is_in_network"] if back == 0 else was_in_network(frame, back=back)
    held = (frame["vip_card"] > 0) & (units > 0) & was_in_network(frame, back=back + 1)
    places, place = np.unique(units[held], return_inverse=True)
    holders = np.bincount(place, minlength=len(places))
    left = np.bincount(place, weights=(~there)[held], minlength=len(places)).astype(np.int64)
    month = frame.month - back
    found = [
        Flow(int(unit), month, int(many), int(gone)) for unit, many, gone in zip(places, holders, left, strict=True)
    ]
    return sorted(found, key=lambda flow: (-flow.kept[0], -flow.kept[1], flow.unit))


def winner(ranked: list[Flow]) -> Flow | None:
    """Return who takes the banner: the best kept among the units with holders enough."""
    return next((flow for flow in ranked if flow.holders >= LEAST_HOLDERS), None)
