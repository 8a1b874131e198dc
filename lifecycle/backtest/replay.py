"""Let kinds speak day by day over past days, with the same detectors and the same cool-down as the night."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from lifecycle.backtest.candidates import Candidates, found_among
from lifecycle.moments import NEW_HITS, REGISTRY, Recent, silent_days, unsaid
from lifecycle.moments.hits import Hits
from lifecycle.moments.terms import PER_CASE, KindTerms

NEVER = -1_000_000  # a day before every cool-down
BILL_DAYS = 62  # a bill is the newest one for less than two months

Array = npt.NDArray[Any]
Chunk = tuple[int, npt.NDArray[np.void]]  # a day and what was found on it


class Day(NamedTuple):
    """One day: its frame, a number that stays while nothing but dated and noted columns and the day itself change, and
    one that stays while the noted columns do too.
    """

    frame: Frame
    version: int
    noted: int = 0


@dataclass(frozen=True)
class Found:
    """Hits of one kind over all days, in the order they were found; `day` is a day number, `row` a position."""

    row: Array
    day: Array
    level: Array
    deadline_hours: Array
    value: Array
    reference: Array

    def __len__(self) -> int:
        return len(self.row)

    def since(self, day: int) -> Found:
        """Return the hits of this day and later."""
        chosen = self.day >= day
        return Found(**{name: getattr(self, name)[chosen] for name in Found.__dataclass_fields__})


@dataclass
class Player:
    """One kind under one set of terms.

    `is_steady`: it looks at nothing that changes within a version of the frame, but for noted columns where it
    `reads_notes`.
    """

    name: str
    terms: KindTerms
    is_steady: bool
    size: int
    reads_notes: bool = False
    _chunks: list[Chunk] = field(default_factory=list)
    _before: list[Chunk] = field(default_factory=list)
    _seen: tuple[tuple[int, int], Hits] | None = None

    def __post_init__(self) -> None:
        self.module = REGISTRY[self.terms.code]
        self._candidates = Candidates(self.terms.code)
        self._day = np.full(self.size, NEVER, dtype=np.int32)
        self._level = np.zeros(self.size, dtype=np.int16)
        self._reference = np.zeros(self.size, dtype=np.int32)

    def remember(self, past: Found) -> None:
        """Take over what was found before the first day, so that its cool-down counts."""
        for day in np.unique(past.day):
            chosen = past.day == day
            told = np.zeros(int(chosen.sum()), dtype=NEW_HITS)
            told["position"], told["bit"] = past.row[chosen], self.module.BIT
            told["level"], told["reference"] = past.level[chosen], past.reference[chosen]
            self._before.append((int(day), told))
            self._note(int(day), told)

    def play(self, day: Day) -> None:
        """Find what is new on a day."""
        found, today = self._detected(day), day.frame.today
        may_speak = today - self._day[found.rows] >= silent_days(day.frame, self.terms)
        if not may_speak.any():
            return
        found = found.only(may_speak)
        new = unsaid(day.frame, found, self._recent(found.rows, today), self.terms)
        if len(new):
            self._chunks.append((today, new))
            self._note(today, new)

    def found(self) -> Found:
        """Return everything found so far."""
        new, day = _joined(self._chunks)
        names = ("level", "deadline_hours", "value", "reference")
        return Found(row=new["position"], day=day, **{name: new[name] for name in names})

    def _detected(self, day: Day) -> Hits:
        version = (day.version, day.noted if self.reads_notes else 0)
        if self._seen is None or not self.is_steady or self._seen[0] != version:
            self._seen = (version, found_among(day.frame, self.terms, self._candidates))
        return self._seen[1]

    def _recent(self, rows: Array, today: int) -> Recent:
        """Return what was told these customers before: per case all of it, else the newest, which is the gravest."""
        if self.terms.repeats == PER_CASE:
            return self._all_recent(today)
        told = rows[self._day[rows] > NEVER]
        bit = np.full(len(told), self.module.BIT, dtype=np.int32)
        return Recent(told, bit, today - self._day[told], self._level[told], self._reference[told])

    def _all_recent(self, today: int) -> Recent:
        kept = max(self.terms.cool_down_days, BILL_DAYS)
        chunks = [chunk for chunk in (*self._before, *self._chunks) if today - chunk[0] < kept]
        new, day = _joined(chunks)
        return Recent(new["position"], new["bit"].astype(np.int32), today - day, new["level"], new["reference"])

    def _note(self, day: int, new: npt.NDArray[np.void]) -> None:
        rows = new["position"]
        self._day[rows], self._level[rows], self._reference[rows] = day, new["level"], new["reference"]


def _joined(chunks: Sequence[Chunk]) -> tuple[npt.NDArray[np.void], Array]:
    """Return the hits of all chunks and the day of each."""
    new = np.concatenate([np.zeros(0, dtype=NEW_HITS), *(chunk for _, chunk in chunks)])
    days = [np.full(len(chunk), day, dtype=np.int32) for day, chunk in chunks]
    return new, np.concatenate([np.zeros(0, dtype=np.int32), *days])


def replay(days: Iterable[Day], players: Sequence[Player]) -> None:
    """Let the players find, day after day; their `found` then holds all of it."""
    for day in days:
        for player in players:
            player.play(day)
