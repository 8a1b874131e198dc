"""The first rows of a file that waits for its mapping, read from our copy of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from customers.importing.looks import look_of
from customers.importing.reading import open_file, suffix_of
from customers.importing.spool import path_of
from customers.masking import masked_name, masked_text
from customers.models import ImportBatch

LOOKED_AT = 200  # rows: enough for medians and for the words of most choices
NAME_LENGTHS = range(2, 5)
NAMES_WORDS = ("姓名", "机主", "联系人", "NAME")


@dataclass(frozen=True)
class FirstRows:
    """What a file begins with: `header` when the file has one, rows below it, how it is written."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    encoding: str
    has_fixed_header: bool  # the format itself names the columns
    is_text: bool = False
    sheets: tuple[str, ...] = ()
    unread_sheets: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        return max((len(row) for row in (self.header, *self.rows)), default=0)

    def column(self, position: int) -> list[str]:
        """Return the cells of a column, counted from 1."""
        return [row[position - 1] if position <= len(row) else "" for row in self.rows]

    def with_header(self, has_header: bool) -> FirstRows:
        """Return the same rows with the first one taken for names, or not."""
        if self.has_fixed_header or not has_header or not self.rows:
            return self
        return replace(self, header=self.rows[0], rows=self.rows[1:])


def read(batch: ImportBatch, *, encoding: str = "", sheets: Sequence[str] = ()) -> FirstRows:
    """Return the first rows as they stand in the file; raises ImportRefused when it cannot be read."""
    path = path_of(batch.spool_name)
    is_parquet = suffix_of(path) == "parquet"
    file = open_file(path, has_header=is_parquet, encoding=encoding, sheets=sheets)
    chunk = next(iter(file.read(range(len(file.headers)))), None)
    columns = [column[: LOOKED_AT + 1].to_pylist() for column in chunk.columns] if chunk else []
    return FirstRows(
        header=tuple(file.headers) if is_parquet else (),
        rows=tuple(islice(zip(*columns, strict=True), LOOKED_AT + 1)),
        encoding=file.encoding,
        has_fixed_header=is_parquet,
        is_text=not is_parquet and not file.sheets,
        sheets=tuple(file.sheets),
        unread_sheets=tuple(file.unread_sheets),
    )


def masked_columns(first: FirstRows, named: set[int]) -> list[list[str]]:
    """Return every column's cells as an administrator may see them: numbers and names masked.

    `named` are the positions mapped to a person's name; columns called or looking like one are masked too.
    """
    masked = []
    for position in range(1, first.width + 1):
        cells = first.column(position)
        is_name = position in named or _is_called_name(first, position) or _looks_like_names(cells)
        masked.append([masked_name(cell) if is_name else masked_text(cell) for cell in cells])
    return masked


def _is_called_name(first: FirstRows, position: int) -> bool:
    header = first.header[position - 1].upper() if position <= len(first.header) else ""
    return any(word in header for word in NAMES_WORDS)


def _looks_like_names(cells: Sequence[str]) -> bool:
    """Return whether most cells are two to four Chinese characters and few repeat: nothing else in our files is so."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if len(filled) < 3 or look_of(filled).kind != "text":
        return False
    short = [cell for cell in filled if len(cell) in NAME_LENGTHS and all("一" <= letter <= "鿿" for letter in cell)]
    return len(short) >= 0.8 * len(filled) and len(set(short)) > 0.6 * len(short)
