"""What a detector looks at, learned by letting it look at nobody: which columns, how many months, whether the day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.frame import Column, Frame
from customers.history import FACTS

MONTHS = 24
# months of bills behind the columns that features, bands, cohort and tiers derive
DERIVED = {
    "is_in_network": 1,
    "arpu_fen": 1,
    "tenure_at_month": 1,
    "cum3_fen": 3,
    "last_cum3_fen": 4,
    "previous_cum3_fen": 6,
    "growth_bp": 6,
    "sum12_fen": 12,
    "band": 6,
    "previous_band": 6,
    "code": 7,
    "code_reason": 7,
    "layer": 7,
}
COHORT = frozenset({"cohort_entry", "cohort_state", "low_months", "low_bits"})  # from October before the cohort's year


@dataclass(frozen=True)
class Reads:
    """Columns by name, months of history (of derived columns too), and whether the day itself is asked."""

    columns: frozenset[str]
    months: int
    asks_day: bool

    def months_at(self, month: int) -> int:
        """Return how many months of bills a verdict by the bills of `month` needs."""
        return max(self.months, month % 12 + 4 if self.columns & COHORT else 0)


def reads(look: Callable[[Frame], Any], *, days: Iterable[dt.date]) -> Reads:
    """Return what `look` reads on any of the days; some detectors look at something on some days only."""
    seen = _Seen()
    for day in days:
        look(_WatchedFrame(day, day.year * 12 + day.month - 2, _Columns(seen), _history(seen), seen))
    derived = [DERIVED[name] for name in seen.columns & DERIVED.keys()]
    return Reads(frozenset(seen.columns), max([seen.months, *derived]), seen.asks_day)


class _Seen:
    def __init__(self) -> None:
        self.columns: set[str] = set()
        self.months = 1
        self.asks_day = False


class _Columns(dict[str, Column]):
    """Every column there could be, each empty."""

    def __init__(self, seen: _Seen) -> None:
        super().__init__(id=np.zeros(0, dtype=np.int32))
        self._seen = seen

    def __missing__(self, name: str) -> Column:
        return np.zeros(0, dtype=np.bool_ if name.startswith(("is_", "has_")) else np.int32)

    def __getitem__(self, name: str) -> Column:
        self._seen.columns.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        return True


class _Matrix(np.ndarray):
    """A fact of nobody that notes which months are taken from it."""

    _seen: _Seen

    def __array_finalize__(self, source: Any) -> None:
        self._seen = getattr(source, "_seen", None) or _Seen()

    def __getitem__(self, key: Any) -> Any:
        first = key[0] if isinstance(key, tuple) else key
        taken = np.arange(MONTHS)[first] if not isinstance(first, np.ndarray) else first
        self._seen.months = max(self._seen.months, int(np.max(taken, initial=0)) + 1)
        return np.asarray(self)[key]


class _WatchedFrame(Frame):
    def __init__(self, day: dt.date, month: int, columns: Any, history: Any, seen: _Seen) -> None:
        object.__setattr__(self, "_seen", seen)
        super().__init__(day, month, columns, history)

    def __getattribute__(self, name: str) -> Any:
        if name in ("as_of", "today"):
            object.__getattribute__(self, "_seen").asks_day = True
        return object.__getattribute__(self, name)

    def __len__(self) -> int:
        return 0


def _history(seen: _Seen) -> dict[str, npt.NDArray[np.int32]]:
    found: dict[str, npt.NDArray[np.int32]] = {}
    for fact in FACTS:
        matrix = np.zeros((MONTHS, 0), dtype=np.int32).view(_Matrix)
        matrix._seen = seen
        found[fact] = matrix
    return found
