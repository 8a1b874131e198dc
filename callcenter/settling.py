"""Which open tasks the data show as settled without anybody's word (the closing conditions of DOMAIN 2.2). Pure columns.

Only conditions a night can see; all others wait for a result or expire.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from callcenter.arbitration import OpenTasks
from customers.frame import Frame
from lifecycle.moments import REGISTRY

Mask = npt.NDArray[np.bool_]

# They tell of a state: settled when their own detector no longer finds it.
STATES = ("A7", "B5")
NORMAL = 1  # customers.Customer.State
OWN_BROADBAND = 1  # customers.Customer.BroadbandCarrier
RENEWED_DAYS = 90  # as far as the notice of an end reaches
SPOKE_WITHIN_DAYS = 3


def settled(frame: Frame, waiting: OpenTasks, kinds: Iterable[Mapping[str, Any]]) -> Mask:
    """Return which waiting tasks are settled by what the frame now says of their customers.

    `kinds` are the `moments` of a plan: code, bit, thresholds.
    """
    done = np.zeros(len(waiting.position), dtype=np.bool_)
    for kind in kinds:
        rows = np.flatnonzero(waiting.bit == kind["bit"])
        if len(rows) and (kind["code"] in CONDITIONS or kind["code"] in STATES):
            done[rows] = _is_settled(frame, kind)[waiting.position[rows]]
    return done


def _is_settled(frame: Frame, kind: Mapping[str, Any]) -> Mask:
    if kind["code"] in CONDITIONS:
        return CONDITIONS[kind["code"]](frame)
    module: Any = REGISTRY[kind["code"]]
    still = np.zeros(len(frame), dtype=np.bool_)
    still[module.detect(frame, module.Thresholds(**kind["thresholds"])).rows] = True
    return ~still


def _is_renewed(frame: Frame) -> Mask:
    """A contract runs on for longer than the notice reaches, and so does every one that ends first."""
    days: npt.NDArray[Any] = frame["bundle_nearest_end_day"] - frame.today
    return (frame["bundle_nearest_end_day"] == 0) & (frame["bundle_count"] > 0) | (days > RENEWED_DAYS)


def _is_in_service(frame: Frame) -> Mask:
    return np.asarray(frame["state"] == NORMAL)


def _has_spoken(frame: Frame) -> Mask:
    return (frame["last_call_day"] > 0) & (frame.today - frame["last_call_day"] <= SPOKE_WITHIN_DAYS)


def _has_broadband(frame: Frame) -> Mask:
    return np.asarray(frame["broadband_carrier"] == OWN_BROADBAND)


CONDITIONS: dict[str, Callable[[Frame], Mask]] = {
    "A8": _is_in_service,
    "B6": _has_broadband,
    "C1": _is_renewed,
    "C6": _has_spoken,
}
