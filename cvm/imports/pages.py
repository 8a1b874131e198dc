"""What came in: one receipt per file, and the rejected rows to take away."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from customers.access import requires
from customers.importing import receipts
from customers.models import ImportBatch

SHOWN = 100
BYTE_ORDER_MARK = "\ufeff"  # spreadsheet programs take a file without it for a Western one
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@require_safe
@requires("imports.view")
def batch_list(request: HttpRequest) -> HttpResponse:
    """Show the newest imports with their receipts."""
    return render(request, "imports/list.html", {"batches": receipts.batches()[:SHOWN]})


@require_safe
@requires("imports.view")
def rejects(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Send the rejected rows of one import as CSV."""
    batch = get_object_or_404(ImportBatch, pk=pk)
    lines = _lines(receipts.rejected_rows(batch))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="rejects-{batch.pk}.csv"'
    return response


def safe_cell(text: str) -> str:
    """Return a text no spreadsheet program takes for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def _lines(rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield BYTE_ORDER_MARK
    for row in rows:
        yield writer.writerow([safe_cell(cell) if isinstance(cell, str) else cell for cell in row])


class _Echo:
    """A file for the csv module that hands each line back."""

    def write(self, text: str) -> str:
        return text
