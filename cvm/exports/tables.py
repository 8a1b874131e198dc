"""Tables as CSV files: with a byte order mark, no text of it a formula. (Lists of customers: writing.py.)"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse

from cvm.exports.writing import BYTE_ORDER_MARK, safe_text

TYPE = "text/csv; charset=utf-8"
PLAIN_NUMBER = re.compile(r"[+-]?[\d,]*\.?\d+\Z")


def csv_answer(rows: Iterable[Iterable[Any]], *, name: str) -> HttpResponse:
    """Return the rows as a download; numbers are given as numbers, because a text that begins with a sign is disarmed."""
    answer = HttpResponse(BYTE_ORDER_MARK, content_type=TYPE, headers=_attached(name))
    writer = csv.writer(answer)
    for row in rows:
        writer.writerow([safe_text(cell) if isinstance(cell, str) else cell for cell in row])
    return answer


def csv_stream(rows: Iterable[Iterable[Any]], *, name: str) -> StreamingHttpResponse:
    """Return rows of texts to be mended and fed back as a download that never holds them all; numbers stay as they came."""
    return StreamingHttpResponse(_lines(rows), content_type=TYPE, headers=_attached(name))


def safe_or_number(text: str) -> str:
    """Return a text no spreadsheet program takes for a formula; a plain number is none, whatever its sign."""
    return text if PLAIN_NUMBER.match(text) else safe_text(text)


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield BYTE_ORDER_MARK
    for row in rows:
        yield writer.writerow([safe_or_number(cell) if isinstance(cell, str) else cell for cell in row])


class _Echo:
    """A file for the csv module that hands each line back."""

    def write(self, text: str) -> str:
        return text
