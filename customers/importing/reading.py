"""Open any file we accept and yield it in chunks of text columns with the line each row stood on."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

from customers.importing.delimited import DelimitedFile
from customers.importing.errors import FileDamaged, FileEmpty, FileKindUnknown, FileMissing, FileSuspicious

PARQUET_ROWS = 65_536
SHEET_ROWS = 65_536
GREATEST_UNPACKED_BYTES = 2 * 1024**3
GREATEST_RATIO = 200
SUFFIXES = (".csv", ".txt", ".xlsx", ".xls", ".parquet")


@dataclass(frozen=True)
class Chunk:
    """Some rows: one Arrow text column per header, and the line of the file each row began on."""

    columns: Sequence[pa.StringArray]
    lines: npt.NDArray[np.int32]


@dataclass
class Ragged:
    """Rows whose cells do not match the header: (line, text), filled while the file is read."""

    rows: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True)
class OpenFile:
    """A file ready to be read once: its headers, its encoding, its rows."""

    headers: list[str]
    encoding: str
    ragged: Ragged
    chunks: Any

    def read(self, wanted: Sequence[int]) -> Iterator[Chunk]:
        """Yield the chunks with only the wanted columns (positions among the headers), in that order."""
        return self.chunks(wanted)


def open_file(path: Path, *, has_header: bool = True) -> OpenFile:
    """Open a file by its kind; raises a named ImportRefused when it cannot be read."""
    if not path.is_file():
        raise FileMissing(path)
    if path.stat().st_size == 0:
        raise FileEmpty
    suffix = path.suffix.lower()
    if suffix in (".csv", ".txt"):
        return _delimited(path, has_header)
    if suffix in (".xlsx", ".xls"):
        return _sheets(path, has_header)
    if suffix == ".parquet":
        return _parquet(path)
    raise FileKindUnknown(suffix)


def cell_text(value: Any) -> str:
    """Return a spreadsheet or Parquet cell as the text a person reads there."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S") if value.time() != dt.time() else value.strftime("%Y-%m-%d")
    return str(value)


def _delimited(path: Path, has_header: bool) -> OpenFile:
    ragged = Ragged()
    source = DelimitedFile.open(path, has_header=has_header, ragged=ragged.rows)

    def chunks(wanted: Sequence[int]) -> Iterator[Chunk]:
        for columns, lines in source.read(wanted):
            yield Chunk(columns, lines)

    return OpenFile(source.headers, source.encoding, ragged, chunks)


def _sheets(path: Path, has_header: bool) -> OpenFile:
    _refuse_bombs(path)
    try:
        rows, lines = _rows_of_sheets(CalamineWorkbook.from_path(str(path)))
    except (CalamineError, OSError, zipfile.BadZipFile) as error:
        raise FileDamaged(error) from error
    if not rows:
        raise FileEmpty
    width = len(rows[0])
    headers = [cell_text(value) for value in rows[0]] if has_header else [str(n + 1) for n in range(width)]
    first = 1 if has_header else 0

    def chunks(wanted: Sequence[int]) -> Iterator[Chunk]:
        for start in range(first, len(rows), SHEET_ROWS):
            block = rows[start : start + SHEET_ROWS]
            columns = [pa.array([cell_text(row[n]) for row in block], pa.string()) for n in wanted]
            yield Chunk(columns, np.array(lines[start : start + SHEET_ROWS], np.int32))

    return OpenFile(headers, suffix_of(path), Ragged(), chunks)


def _rows_of_sheets(book: CalamineWorkbook) -> tuple[list[list[Any]], list[int]]:
    """Return the rows of the first filled sheet and of the later ones with the same header, with their row numbers."""
    rows: list[list[Any]] = []
    lines: list[int] = []
    for name in book.sheet_names:
        found = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        numbered = [(line, row) for line, row in enumerate(found, 1) if any(cell != "" for cell in row)]
        if numbered and rows and numbered[0][1] == rows[0]:
            numbered = numbered[1:]
        elif rows:
            continue
        lines += [line for line, _ in numbered]
        rows += [row for _, row in numbered]
    return rows, lines


def _refuse_bombs(path: Path) -> None:
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    times = unpacked // max(path.stat().st_size, 1)
    if unpacked > GREATEST_UNPACKED_BYTES or (times > GREATEST_RATIO and unpacked > 10 * 1024**2):
        raise FileSuspicious(times)


def _parquet(path: Path) -> OpenFile:
    try:
        source = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise FileDamaged(error) from error
    headers = source.schema_arrow.names

    def chunks(wanted: Sequence[int]) -> Iterator[Chunk]:
        line = 1
        for batch in source.iter_batches(PARQUET_ROWS, columns=[headers[n] for n in wanted], use_threads=False):
            columns = [_as_text(batch.column(headers[n])) for n in wanted]
            yield Chunk(columns, np.arange(line, line + len(batch), dtype=np.int32))
            line += len(batch)

    return OpenFile(headers, "parquet", Ragged(), chunks)


def _as_text(column: pa.Array) -> pa.StringArray:
    if pa.types.is_floating(column.type):
        return pa.array([cell_text(value) for value in column.to_pylist()], pa.string())
    return column.cast(pa.string()).fill_null("")


def suffix_of(path: Path) -> str:
    """Return the kind of a file by its name: csv, xlsx …"""
    return path.suffix.lower().removeprefix(".")
