"""Read one workbook in a process of its own, with limits, and leave its rows as columns of bytes.

    python -m customers.importing.sheet_child WORKBOOK STREAM '{"header": true, "sheets": [], …}'

Prints one JSON document: the headers, the names of the sheets, those not read, or what is wrong with the file. A hostile
workbook can make its reader loop, swallow memory or crash: that ends this process and nothing else. No Django here, and
neither NumPy nor Arrow: loading them costs half of what reading a hundred thousand rows does.

The stream is blocks of rows: BLOCK (rows, columns), an int32 mark per row, then each column: NUMBERS and a double per
row, or TEXTS and int32 offsets (one more than rows) and the UTF-8 they point into (customers/importing/sheets.py).
"""

from __future__ import annotations

import json
import resource
import struct
import sys
from array import array
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import accumulate
from typing import Any, BinaryIO

from customers.importing.cell_text import cell_text

ROWS = 65_536
SHEET_BITS = 21  # a line of sheet n is marked n << 21 | line: a sheet has at most 2**20 lines
LONGEST_CELL = 1_000_000
MOST_BYTES = 2**31 - 1  # of a column of one block
BLOCK = struct.Struct("<II")
NUMBERS, TEXTS = b"n", b"t"


class Refused(Exception):
    """The code of an ImportRefused and its values."""

    def __init__(self, code: str, **detail: Any) -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail


def main() -> None:
    """Limit this process, read, and say what was found."""
    workbook, stream, said = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (said["memory"], said["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (said["seconds"], said["seconds"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer = read(workbook, stream, said)
    except Refused as refused:
        answer = {"error": refused.code, "detail": refused.detail}
    json.dump(answer, sys.stdout)


def read(workbook: str, stream: str, said: dict[str, Any]) -> dict[str, Any]:
    """Write the joined rows to `stream` and return headers, sheets and the names of the sheets left out."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        book = CalamineWorkbook.from_path(workbook)
        found = _sheets(book, said)
    except PasswordError:
        raise Refused("workbook_encrypted") from None
    except (CalamineError, OSError, ValueError, KeyError) as error:
        raise Refused("file_damaged", reason=(str(error).splitlines() or [type(error).__name__])[0][:200]) from None
    if not found:
        raise Refused("file_empty")
    joined, unread = _joined(found, said)
    width = max(len(one.first) for one in joined)
    if width > said["columns"]:
        raise Refused("too_many_columns", columns=width, limit=said["columns"])
    _write(stream, joined, width, skip_first=said["header"])
    headers = [*joined[0].first, *[""] * (width - len(joined[0].first))]
    return {"headers": headers, "sheets": book.sheet_names, "unread": unread}


class Sheet:
    """A sheet that has cells: its place in the workbook, its first filled line and that line's cells as text."""

    def __init__(self, place: int, name: str, sheet: Any) -> None:
        self.place, self.name, self._sheet = place, name, sheet
        self.left = sheet.start[1] if sheet.start else 0
        lines = ((line, row) for line, row in self.lines() if any(cell != "" for cell in row))
        self.line, cells = next(lines, (0, []))
        self.first = [cell_text(cell) for cell in cells]

    def lines(self) -> Iterator[tuple[int, list[Any]]]:
        """Yield (line, cells) from the top of the sheet, the columns counted from A."""
        before: list[Any] = [""] * self.left
        for line, row in enumerate(self._sheet.iter_rows(), 1):
            yield line, before + row if before else row

    @property
    def names(self) -> list[str]:
        """Return the first line without blanks around and behind, to compare headers by."""
        names = [cell.strip() for cell in self.first]
        while names and not names[-1]:
            names.pop()
        return names


def _sheets(book: Any, said: dict[str, Any]) -> list[Sheet]:
    sheets = []
    for place, name in enumerate(book.sheet_names):
        sheet = Sheet(place, name, book.get_sheet_by_index(place))
        if sheet.line:
            sheets.append(sheet)
    return sheets


def _joined(found: list[Sheet], said: dict[str, Any]) -> tuple[list[Sheet], list[str]]:
    patterns = [pattern.casefold() for pattern in said["sheets"]]
    chosen = [one for one in found if not patterns or any(fnmatchcase(one.name.casefold(), p) for p in patterns)]
    if not chosen:
        raise Refused("sheets_missing", wanted=said["sheets"], found=[one.name for one in found])
    joined = [one for one in chosen if _alike(one, chosen[0], said["header"])]
    return joined, [one.name for one in found if one not in joined]


def _alike(one: Sheet, first: Sheet, has_header: bool) -> bool:
    return one.names == first.names if has_header else len(one.first) == len(first.first)


def _write(stream: str, joined: Sequence[Sheet], width: int, *, skip_first: bool) -> None:
    with open(stream, "wb") as out:
        for sheet in joined:
            for marks, rows in _blocks(sheet, skip_first=skip_first):
                write_block(out, marks, rows, width=width)


def write_block(out: BinaryIO, marks: list[int], rows: list[list[Any]], *, width: int) -> None:
    """Write some rows of one length, at most `width`, to the stream."""
    out.write(BLOCK.pack(len(rows), width))
    out.write(array("i", marks).tobytes())
    cells = [*zip(*rows, strict=True)]
    for column in cells:
        out.write(_column(column))
    out.write(_texts([""] * len(rows)) * (width - len(cells)))


def _blocks(sheet: Sheet, *, skip_first: bool) -> Iterator[tuple[list[int], list[list[Any]]]]:
    marks: list[int] = []
    rows: list[list[Any]] = []
    for line, row in sheet.lines():
        if line < sheet.line + skip_first:
            continue
        marks.append(sheet.place << SHEET_BITS | line)
        rows.append(row)
        if len(rows) == ROWS:
            yield marks, rows
            marks, rows = [], []
    if rows:
        yield marks, rows


def _column(cells: Sequence[Any]) -> bytes:
    """Return a column as its bytes: numbers as they are, everything else as text."""
    kinds = set(map(type, cells))
    if kinds == {float}:
        return NUMBERS + array("d", cells).tobytes()
    return _texts(cells if kinds == {str} else [cell_text(cell) for cell in cells])


def _texts(cells: Sequence[str]) -> bytes:
    """Return texts as Arrow keeps them: where each one ends, and all of them in a row."""
    data = "".join(cells).encode()
    lengths = list(map(len, cells))
    if sum(lengths) != len(data):  # not all of it is ASCII
        lengths = [len(cell.encode()) for cell in cells]
    if max(lengths) > LONGEST_CELL or len(data) > MOST_BYTES:
        raise Refused("cell_too_large", limit=LONGEST_CELL)
    return TEXTS + array("i", accumulate(lengths, initial=0)).tobytes() + data


if __name__ == "__main__":
    main()
