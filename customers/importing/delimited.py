"""Text files: encoding, separator, quotes with line feeds, ragged lines; streamed through Arrow block by block."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from customers.importing.errors import EncodingUnknown, FileDamaged, FileEmpty

BLOCK_BYTES = 4 << 20
HEADER_CHARACTERS = 64 << 10
SEPARATORS = "\t|,;"
Rows = tuple[list[pa.StringArray], npt.NDArray[np.int32]]


@dataclass(frozen=True)
class DelimitedFile:
    """A text file whose first record has been looked at."""

    path: Path
    encoding: str
    separator: str
    headers: list[str]
    has_header: bool
    ragged: list[tuple[int, str]]

    @classmethod
    def open(cls, path: Path, *, has_header: bool, ragged: list[tuple[int, str]]) -> DelimitedFile:
        """Find out encoding, separator and header; rows that do not fit will be appended to `ragged`."""
        encoding = detect_encoding(path)
        with path.open(encoding=encoding, newline="") as file:
            start = file.read(HEADER_CHARACTERS)
        if not start.strip("\ufeff \r\n\t"):
            raise FileEmpty
        separator = detect_separator(start)
        record = next(csv.reader(io.StringIO(start, newline=""), delimiter=separator))
        headers = record if has_header else [str(n + 1) for n in range(len(record))]
        return cls(path, encoding, separator, headers, has_header, ragged)

    def read(self, wanted: Sequence[int]) -> Iterator[Rows]:
        """Yield the wanted columns as text with the physical line of every row; ragged rows are set aside."""
        lines = _Lines(self.ragged, first=2 if self.has_header else 1)
        if self.has_header:
            lines.next_line += sum(header.count("\n") for header in self.headers)
        try:
            reader = arrow_csv.open_csv(
                self._stream(),
                read_options=arrow_csv.ReadOptions(
                    use_threads=False,
                    block_size=BLOCK_BYTES,
                    column_names=[str(n) for n in range(len(self.headers))],
                    skip_rows_after_names=int(self.has_header),
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self.separator,
                    newlines_in_values=True,
                    ignore_empty_lines=False,
                    invalid_row_handler=lines.set_aside,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types={str(n): pa.string() for n in range(len(self.headers))},
                    include_columns=[str(n) for n in range(len(self.headers))],
                    strings_can_be_null=False,
                    check_utf8=False,
                ),
            )
            for batch in reader:
                if len(batch):
                    yield lines.place(batch, wanted)
            lines.finish()
        except UnicodeDecodeError as error:
            raise EncodingUnknown from error
        except pa.ArrowInvalid as error:
            raise FileDamaged(error) from error

    def _stream(self) -> Any:
        if self.encoding == "utf-8":
            return pa.input_stream(str(self.path))
        return pa.PythonFile(_Transcoded(self.path, self.encoding), mode="r")


def detect_encoding(path: Path) -> str:
    """Return utf-8-sig, utf-8 or gb18030, the first that fits the whole file; raises EncodingUnknown."""
    with path.open("rb") as file:
        if file.read(3) == codecs.BOM_UTF8:
            return "utf-8-sig"
    for encoding in ("utf-8", "gb18030"):
        if _decodes(path, encoding):
            return encoding
    raise EncodingUnknown


def detect_separator(start: str) -> str:
    """Return the separator found most often in the first record (tab, pipe, comma, semicolon)."""
    first = next(csv.reader(io.StringIO(start, newline=""), delimiter="\x00"), [""])[0]
    return max(SEPARATORS, key=lambda separator: (first.count(separator), -SEPARATORS.index(separator)))


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while block := file.read(BLOCK_BYTES):
                if "\0" in decoder.decode(block):
                    return False
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


class _Transcoded(io.RawIOBase):
    """A file read as UTF-8 whatever it is written in, block by block."""

    def __init__(self, path: Path, encoding: str) -> None:
        self._file = path.open("rb")
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        while not self._rest or (size >= 0 and len(self._rest) < size):
            block = self._file.read(BLOCK_BYTES)
            self._rest += self._decoder.decode(block, final=not block).encode()
            if not block:
                break
        taken = self._rest if size < 0 else self._rest[:size]
        self._rest = self._rest[len(taken) :]
        return taken

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()


class _Lines:
    """Counts physical lines: rows may span several, blank and ragged ones are no rows."""

    def __init__(self, ragged: list[tuple[int, str]], first: int) -> None:
        self.next_line = first
        self._ragged = ragged
        self._row = first  # Arrow numbers records from 1, the header among them
        self._aside: list[tuple[int, str]] = []

    def set_aside(self, row: arrow_csv.InvalidRow) -> str:
        self._aside.append((row.number, row.text))
        return "skip"

    def place(self, batch: pa.RecordBatch, wanted: Sequence[int]) -> Rows:
        """Return the wanted columns of the rows that are not blank, with the line each began on."""
        height = 1 + _line_feeds(batch)
        starts = self.next_line + np.cumsum(height) - height
        taken = 0
        for number, text in self._aside:
            at = number - self._row - taken  # how many good rows of this batch stand before it
            if at >= len(batch):
                break
            self._note(int(starts[at]), text)
            starts[at:] += 1 + text.count("\n")
            taken += 1
        del self._aside[:taken]
        self._row += len(batch) + taken
        self.next_line = int(starts[-1] + height[-1])
        filled = np.flatnonzero(_lengths(batch))
        columns = [batch.column(n) for n in wanted]
        if len(filled) < len(batch):
            columns, starts = [column.take(pa.array(filled)) for column in columns], starts[filled]
        return columns, starts.astype(np.int32)

    def finish(self) -> None:
        """Report the rows set aside after the last good one."""
        for _, text in self._aside:
            self._note(self.next_line, text)
            self.next_line += 1 + text.count("\n")
        self._aside.clear()

    def _note(self, line: int, text: str) -> None:
        if text.strip():
            self._ragged.append((line, text))


def _line_feeds(batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
    feeds = np.zeros(len(batch), np.int64)
    for column in batch.columns:
        if column.buffers()[2] is not None and b"\n" in memoryview(column.buffers()[2]).tobytes():
            feeds += pc.count_substring(column, "\n").to_numpy(zero_copy_only=False)
    return feeds


def _lengths(batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
    lengths = np.zeros(len(batch), np.int64)
    for column in batch.columns:
        lengths += pc.binary_length(column).to_numpy(zero_copy_only=False)
    return lengths
