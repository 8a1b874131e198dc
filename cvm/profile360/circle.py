"""The calling circle as the page shows it: how many talk with the customer, and what of their bills hangs on it.

Sums only. Whom a customer talks with is a secret of the two of them, and no role needs it to serve either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from segmentation import influence
from segmentation.models import Code

LINES_SHOWN = 5


@dataclass(frozen=True)
class CircleLine:
    """One tie, or the rest of them together (`people` > 1, then without minutes and bill)."""

    people: int
    minutes: int
    whole_minutes: int
    cum3_fen: int
    hanging_fen: int


@dataclass(frozen=True)
class Circle:
    """Who talks with a customer, in sums; the lines add up to `hanging_fen`, a month's worth."""

    people: int
    minutes: int
    strong_a: int
    hanging_fen: int
    lines: list[CircleLine]


def circle(rows: Sequence[Mapping[str, Any]]) -> Circle:
    """Return the circle out of the rows of the part `circle` (customers/queries360.py)."""
    names = ("minutes", "whole_minutes", "cum3_fen", "code")
    columns = {name: np.array([row[name] for row in rows], np.int64) for name in names}
    talk = {name: columns[name] for name in ("minutes", "whole_minutes")}
    hanging = influence.hanging_fen(columns["cum3_fen"], **talk)
    strong_a = influence.is_strong(**talk) & (columns["code"] == Code.A)
    order = np.argsort(-hanging, kind="stable")
    lines = [
        CircleLine(1, *(int(columns[name][place]) for name in names[:3]), hanging_fen=int(hanging[place]))
        for place in order[:LINES_SHOWN].tolist()
    ]
    rest = order[LINES_SHOWN:]
    if len(rest):
        lines.append(CircleLine(len(rest), 0, 0, 0, int(hanging[rest].sum())))
    return Circle(len(rows), int(columns["minutes"].sum()), int(strong_a.sum()), int(hanging.sum()), lines)
