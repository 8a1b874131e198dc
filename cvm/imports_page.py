"""What came in: one receipt per file, and the rejected rows to take away."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from customers.access import requires
from customers.importing.reasons import Reason
from customers.models import ImportBatch

SHOWN = 100
BYTE_ORDER_MARK = "\ufeff"  # spreadsheet programs take a file without it for a Western one
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@require_safe
@requires("imports.view")
def batch_list(request: HttpRequest) -> HttpResponse:
    """Show the newest imports with their receipts."""
    batches = ImportBatch.objects.select_related("created_by").order_by("-pk")[:SHOWN]
    return render(request, "imports/list.html", {"batches": batches})


@require_safe
@requires("imports.view")
def rejects(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Send the rejected rows of one import as CSV."""
    batch = get_object_or_404(ImportBatch, pk=pk)
    rows = batch.rejects.order_by("line", "pk").values_list("line", "column", "value", "reason").iterator(2000)
    lines = _lines([_("Line"), _("Column"), _("Value"), _("Reason")], (_row(*row) for row in rows))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="rejects-{batch.pk}.csv"'
    return response


def _row(line: int, column: str, value: str, reason: str) -> list[Any]:
    words = Reason(reason).label if reason in Reason.values else reason
    return [line, safe_cell(column), safe_cell(value), safe_cell(str(words))]


def safe_cell(text: str) -> str:
    """Return a text no spreadsheet program takes for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def _lines(head: list[str], rows: Iterable[list[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield BYTE_ORDER_MARK + writer.writerow(head)
    for row in rows:
        yield writer.writerow(row)


class _Echo:
    """A file for the csv module that hands each line back."""

    def write(self, text: str) -> str:
        return text
