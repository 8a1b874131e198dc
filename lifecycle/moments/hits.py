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


def _chosen(column: Any, rows: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
    values = np.asarray(column)
    return np.full(len(rows), values) if values.ndim == 0 else values[rows]
