"""C9 group or family change: around a key person of a group, or the payer of a family left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customers import marks
from customers.frame import Frame
from lifecycle.moments.hits import ORANGE, Hits, first_cause, hits, in_network, since, within
from lifecycle.moments.terms import hours, limit

CODE, BIT, IS_MONTHLY = "C9", 26, False
EVIDENCE = ("cause", "amount")  # PORTED: members; LEFT_VNET: nothing; UNIFIED_PAY: its last day; DUTY; PAYER: the day

PORTED, LEFT_VNET, UNIFIED_PAY, DUTY, PAYER = 1, 2, 3, 4, 5
PAYER_ROLE = 2  # Customer.FamilyRole.PAYER
WINDOW_DAYS = 30  # of the loaded leavers


@dataclass(frozen=True)
class Thresholds:
    ported_members: int = limit(3, 1, 100)
    unified_pay_days: int = limit(60, 1, 365)
    deadline_hours: int = hours(24)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return around whom the unit or the family changes."""
    is_key = frame["is_key_person"].astype(np.bool_)
    vnet_before = marks.before(frame["previous_marks"], "vnet")
    duty_before = marks.before(frame["previous_marks"], "duty_mark")
    payer_left = since(frame, "payer_left_day", days=WINDOW_DAYS) & (frame["family_role"] != PAYER_ROLE)
    is_changed, cause, amount = first_cause(
        (is_key & (frame["group_ported_30d"] >= thresholds.ported_members), frame["group_ported_30d"]),
        (is_key & (vnet_before > 0) & (frame["vnet"] == 0), 0),
        (
            is_key & within(frame, "unified_pay_end_day", days=thresholds.unified_pay_days),
            frame["unified_pay_end_day"],
        ),
        (is_key & (duty_before >= 0) & (duty_before != frame["duty_mark"]), 0),
        (payer_left, frame["payer_left_day"]),
    )
    return hits(
        is_changed & in_network(frame),
        level=ORANGE,
        deadline_hours=thresholds.deadline_hours,
        value=cause,
        reference=amount,
    )
