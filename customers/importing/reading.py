"""Open any file we accept and yield it in chunks of text columns with the place each row stood at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from customers.importing import guards
from customers.importing.cells import float_texts
from customers.importing.delimited import DelimitedFile
from customers.importing.errors import FileDamaged, FileSuspicious, TooManyColumns
from customers.importing.sheets import MOST_COLUMNS, Workbook

PARQUET_ROWS = 65_536
GREATEST_TABLE_BYTES = 16 * 1024**3
SUFFIXES = tuple(guards.KINDS)


@dataclass(frozen=True)
class Chunk:
    """Some rows: one Arrow text column per header, and the line of the file each row began on.

    In a workbook the lines are marks that hold the sheet as well: customers/importing/sheets.py `place_of`.
    """

    columns: Sequence[pa.StringArray]
    lines: npt.NDArray[np.int32]


@dataclass
class Ragged:
    """Rows whose cells do not match the header: (line, text), filled while the file is read."""

    rows: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True)
class OpenFile:
    """A file ready to be read: its headers, its encoding, its rows, its sheets and what was left out of them."""

    headers: list[str]
    encoding: str
    ragged: Ragged
    chunks: Any
    has_header: bool = True
    sheets: Sequence[str] = ()
    unread_sheets: Sequence[str] = ()
    separator: str = ","

    def read(self, wanted: Sequence[int]) -> Iterator[Chunk]:
        """Yield the chunks with only the wanted columns (positions among the headers), in that order."""
        return self.chunks(wanted)


def open_as(path: Path, spec: Mapping[str, Any]) -> OpenFile:
    """Open a file as a mapping template says: with or without header, its encoding, its sheets."""
    return open_file(
        path,
        has_header=spec.get("header", True),
        encoding=spec.get("encoding", ""),
        sheets=spec.get("sheets", ()),
    )


def open_file(path: Path, *, has_header: bool = True, encoding: str = "", sheets: Sequence[str] = ()) -> OpenFile:
    """Open a file by its kind; raises a named ImportRefused when it cannot be read.

    `encoding` and `sheets` (names or patterns) are what a template declares; "" and () mean: find out.
    """
    kind = guards.kind_of(path)
    if kind in (guards.TEXT, guards.GZIP):
        return _delimited(path, has_header, encoding, packed=kind == guards.GZIP)
    if kind == guards.PARQUET:
        return _parquet(path)
    return _sheets(path, has_header, sheets)


def suffix_of(path: Path) -> str:
    """Return the kind of a file by its name: csv, xlsx …"""
    return path.suffix.lower().removeprefix(".")


def _delimited(path: Path, has_header: bool, encoding: str, *, packed: bool) -> OpenFile:
    ragged = Ragged()
    source = DelimitedFile.open(path, has_header=has_header, ragged=ragged.rows, encoding=encoding, packed=packed)

    def chunks(wanted: Sequence[int]) -> Iterator[Chunk]:
        for columns, lines in source.read(wanted):
            yield Chunk(columns, lines)

    return OpenFile(source.headers, source.survey.encoding, ragged, chunks, has_header, separator=source.separator)


def _sheets(path: Path, has_header: bool, sheets: Sequence[str]) -> OpenFile:
    book = Workbook.open(path, has_header=has_header, sheets=sheets)
    headers = book.headers if has_header else [str(n + 1) for n in range(len(book.headers))]

    def chunks(wanted: Sequence[int]) -> Iterator[Chunk]:
        for columns, marks in book.read(wanted):
            yield Chunk(columns, marks)

    return OpenFile(headers, suffix_of(path), Ragged(), chunks, has_header, book.sheets, book.unread)


def _parquet(path: Path) -> OpenFile:
    try:
        source = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise FileDamaged(error) from error
    headers = source.schema_arrow.names
    _refuse_oversized(path, source)

    def chunks(wanted: Sequence[int]) -> Iterator[Chunk]:
        line = 1
        try:
            for batch in source.iter_batches(PARQUET_ROWS, use_threads=False):
                yield Chunk(
                    [_as_text(batch.column(n)) for n in wanted], np.arange(line, line + len(batch), dtype=np.int32)
                )
                line += len(batch)
        except (pa.ArrowException, OSError) as error:
            raise FileDamaged(error) from error

    return OpenFile(headers, "parquet", Ragged(), chunks)


def _refuse_oversized(path: Path, source: pq.ParquetFile) -> None:
    """Refuse by the footer, before any page is unpacked."""
    columns = len(source.schema_arrow.names)
    if columns > MOST_COLUMNS:
        raise TooManyColumns(columns, MOST_COLUMNS)
    groups = (source.metadata.row_group(number) for number in range(source.metadata.num_row_groups))
    unpacked = sum(group.total_byte_size for group in groups)
    if unpacked > GREATEST_TABLE_BYTES:
        raise FileSuspicious(unpacked // max(path.stat().st_size, 1))


def _as_text(column: pa.Array) -> pa.StringArray:
    if pa.types.is_floating(column.type):
        return float_texts(column)
    return column.cast(pa.string()).fill_null("")
