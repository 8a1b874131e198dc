"""Which open tasks the data show as settled without anybody's word (the closing conditions of DOMAIN 2.2). Pure columns.

Only conditions a night can see; all others wait for a result or expire.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from callcenter.arbitration import OpenTasks
from customers.frame import Frame

Mask = npt.NDArray[np.bool_]

NORMAL = 1  # customers.Customer.State
OWN_BROADBAND = 1  # customers.Customer.BroadbandCarrier
RENEWED_DAYS = 90  # as far as the notice of an end reaches
SPOKE_WITHIN_DAYS = 3
LOW_BALANCE_FEN = 10_00


def settled(frame: Frame, waiting: OpenTasks, code_of_bit: Mapping[int, str]) -> Mask:
    """Return which waiting tasks are settled by what the frame now says of their customers."""
    done = np.zeros(len(waiting.position), dtype=np.bool_)
    for bit in np.unique(waiting.bit).tolist():
        condition = CONDITIONS.get(code_of_bit.get(bit, ""))
        if condition:
            rows = waiting.bit == bit
            done[rows] = condition(frame)[waiting.position[rows]]
    return done


def _is_renewed(frame: Frame) -> Mask:
    """A contract runs on for longer than the notice reaches, and so does every one that ends first."""
    days: npt.NDArray[Any] = frame["bundle_nearest_end_day"] - frame.today
    return (frame["bundle_nearest_end_day"] == 0) & (frame["bundle_count"] > 0) | (days > RENEWED_DAYS)


def _is_paid(frame: Frame) -> Mask:
    is_known = frame["has_balance"].astype(bool) if "has_balance" in frame.columns else np.zeros(len(frame), bool)
    return is_known & (frame["balance_fen"] >= LOW_BALANCE_FEN) if is_known.any() else is_known


def _is_in_service(frame: Frame) -> Mask:
    return np.asarray(frame["state"] == NORMAL)


def _has_spoken(frame: Frame) -> Mask:
    return (frame["last_call_day"] > 0) & (frame.today - frame["last_call_day"] <= SPOKE_WITHIN_DAYS)


def _has_broadband(frame: Frame) -> Mask:
    return np.asarray(frame["broadband_carrier"] == OWN_BROADBAND)


CONDITIONS: dict[str, Callable[[Frame], Mask]] = {
    "A7": _is_paid,
    "A8": _is_in_service,
    "B6": _has_broadband,
    "C1": _is_renewed,
    "C6": _has_spoken,
}
