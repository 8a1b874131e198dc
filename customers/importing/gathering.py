"""Read one file through its mapping into parsed rows; every cell that cannot be understood rejects its row."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from customers.importing.derive import (
    Derivation,
    derivations_of,
    derived_headers,
    read_by_derivations,
    sources_of,
)
from customers.importing.errors import ColumnsMissing, FileWithoutRows, HeaderMissing
from customers.importing.fields import Field
from customers.importing.headers import ignored, looks_like_data
from customers.importing.kept import NUL_SHOWN, Kept
from customers.importing.mapping import Mapped, map_columns
from customers.importing.parsing import EMPTY, IN_TEXT, VERDICTS, Parsed, parse, verdict
from customers.importing.reading import Chunk, OpenFile
from customers.importing.reasons import Reason
from customers.importing.rows import MOST_WHOLE, NONE, Account, Rows, empty_value
from customers.importing.sheets import place_of

SHOWN = 8  # cells of a first row in a message


def gather(
    file: OpenFile, fields: Sequence[Field], spec: Mapping[str, Any], account: Account, *, zone: str, money: str = ""
) -> Rows:
    """Return the well-formed rows of a file; the others, and ragged lines, are in the account.

    Raises FileWithoutRows when there is nothing below the header, HeaderMissing when the first row is data, and what
    map_columns raises.
    """
    derivations = derivations_of(spec)
    headers = [*file.headers, *derived_headers(derivations)]
    lacking = [name for name in sources_of(spec) if name not in headers]
    if lacking:
        raise ColumnsMissing(lacking, file.headers)
    mapped = _mapped(file, headers, fields, spec, zone)
    _warn(file, mapped, spec, account)
    kept = Kept(len(file.headers))
    account.source = _Whole(kept, file.sheets)
    pieces = []
    for chunk in file.read(range(len(file.headers))):
        kept.add(chunk.columns, chunk.lines)
        widened = _derived(chunk, file.headers, derivations) if derivations else chunk
        account.read += len(widened.lines)
        pieces.append(_parsed_rows(widened, mapped, headers, account, money))
    _set_ragged_aside(file, account)
    if not account.read:
        raise FileWithoutRows
    return _joined(pieces, fields, mapped, headers)


@dataclass
class _Whole:
    """Gives rejected rows back as they came (rows.Source)."""

    kept: Kept
    sheets: Sequence[str]

    def rows_at(self, marks: Sequence[int]) -> list[tuple[str, int, Sequence[str]]]:
        """Return (sheet, line, cells) of the rows with these marks; the cells of the first MOST_WHOLE only."""
        cells: list[list[str]] = self.kept.cells_of(marks[:MOST_WHOLE])
        cells += [[]] * (len(marks) - len(cells))
        places = [place_of(mark) if self.sheets else (0, mark) for mark in marks]
        return [
            (self.sheets[sheet] if self.sheets else "", line, row)
            for (sheet, line), row in zip(places, cells, strict=True)
        ]


def _mapped(
    file: OpenFile, headers: Sequence[str], fields: Sequence[Field], spec: Mapping[str, Any], zone: str
) -> list[Mapped]:
    try:
        return map_columns(headers, fields, spec, zone)
    except ColumnsMissing as error:
        if file.has_header and looks_like_data(file.headers):
            raise HeaderMissing(file.headers[:SHOWN]) from error
        raise


def _warn(file: OpenFile, mapped: Sequence[Mapped], spec: Mapping[str, Any], account: Account) -> None:
    if file.unread_sheets:
        account.warn("sheets_unread", sheets=list(file.unread_sheets))
    if not file.has_header:
        return
    if looks_like_data(file.headers):
        account.warn("header_looks_like_data", cells=file.headers[:SHOWN])
    used = [place for one in mapped for place in one.columns]
    ignored_columns = ignored(file.headers, used, read_by_derivations(spec, file.headers))
    if ignored_columns:
        account.warn("columns_ignored", columns=ignored_columns)


def _derived(chunk: Chunk, headers: Sequence[str], derivations: Sequence[Derivation]) -> Chunk:
    # Columns of the same name stay apart: only the first of them can be derived from.
    keys = [name if headers.index(name) == place else f"{name}\0{place}" for place, name in enumerate(headers)]
    named = dict(zip(keys, chunk.columns, strict=True))
    lines = chunk.lines
    for derivation in derivations:
        named, lines = derivation(named, lines)
    return Chunk(list(named.values()), lines)


def _parsed_rows(
    chunk: Chunk, mapped: Sequence[Mapped], headers: Sequence[str], account: Account, money: str
) -> tuple[npt.NDArray[np.int32], dict[str, Any]]:
    """Parse every mapped column of a chunk and keep the rows without a bad cell."""
    worst = np.zeros(len(chunk.lines), np.uint8)
    guilty = np.zeros(len(chunk.lines), np.int16)
    values: dict[str, Any] = {}
    verdicts: dict[str, npt.NDArray[np.uint8]] = {}
    for number, one in enumerate(mapped):
        parsed = _parsed(chunk, one)
        values[one.field.name] = _filled(parsed, one.field)
        verdicts[one.field.name] = parsed.verdicts
        bad = (parsed.verdicts > verdict(EMPTY)) & (worst == 0)
        worst[bad], guilty[bad] = parsed.verdicts[bad], number
    if worst.any():
        _reject(chunk, mapped, headers, worst, guilty, account)
        if money in values:
            account.money_rejected_fen += sum(values[money][worst > 0].tolist())
    fine = worst == 0
    for name, found in verdicts.items():
        account.filled[name] = account.filled.get(name, 0) + int(np.count_nonzero((found == 0) & fine))
    whole = Rows(chunk.lines, values, frozenset(), {})
    return chunk.lines[fine], (values if fine.all() else whole.take(fine).values)


def _parsed(chunk: Chunk, one: Mapped) -> Parsed:
    if one.constant is not None:
        single = parse(pa.array([one.constant]), one.field, one.spelling)
        rows = np.zeros(len(chunk.lines), np.int64)
        values = single.values.take(pa.array(rows)) if isinstance(single.values, pa.Array) else single.values[rows]
        return Parsed(values, single.verdicts[rows])
    if len(one.columns) == 1:
        column = chunk.columns[one.columns[0]]
        if one.prefix:
            column = pc.binary_join_element_wise(one.prefix, column, "")
        return parse(column, one.field, one.spelling)
    return _summed([parse(chunk.columns[place], one.field, one.spelling) for place in one.columns])


def _summed(parts: Sequence[Parsed]) -> Parsed:
    verdicts = np.maximum.reduce([np.where(part.verdicts == verdict(EMPTY), 0, part.verdicts) for part in parts])
    return Parsed(sum(np.where(part.verdicts == 0, part.values, 0) for part in parts), verdicts.astype(np.uint8))


def _filled(parsed: Parsed, field: Field) -> Any:
    empty = parsed.verdicts == verdict(EMPTY)
    if not empty.any() or field.type in IN_TEXT:
        return parsed.values
    values = parsed.values.copy()
    values[empty] = NONE if field.empty is None else field.empty
    return values


def _reject(
    chunk: Chunk,
    mapped: Sequence[Mapped],
    headers: Sequence[str],
    worst: npt.NDArray[np.uint8],
    guilty: npt.NDArray[np.int16],
    account: Account,
) -> None:
    for row in np.flatnonzero(worst).tolist():
        one = mapped[guilty[row]]
        place = one.columns[0] if one.columns else None
        value = "" if place is None else chunk.columns[place][row].as_py()
        column = one.field.name if place is None else headers[place].strip()
        account.reject(chunk.lines[row], column, value, Reason(VERDICTS[worst[row]]))


def _set_ragged_aside(file: OpenFile, account: Account) -> None:
    for line, text in file.ragged.rows:
        account.reject_text(line, text, _cells_of(text, file.separator), Reason.RAGGED)
    account.read += len(file.ragged.rows)


def _cells_of(text: str, separator: str) -> list[str]:
    try:
        cells = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
    except csv.Error:
        cells = [text]
    return [cell.replace("\0", NUL_SHOWN) for cell in cells]


def _joined(pieces: list[Any], fields: Sequence[Field], mapped: Sequence[Mapped], headers: Sequence[str]) -> Rows:
    lines = np.concatenate([lines for lines, _ in pieces]) if pieces else np.zeros(0, np.int32)
    values: dict[str, Any] = {}
    for one in mapped:
        name = one.field.name
        values[name] = _one_column([found[name] for _, found in pieces], one.field)
    present = frozenset(values)
    for field in fields:
        if field.name not in values:
            values[field.name] = empty_value(field, len(lines))
    written = {one.field.name: headers[one.columns[0]].strip() for one in mapped if one.columns}
    return Rows(lines, values, present, written)


def _one_column(parts: list[Any], field: Field) -> Any:
    if not parts:
        return empty_value(field, 0)
    if isinstance(parts[0], pa.Array):
        return pa.chunked_array(parts).combine_chunks()
    joined = np.concatenate(parts)
    return joined
