"""Which open tasks the data show as settled without anybody's word (the closing conditions of DOMAIN 2.2). Pure columns.

Only conditions a night can see; all others wait for a result or expire.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from callcenter.task_terms import OpenTasks
from customers.frame import Frame
from lifecycle.moments import REGISTRY

Mask = npt.NDArray[np.bool_]

# They tell of a state: settled when their own detector no longer finds it.
STATES = ("A7", "B5")
NORMAL = 1  # customers.Customer.State
OWN_BROADBAND = 1  # customers.Customer.BroadbandCarrier


def settled(frame: Frame, waiting: OpenTasks, kinds: Iterable[Mapping[str, Any]]) -> Mask:
    """Return which waiting tasks are settled by what the frame now says of their customers.

    `kinds` are the `moments` of a plan: code, bit, thresholds.
    """
    done = np.zeros(len(waiting.position), dtype=np.bool_)
    for kind in kinds:
        rows = np.flatnonzero(waiting.bit == kind["bit"])
        if len(rows) and (kind["code"] in CONDITIONS or kind["code"] in STATES):
            module: Any = REGISTRY[kind["code"]]
            condition = CONDITIONS.get(kind["code"], _is_over)
            found = condition(frame, module, module.Thresholds(**kind["thresholds"]))
            done[rows] = found[waiting.position[rows]]
            if kind["code"] == "C1":  # the end of a rebate is told by other days; a contract that runs on is no answer
                done[rows] &= np.isin(waiting.value[rows], list(module.Thresholds(**kind["thresholds"]).steps()))
    return done


def _is_over(frame: Frame, module: Any, thresholds: Any) -> Mask:
    still = np.zeros(len(frame), dtype=np.bool_)
    still[module.detect(frame, thresholds).rows] = True
    return ~still


def _is_renewed(frame: Frame, module: Any, thresholds: Any) -> Mask:
    """A contract runs on for longer than the earliest notice reaches."""
    return np.asarray(frame["bundle_end_day"].astype(np.int64) - frame.today > thresholds.early_days)


def _is_in_service(frame: Frame, module: Any, thresholds: Any) -> Mask:
    """In service, and not just told to be suspended."""
    told = (frame["arrears_stop_day"] > 0) & (frame.today - frame["arrears_stop_day"] <= thresholds.within_days)
    return (frame["state"] == NORMAL) & ~told


def _has_spoken(frame: Frame, module: Any, thresholds: Any) -> Mask:
    """Counted calls lately; where nobody counts, the last one we know of."""
    is_counted = frame["usage_day"] > 0
    since_call = np.where(frame["last_call_day"] > 0, frame.today - frame["last_call_day"], thresholds.yellow_days)
    return np.asarray(np.where(is_counted, frame["zero_call_days"], since_call) < thresholds.yellow_days)


def _has_broadband(frame: Frame, module: Any, thresholds: Any) -> Mask:
    """Ours, and not about to end."""
    left = frame["broadband_end_day"].astype(np.int64) - frame.today
    is_due = (frame["broadband_end_day"] > 0) & (left <= thresholds.ends_within_days)
    return (frame["broadband_carrier"] == OWN_BROADBAND) & ~is_due


CONDITIONS: dict[str, Callable[[Frame, Any, Any], Mask]] = {
    "A8": _is_in_service,
    "B6": _has_broadband,
    "C1": _is_renewed,
    "C6": _has_spoken,
}
