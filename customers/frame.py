"""The one shape every rule works on: a frame, one row per customer. Pure NumPy; no Django, no clock, no I/O."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from cvm.lib.months import day_number

Column = npt.NDArray[Any]


@dataclass(frozen=True)
class Frame:
    """Customers as columns.

    `columns[name]` has shape [customers]; `history[fact]` has shape [months, customers], int32, row 0 = `month`
    (the newest closed bill month), row 1 the month before, and so on (facts and flags: customers/history.py).
    Days are days since 1970-01-01 (0 = none), months are ordinals (cvm/lib/months.py), money is fen.
    """

    as_of: dt.date
    month: int
    columns: dict[str, Column]
    history: dict[str, npt.NDArray[np.int32]]

    def __len__(self) -> int:
        return len(self.columns["id"])

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    @property
    def months(self) -> int:
        """Return how many months of history the frame holds."""
        return len(self.history["flags"])

    @property
    def today(self) -> int:
        """Return `as_of` as a day number."""
        return day_number(self.as_of)

    def with_columns(self, **columns: Column) -> Frame:
        """Return the frame with these columns added or replaced; the given frame stays as it was."""
        return replace(self, columns={**self.columns, **columns})

    def chosen(self, rows: npt.NDArray[np.intp]) -> Frame:
        """Return the frame of some rows without copying what nobody looks at: a column is cut when it is first asked for."""
        return replace(
            self,
            columns=_Cut(self.columns, lambda column: column[rows]),
            history=_Cut(self.history, lambda matrix: matrix[:, rows]),
        )

    def take(self, rows: npt.NDArray[Any] | slice) -> Frame:
        """Return the frame of the chosen rows (a mask, positions or a slice)."""
        return replace(
            self,
            columns={name: column[rows] for name, column in self.columns.items()},
            history={fact: matrix[:, rows] for fact, matrix in self.history.items()},
        )


def joined(frames: Sequence[Frame]) -> Frame:
    """Return frames of one day and month as one, in their order."""
    first = frames[0]
    columns = {name: np.concatenate([frame[name] for frame in frames]) for name in first.columns}
    history = {fact: np.concatenate([frame.history[fact] for frame in frames], axis=1) for fact in first.history}
    return replace(first, columns=columns, history=history)


class _Cut(dict[str, Column]):
    """The columns of another mapping, each cut when it is first asked for."""

    def __init__(self, source: Mapping[str, Column], cut: Callable[[Column], Column]) -> None:
        super().__init__()
        self._source, self._cut = source, cut

    def __missing__(self, name: str) -> Column:
        self[name] = self._cut(self._source[name])
        return self[name]

    def __contains__(self, name: object) -> bool:
        return name in self._source
