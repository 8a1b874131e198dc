"""What the next night compares with: a customer's star, card, SIM use, V-net, state and duty packed into one number.

Bit 30 says that there is a number at all; without it nothing counts as changed. Pure NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from customers.frame import Frame

KNOWN = 1 << 30
# column of the frame -> bits, lowest first
PACKED = (("star_level", 4), ("vip_card", 2), ("dual_sim", 3), ("vnet", 2), ("state", 4), ("duty_mark", 14))


def marks(frame: Frame) -> npt.NDArray[np.int32]:
    """Return the packed number of each customer."""
    packed, shift = np.full(len(frame), KNOWN, dtype=np.int32), 0
    for name, bits in PACKED:
        packed |= (frame[name].astype(np.int32) & ((1 << bits) - 1)) << np.int32(shift)
        shift += bits
    return packed


def before(packed: npt.NDArray[Any], name: str) -> npt.NDArray[np.int32]:
    """Return one of the packed values as it was; -1 where nothing is known."""
    shift = 0
    for known, bits in PACKED:
        if known == name:
            value = (packed.astype(np.int32) >> np.int32(shift)) & np.int32((1 << bits) - 1)
            return np.where(packed & KNOWN != 0, value, -1).astype(np.int32)
        shift += bits
    raise KeyError(name)
