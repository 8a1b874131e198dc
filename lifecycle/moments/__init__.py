"""Key moments: one module each, beside its MomentKind row. Pure NumPy.

A module holds CODE, BIT (its place in Standing.moments, for good), IS_MONTHLY (the newest bill decides, not the day),
EVIDENCE (the units of value and reference) and `detect(frame) -> Hits`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from cvm.lib.months import day_number, first_day
from lifecycle.moments import (
    a2_birthday,
    a3_anniversary,
    b3_spend_surge,
    c1_bundle_expiry,
    c4_spend_drop,
    c5_retention_line,
)
from lifecycle.moments.hits import Hits

MODULES = (c1_bundle_expiry, c4_spend_drop, c5_retention_line, b3_spend_surge, a2_birthday, a3_anniversary)
REGISTRY = {module.CODE: module for module in MODULES}

NEW_HITS = np.dtype(
    [
        ("position", "i4"),  # in the frame
        ("bit", "i2"),
        ("level", "i2"),
        ("deadline_hours", "i2"),
        ("value", "i4"),
        ("reference", "i4"),
    ]
)
Bits = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Recent:
    """Moments found before today: position in the frame, bit of the kind, days since it was found."""

    position: npt.NDArray[np.integer[Any]]
    bit: npt.NDArray[np.integer[Any]]
    days: npt.NDArray[np.integer[Any]]

    @classmethod
    def none(cls) -> Recent:
        """Return an empty past."""
        nothing = np.zeros(0, dtype=np.int32)
        return cls(nothing, nothing, nothing)


def moments(
    frame: Frame, *, enabled_bits: int, cool_down_days: Mapping[int, int], recent: Recent
) -> tuple[Frame, npt.NDArray[np.void]]:
    """Return the frame with the bits of all standing moments, and today's new hits by position and bit (NEW_HITS).

    A kind stays silent for a customer, its bit standing, until its cool-down (days, by bit) is over; a monthly kind
    speaks at most once about one bill. Only kinds in `enabled_bits` count and only customers in network.
    """
    standing, silenced = _standing(frame, cool_down_days, recent), _told_this_bill(frame, recent)
    silenced |= standing
    found = []
    for module in MODULES:
        if enabled_bits >> module.BIT & 1:
            new = _new(module.detect(frame), module.BIT, silenced)
            standing[new["position"]] |= np.int32(1 << module.BIT)
            found.append(new)
    standing &= np.int32(enabled_bits)
    standing[~frame["is_in_network"].astype(np.bool_)] = 0
    hits = np.concatenate([np.zeros(0, dtype=NEW_HITS), *found])
    return frame.with_columns(moments=standing), hits[np.lexsort((hits["bit"], hits["position"]))]


def _standing(frame: Frame, cool_down_days: Mapping[int, int], recent: Recent) -> Bits:
    """Return the bits of moments found earlier whose cool-down runs."""
    limit = np.zeros(32, dtype=np.int32)
    for bit, days in cool_down_days.items():
        limit[bit] = days
    return _bits(frame, recent, recent.days < limit[recent.bit])


def _told_this_bill(frame: Frame, recent: Recent) -> Bits:
    """Return the bits of monthly moments found since the newest bill month closed."""
    is_monthly = np.zeros(32, dtype=np.bool_)
    is_monthly[[module.BIT for module in MODULES if module.IS_MONTHLY]] = True
    days_open = frame.today - day_number(first_day(frame.month + 1))
    return _bits(frame, recent, is_monthly[recent.bit] & (recent.days <= days_open))


def _bits(frame: Frame, recent: Recent, chosen: npt.NDArray[np.bool_]) -> Bits:
    bits = np.zeros(len(frame), dtype=np.int32)
    np.bitwise_or.at(bits, recent.position[chosen], np.int32(1) << recent.bit[chosen].astype(np.int32))
    return bits


def _new(found: Hits, bit: int, silenced: Bits) -> npt.NDArray[np.void]:
    is_new = (silenced[found.rows] >> np.int32(bit)) & 1 == 0
    new = np.zeros(int(is_new.sum()), dtype=NEW_HITS)
    new["position"], new["bit"] = found.rows[is_new], bit
    for name in ("level", "deadline_hours", "value", "reference"):
        new[name] = getattr(found, name)[is_new]
    return new
