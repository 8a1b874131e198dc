"""A small table as a CSV file: with a byte order mark, no text of it a formula. (Lists of customers: writing.py.)"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse

from cvm.exports.writing import BYTE_ORDER_MARK, safe_text


def csv_answer(rows: Iterable[Iterable[Any]], *, name: str) -> HttpResponse:
    """Return the rows as a download; numbers are given as numbers, because a text that begins with a sign is disarmed."""
    answer = HttpResponse(BYTE_ORDER_MARK, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    writer = csv.writer(answer)
    for row in rows:
        writer.writerow([safe_text(cell) if isinstance(cell, str) else cell for cell in row])
    return answer
