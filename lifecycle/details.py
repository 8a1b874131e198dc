"""How exactly a customer has left, or that he has come back: the sub-state of a stage (DOMAIN 4.6). Pure NumPy.

The stage's own reason decides the kind (off the network, suspended, silent …); the state, or where it says nothing the
newest month's flags, tell it apart further. Whoever is back within the policy's months counts as returned.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from customers.history import ARREARS, PORTED
from lifecycle.signs import THREE_ZEROS, ZERO_CALLS, StageThresholds

# The numbers of lifecycle.models.StageDetail, and of Customer.State; test_details holds them together.
NONE, LEFT, CANCELLED_ACTIVE, CANCELLED_ARREARS, PORTED_OUT = 0, 1, 2, 3, 4
PRE_CANCELLED, SUSPENDED, SUSPENDED_ARREARS, NUMBER_KEPT = 5, 6, 7, 8
SILENT, WITHOUT_CALLS, WITHOUT_ANY_USE, RETURNED = 9, 10, 11, 12
STATE_NUMBER_KEPT, STATE_CANCELLED_ACTIVE, STATE_CANCELLED_ARREARS, STATE_PORTED_OUT = 4, 6, 7, 8
TOLD_BY_STATE = (STATE_CANCELLED_ACTIVE, STATE_CANCELLED_ARREARS, STATE_PORTED_OUT)

EXIT = 5
BY_OFF_NETWORK, BY_PRE_CANCEL, BY_SUSPENSION, BY_SILENCE = 9, 10, 11, 12  # reasons, as in lifecycle/stages.py
MOST_MONTHS = 99

Small = npt.NDArray[np.int8]
Months = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]


def stage_detail(
    frame: Frame, policy: StageThresholds, *, rows: Rows, stage: Small, reason: Small, since: Months, back_since: Months
) -> Small:
    """Return the sub-state of the stage of some customers (`rows`, as the columns given), 0 where there is nothing to add.

    `back_since` is the month (ordinal) of the latest return from exit, 0 for who never left and came back.
    """
    has_left = stage == EXIT
    state, flags = frame["state"][rows], frame.history["flags"][0, rows]
    left = np.select(
        [
            state == STATE_PORTED_OUT,
            state == STATE_CANCELLED_ARREARS,
            state == STATE_CANCELLED_ACTIVE,
            _was_ported(frame, rows, has_left & (reason == BY_OFF_NETWORK) & ~np.isin(state, TOLD_BY_STATE), since),
        ],
        [PORTED_OUT, CANCELLED_ARREARS, CANCELLED_ACTIVE, PORTED_OUT],
        LEFT,
    )
    held = np.select([state == STATE_NUMBER_KEPT, (flags & ARREARS) != 0], [NUMBER_KEPT, SUSPENDED_ARREARS], SUSPENDED)
    silent = {ZERO_CALLS: WITHOUT_CALLS, THREE_ZEROS: WITHOUT_ANY_USE}.get(policy.silent_kind, SILENT)
    is_returned = ~has_left & (back_since > 0) & (frame.month - back_since < policy.returned_months)
    by: Any = [has_left & (reason == why) for why in (BY_OFF_NETWORK, BY_PRE_CANCEL, BY_SUSPENSION, BY_SILENCE)]
    told = np.select([*by, is_returned], [left, PRE_CANCELLED, held, silent, RETURNED], NONE)
    return told.astype(np.int8)


def _was_ported(frame: Frame, rows: Rows, asked: Mask, since: Months) -> Mask:
    """Tell who was marked as ported out in the month of leaving, the month before it, or later."""
    ported = np.zeros(len(rows), dtype=np.bool_)
    places = np.flatnonzero(asked)
    reach = frame.month - since[places] + 1
    for back in range(min(frame.months, int(reach.max(initial=-1)) + 1)):
        ported[places] |= (back <= reach) & ((frame.history["flags"][back, rows[places]] & PORTED) != 0)
    return ported
