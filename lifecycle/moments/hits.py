"""What a detector returns: which customers, how urgent, and the values that fired it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.features import has_bills
from customers.frame import Frame

NORMAL, YELLOW, ORANGE, RED = 0, 1, 2, 3  # MomentKind.Level; test_registry holds the two together

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Hits:
    """Customers by position in the frame, each with level, deadline and evidence (units: the module's EVIDENCE)."""

    rows: npt.NDArray[np.intp]
    level: npt.NDArray[np.int16]
    deadline_hours: npt.NDArray[np.int16]
    value: npt.NDArray[np.int32]
    reference: npt.NDArray[np.int32]

    def only(self, chosen: Mask) -> Hits:
        """Return the chosen ones."""
        return Hits(
            self.rows[chosen],
            self.level[chosen],
            self.deadline_hours[chosen],
            self.value[chosen],
            self.reference[chosen],
        )


NOBODY = Hits(
    np.zeros(0, np.intp),
    np.zeros(0, np.int16),
    np.zeros(0, np.int16),
    np.zeros(0, np.int32),
    np.zeros(0, np.int32),
)


def hits(mask: Mask, *, level: Any, deadline_hours: Any, value: Any, reference: Any) -> Hits:
    """Return the hits of a mask; each of the others is one value for all or a column over all customers."""
    rows = np.flatnonzero(mask)
    return Hits(
        rows,
        _chosen(level, rows).astype(np.int16),
        _chosen(deadline_hours, rows).astype(np.int16),
        _chosen(value, rows).astype(np.int32),
        _chosen(reference, rows).astype(np.int32),
    )


def has_four_bills(frame: Frame) -> Mask:
    """Tell who is in network with a bill in each of the four newest months: only then is a bill compared with the three before."""
    return frame["is_in_network"].astype(np.bool_) & has_bills(frame, back=0, count=4)


def in_network(frame: Frame) -> Mask:
    """Tell who is in network."""
    is_here: Mask = frame["is_in_network"].astype(np.bool_)
    return is_here


def since(frame: Frame, name: str, *, days: int) -> Mask:
    """Tell whose day in a column is today or at most so many days ago; 0 is no day."""
    day = frame[name]
    is_recent: Mask = (day >= max(frame.today - days, 1)) & (day <= frame.today)
    return is_recent


def within(frame: Frame, name: str, *, days: int) -> Mask:
    """Tell whose day in a column is today or at most so many days ahead; 0 is no day."""
    day = frame[name]
    is_near: Mask = (day >= max(frame.today, 1)) & (day <= frame.today + days)
    return is_near


def first_cause(*causes: tuple[Mask, Any]) -> tuple[Mask, npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Return who has any of the causes, the number of the first one each has (from 1), and that one's amount."""
    has_any: Mask = np.logical_or.reduce([mask for mask, _amount in causes])
    cause, amount = np.zeros(len(has_any), np.int32), np.zeros(len(has_any), np.int64)
    # few have one: only they are sorted out
    rows = np.flatnonzero(has_any)
    masks = [mask[rows] for mask, _amount in causes]
    cause[rows] = np.select(masks, list(range(1, len(masks) + 1)), 0)
    amount[rows] = np.select(masks, [np.broadcast_to(_chosen(one, rows), rows.shape) for _mask, one in causes], 0)
    return has_any, cause, amount


def _chosen(column: Any, rows: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
    values = np.asarray(column)
    return np.full(len(rows), values) if values.ndim == 0 else values[rows]
