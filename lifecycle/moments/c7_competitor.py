"""C7 competitor contact: calls forwarded there, calls to their hotline, our SIM second, or far fewer calls within our network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customers import marks
from customers.frame import Frame
from lifecycle.moments.hits import ORANGE, Hits, first_cause, hits, in_network
from lifecycle.moments.terms import hours, limit

CODE, BIT, IS_MONTHLY = "C7", 24, False
EVIDENCE = ("cause", "amount")  # FORWARDS: days; HOTLINE: calls; SECOND: nothing; ONNET: percent of the share lost

FORWARDS, HOTLINE, SECOND, ONNET = 1, 2, 3, 4
OTHER_MAIN = 4  # Customer.DualSim.OTHER_MAIN


@dataclass(frozen=True)
class Thresholds:
    forward_days: int = limit(1, 1, 31)
    hotline_calls: int = limit(2, 1, 100)
    onnet_fall_percent: int = limit(30, 1, 100)
    deadline_hours: int = hours(24)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return who is drawn to a competitor."""
    before, now = frame["previous_onnet_bp"].astype(np.int64), frame["onnet_bp"].astype(np.int64)
    lost = np.where(before > 0, 100 * (before - now), 0)
    sim_before = marks.before(frame["previous_marks"], "dual_sim")
    became_second = (frame["dual_sim"] == OTHER_MAIN) & (sim_before >= 0) & (sim_before != OTHER_MAIN)
    is_drawn, cause, amount = first_cause(
        (frame["competitor_forward_days"] >= thresholds.forward_days, frame["competitor_forward_days"]),
        (frame["competitor_hotline_calls"] >= thresholds.hotline_calls, frame["competitor_hotline_calls"]),
        (became_second, 0),
        ((before > 0) & (lost >= thresholds.onnet_fall_percent * before), lost // np.maximum(before, 1)),
    )
    return hits(
        is_drawn & in_network(frame),
        level=ORANGE,
        deadline_hours=thresholds.deadline_hours,
        value=cause,
        reference=amount,
    )
