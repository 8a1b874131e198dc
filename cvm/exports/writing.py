"""Write rows as CSV or as a workbook, one after the other: memory does not grow with the file."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO

import xlsxwriter
from django.utils.translation import gettext as _

from cvm.cells import Value

BYTE_ORDER_MARK = "\ufeff"  # spreadsheet programs take a file without it for a Western one
# with the full-width forms: spreadsheet programs of East Asia read them as the same signs
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
SHEET_ROWS = 1_048_576
LINES_AROUND = 3  # watermark, heads, and the last line


@dataclass(frozen=True)
class Sheet:
    """What a file says besides its rows."""

    number: int
    watermark: str
    heads: list[str]
    last_line: Callable[[int], str]  # says how many rows, known when all are written


def write(path: Path, rows: Iterable[list[Value]], *, sheet: Sheet, file_format: str) -> int:
    """Write a new file only its owner can read and return how many rows it holds."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        return _write_csv(out, rows, sheet=sheet) if file_format == "csv" else _write_xlsx(out, rows, sheet=sheet)


def sha256_of(path: Path) -> str:
    """Return the digest of a file, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def safe_text(text: str) -> str:
    """Return a text no spreadsheet program takes for a formula."""
    return f"'{text}" if text.lstrip(" \u3000\xa0").startswith(FORMULA_STARTS) else text


def _write_csv(out: IO[bytes], rows: Iterable[list[Value]], *, sheet: Sheet) -> int:
    text = _Text(out)
    writer = csv.writer(text)
    text.write(BYTE_ORDER_MARK)
    writer.writerow([safe_text(sheet.watermark)])
    writer.writerow([safe_text(head) for head in sheet.heads])
    count = 0
    for row in rows:
        writer.writerow([safe_text(cell) if isinstance(cell, str) else cell for cell in row])
        count += 1
    writer.writerow([sheet.last_line(count)])
    return count


class _Text:
    """A text file for the csv module over an open binary one."""

    def __init__(self, out: IO[bytes]) -> None:
        self.out = out

    def write(self, text: str) -> int:
        return self.out.write(text.encode())


def _write_xlsx(out: IO[bytes], rows: Iterable[list[Value]], *, sheet: Sheet) -> int:
    options = {
        "constant_memory": True,
        "tmpdir": str(Path(out.name).parent) if isinstance(out.name, str) else None,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": f"CVM {sheet.number}", "comments": sheet.watermark})
        book.set_custom_property("cvm-export", sheet.number, "number_int")
        return _Sheets(book, sheet).fill(rows)


class _Sheets:
    """The sheets of a workbook, begun as they are needed."""

    def __init__(self, book: xlsxwriter.Workbook, sheet: Sheet) -> None:
        self.book, self.sheet = book, sheet
        self.bold = book.add_format({"bold": True})
        self.money = book.add_format({"num_format": "#,##0.00"})
        self.page, self.line = self._begin()

    def fill(self, rows: Iterable[list[Value]]) -> int:
        count = 0
        for row in rows:
            if self.line == SHEET_ROWS - 1:  # room for one line more
                self.page.write_string(self.line, 0, _("Continued on the next sheet"))
                self.page, self.line = self._begin()
            self._write(row)
            count += 1
        self.page.write_string(self.line, 0, self.sheet.last_line(count))
        return count

    def _begin(self) -> tuple[xlsxwriter.worksheet.Worksheet, int]:
        page = self.book.add_worksheet()
        page.set_footer("&L" + self.sheet.watermark.replace("&", "&&")[:200] + "&R&P / &N")
        page.set_column(0, len(self.sheet.heads), 15)
        page.freeze_panes(2, 1)
        page.write_string(0, 0, self.sheet.watermark)
        for place, head in enumerate(self.sheet.heads):
            page.write_string(1, place, head, self.bold)
        return page, 2

    def _write(self, row: list[Value]) -> None:
        for place, cell in enumerate(row):
            if isinstance(cell, str):
                self.page.write_string(self.line, place, cell)
            elif isinstance(cell, Decimal):
                self.page.write_number(self.line, place, float(cell), self.money)
            else:
                self.page.write_number(self.line, place, cell)
        self.line += 1
