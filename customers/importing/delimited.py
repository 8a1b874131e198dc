"""Text files: separator, quotes with line feeds, ragged lines; streamed through Arrow block by block."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from customers.importing import encodings
from customers.importing.encodings import Survey
from customers.importing.errors import CellTooLarge, EncodingUnknown, FileDamaged, FileEmpty, TooManyColumns
from customers.importing.sheets import LONGEST_CELL, MOST_COLUMNS

BLOCK_BYTES = 4 << 20
HEADER_BYTES = 1 << 20
BLANK_LINES = re.compile(r"\ufeff?(?:[ \t]*(?:\r\n|\r|\n))*")
SEPARATORS = "\t|,;"
Rows = tuple[list[pa.StringArray], npt.NDArray[np.int32]]


@dataclass(frozen=True)
class DelimitedFile:
    """A text file whose first record has been looked at."""

    path: Path
    survey: Survey
    separator: str
    headers: list[str]
    has_header: bool
    ragged: list[tuple[int, str]]
    packed: bool
    blank_lines: int = 0

    @classmethod
    def open(
        cls, path: Path, *, has_header: bool, ragged: list[tuple[int, str]], encoding: str = "", packed: bool = False
    ) -> DelimitedFile:
        """Find out encoding, separator and header; rows that do not fit will be appended to `ragged`.

        `encoding` is what the template declares, "" to find out; `packed` says that the text is gzipped.
        """
        survey = encodings.survey(path, declared=encoding, packed=packed)
        with encodings.opened(path, packed=packed) as file:
            start = _decoded_start(file.read(HEADER_BYTES), survey.encoding)
        if not start.strip("\ufeff \r\n\t"):
            raise FileEmpty
        filled = BLANK_LINES.sub("", start, count=1)
        blank_lines = len((start.removesuffix(filled) + "|").splitlines()) - 1
        start = filled
        separator = detect_separator(start)
        record = _first_record(start, separator)
        if len(record) > MOST_COLUMNS:
            raise TooManyColumns(len(record), MOST_COLUMNS)
        headers = record if has_header else [str(n + 1) for n in range(len(record))]
        return cls(path, survey, separator, headers, has_header, ragged, packed, blank_lines)

    def read(self, wanted: Sequence[int]) -> Iterator[Rows]:
        """Yield the wanted columns as text with the physical line of every row; ragged rows are set aside."""
        first = self.blank_lines + (2 if self.has_header else 1)
        lines = _Lines(self.ragged, first=first, has_quotes=self.survey.has_quotes)
        if self.has_header:
            lines.next_line += sum(header.count("\n") for header in self.headers)
        try:
            reader = arrow_csv.open_csv(
                encodings.as_utf8(self.path, self.survey.encoding, packed=self.packed),
                read_options=arrow_csv.ReadOptions(
                    use_threads=False,
                    block_size=BLOCK_BYTES,
                    column_names=[str(n) for n in range(len(self.headers))],
                    skip_rows=self.blank_lines,
                    skip_rows_after_names=int(self.has_header),
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self.separator,
                    # Where no cell is quoted none can hold a line feed, and reading costs half.
                    newlines_in_values=self.survey.has_quotes,
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
            if "straddling" in str(error) or "out of sync" in str(error):
                raise CellTooLarge(LONGEST_CELL) from error
            raise FileDamaged(error) from error


def detect_separator(start: str) -> str:
    """Return the separator found most often in the first record (tab, pipe, comma, semicolon)."""
    first = _first_record(start, "\x00")[0]
    return max(SEPARATORS, key=lambda separator: (first.count(separator), -SEPARATORS.index(separator)))


def _decoded_start(start: bytes, encoding: str) -> str:
    return codecs.getincrementaldecoder(encoding)(errors="replace").decode(start)


def _first_record(start: str, separator: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(start, newline=""), delimiter=separator), [""]) or [""]
    except csv.Error as error:  # a cell beyond the field limit of the csv module
        raise CellTooLarge(LONGEST_CELL) from error


class _Lines:
    """Counts physical lines: rows may span several, blank and ragged ones are no rows."""

    def __init__(self, ragged: list[tuple[int, str]], first: int, *, has_quotes: bool) -> None:
        self.next_line = first
        self._has_quotes = has_quotes
        self._ragged = ragged
        self._row = first  # Arrow numbers records from 1, the header among them
        self._aside: list[tuple[int, str]] = []
        self._longest = 0

    def set_aside(self, row: arrow_csv.InvalidRow) -> str:
        self._longest = max(self._longest, len(row.text))  # an exception could not leave Arrow from here
        self._aside.append((row.number, row.text[:LONGEST_CELL]))
        return "skip"

    def place(self, batch: pa.RecordBatch, wanted: Sequence[int]) -> Rows:
        """Return the wanted columns of the rows that are not blank, with the line each began on."""
        height = 1 + (_line_feeds(batch) if self._has_quotes else np.zeros(len(batch), np.int64))
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
        filled = _filled(batch)
        columns = [batch.column(n) for n in wanted]
        if len(filled) < len(batch):
            columns, starts = [column.take(pa.array(filled)) for column in columns], starts[filled]
        return columns, starts.astype(np.int32)

    def finish(self) -> None:
        """Report the rows set aside after the last good one; raises CellTooLarge when one has no end."""
        if self._longest > LONGEST_CELL:
            raise CellTooLarge(LONGEST_CELL)
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


def _filled(batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
    """Return the rows in which any cell has text; raises CellTooLarge."""
    blank = np.ones(len(batch), np.bool_)
    for column in batch.columns:
        offsets = np.frombuffer(column.buffers()[1], np.int32)[column.offset : column.offset + len(batch) + 1]
        lengths = np.diff(offsets)
        if lengths.max() > LONGEST_CELL:
            raise CellTooLarge(LONGEST_CELL)
        blank &= lengths == 0
    return np.flatnonzero(~blank)
