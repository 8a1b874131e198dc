"""Parsed rows on their way to the database, and the account of those that fell out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from customers.importing.fields import Field
from customers.importing.reasons import Reason

Array = npt.NDArray[Any]
NONE = np.iinfo(np.int64).min  # a day or instant that is not there
LONGEST_VALUE = 200
LONGEST_COLUMN = 64
MOST_WHOLE = 250_000  # rejected rows kept whole: a file that fails in every row need not fill the memory


@dataclass(frozen=True)
class Reject:
    """One row that was not taken: where it stood, why, and its cells as they came, in the order of the file."""

    line: int
    column: str
    value: str
    reason: str
    sheet: str = ""
    cells: Sequence[str] = ()


class Source(Protocol):
    """Where the rows of a file can be had again."""

    def rows_at(self, marks: Sequence[int]) -> Sequence[tuple[str, int, Sequence[str]]]:
        """Return (sheet, line, cells) of the rows with these marks."""


@dataclass
class Account:
    """Where every row read went: read = accepted + rejected + duplicate, once the file is stored.

    `new` and `changed` count accepted rows that made or changed a stored row; the others changed nothing. `months`
    holds what is to be said about each month of bills, `stops` what must not be stored without another word
    (customers/importing/checking.py).
    """

    read: int = 0
    accepted: int = 0
    duplicate: int = 0
    new: int = 0
    changed: int = 0
    money_accepted_fen: int = 0
    money_rejected_fen: int = 0
    warnings: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    filled: dict[str, int] = field(default_factory=dict)
    source: Source | None = None
    _rejects: list[Reject] = field(default_factory=list)
    _pending: list[int] = field(default_factory=list)
    months: list[dict[str, Any]] = field(default_factory=list)
    stops: list[dict[str, Any]] = field(default_factory=list)

    @property
    def unchanged(self) -> int:
        """Return how many accepted rows said what was stored already."""
        return self.accepted - self.new - self.changed

    def stop(self, code: str, *, can_override: bool = False, **detail: Any) -> None:
        """Note what must not be stored without another word; its sentence is in customers/importing/checking.py."""
        self.stops.append({"code": code, "detail": detail, "can_override": can_override})

    def reject(self, line: int, column: str, value: object, reason: Reason) -> None:
        """Note a row as rejected; `line` is the line, or the mark, that `Rows.lines` has for it."""
        shown = str(value).replace("\0", "")[:LONGEST_VALUE]
        self._pending.append(len(self._rejects))
        self._rejects.append(Reject(int(line), column[:LONGEST_COLUMN], shown, reason.value))

    def reject_text(self, line: int, text: str, cells: Sequence[str], reason: Reason) -> None:
        """Note as rejected a line that is no row of the file: its cells cannot be looked up later."""
        shown = text.replace("\0", "")[:LONGEST_VALUE]
        self._rejects.append(Reject(line, "", shown, reason.value, cells=cells))

    @property
    def rejects(self) -> list[Reject]:
        """Return the rejected rows; the whole rows are fetched when first asked for, all at once."""
        if self._pending and self.source is not None:
            rows = self.source.rows_at([self._rejects[place].line for place in self._pending])
            for place, (sheet, line, cells) in zip(self._pending, rows, strict=True):
                one = self._rejects[place]
                self._rejects[place] = Reject(line, one.column, one.value, one.reason, sheet, cells)
            if len(self._pending) > MOST_WHOLE:
                self.warn("cells_not_kept", limit=MOST_WHOLE)
            self._pending = []
        return self._rejects

    def warn(self, code: str, **detail: Any) -> None:
        """Note what people should know about the file; its sentence: errors.spoken_warning."""
        self.warnings.append((code, detail))


@dataclass(frozen=True)
class Rows:
    """Rows as columns. `values` holds NumPy arrays, or Arrow text for text fields; `present` names those the file has.

    `written` gives for a field the header under which the file has it, for messages.
    """

    lines: npt.NDArray[np.int32]
    values: dict[str, Any]
    present: frozenset[str]
    written: dict[str, str]

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def take(self, chosen: Array) -> Rows:
        """Return the chosen rows (a mask or positions); the rows themselves when that is all of them, in order."""
        places = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen
        if len(places) == len(self) and np.array_equal(places, np.arange(len(self))):
            return self
        values = {name: _taken(column, places) for name, column in self.values.items()}
        return Rows(self.lines[places], values, self.present, self.written)

    def with_values(self, **values: Any) -> Rows:
        """Return the rows with these columns added or replaced."""
        return Rows(self.lines, {**self.values, **values}, self.present, self.written)

    def without(self, bad: Array, column: str, reason: Reason, account: Account, *, money: str = "") -> Rows:
        """Return the rows that are not bad; the bad ones are rejected because of one column."""
        if not bad.any():
            return self
        places = np.flatnonzero(bad)
        shown = _shown(self.values.get(column), places)
        for line, value in zip(self.lines[places].tolist(), shown, strict=True):
            account.reject(line, self.written.get(column, column), value, reason)
        if money in self.values:
            account.money_rejected_fen += sum(self.values[money][places].tolist())
        return self.take(~bad)


def distinct(rows: Rows, keys: Sequence[str], account: Account, *, shown: str = "", money: str = "") -> Rows:
    """Return the rows with every key once: identical repetitions are counted, differing later ones rejected.

    `shown` is the column that a rejection names, when it is not the first key.
    """
    codes = _codes(rows, keys)
    if (codes[1:] > codes[:-1]).all():
        return rows
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    again = np.zeros(len(codes), np.bool_)
    again[order[1:]] = ordered[1:] == ordered[:-1]
    if not again.any():
        return rows
    first = order[np.searchsorted(ordered, codes)]
    differing = again & _differs(rows, np.flatnonzero(again), first)
    account.duplicate += int((again & ~differing).sum())
    kept = rows.without(differing, shown or keys[0], Reason.CONFLICT, account, money=money)
    return kept.take(~(again & ~differing)[~differing])


def empty_value(one: Field, count: int) -> Any:
    """Return the column that stands in for a field the file lacks: one value seen `count` times, not to be written to."""
    if one.type in ("text", "code", "number", "resident_id"):
        return pa.array([""], pa.string()).take(pa.array(np.zeros(count, np.int64)))
    if one.type == "flag":
        return np.broadcast_to(np.bool_(one.empty), count)
    if isinstance(one.empty, str):
        return np.full(count, one.empty, object)
    return np.broadcast_to(np.int64(NONE if one.empty is None else one.empty), count)


def _taken(column: Any, places: Array) -> Any:
    if isinstance(column, pa.Array | pa.ChunkedArray):
        return column.take(pa.array(places))
    if column.strides == (0,) and len(column):
        return np.broadcast_to(column[0], len(places))
    return column[places]


def _shown(column: Any, places: Array) -> list[object]:
    if column is None:
        return [""] * len(places)
    taken = _taken(column, places)
    return taken.to_pylist() if isinstance(taken, pa.Array | pa.ChunkedArray) else taken.tolist()


def _codes(rows: Rows, keys: Sequence[str]) -> npt.NDArray[np.int64]:
    codes = np.zeros(len(rows), np.int64)
    for key in keys:
        column = rows[key]
        if isinstance(column, pa.Array | pa.ChunkedArray):
            column = pa.chunked_array([column]) if isinstance(column, pa.Array) else column
            number = column.combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
        else:
            number = column.astype(np.int64) - (column.min() if len(column) else 0)
        codes = codes * (int(number.max(initial=0)) + 1) + number
    return codes


def _differs(rows: Rows, places: Array, first: Array) -> npt.NDArray[np.bool_]:
    differing = np.zeros(len(rows), np.bool_)
    for column in rows.values.values():
        ours, theirs = _shown(column, places), _shown(column, first[places])
        differing[places] |= np.array([a != b for a, b in zip(ours, theirs, strict=True)], np.bool_)
    return differing
