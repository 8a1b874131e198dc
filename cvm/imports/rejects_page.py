"""The rejected rows of one import as a file that can be mended and fed back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.http import HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from customers import audit
from customers.access import can, requires, staff_of
from customers.importing import receipts
from customers.models import ImportBatch
from cvm.exports.tables import csv_stream


@require_safe
@requires("imports.view")
def rejects(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Send the rejected rows of one import as CSV.

    Who may import gets each row as it came, in clear, to mend it and feed it back; that is noted. Others get the
    places and reasons with long numbers masked.
    """
    batch = get_object_or_404(ImportBatch, pk=pk)
    if can(request.user, "imports.run"):
        audit.record(
            "imports.rejects_downloaded",
            actor=staff_of(request),
            at=timezone.now(),
            subject=batch,
            count=batch.rejects.count(),
        )
        table = clear_rows(batch)
    else:
        table = receipts.rejected_rows(batch)
    return csv_stream(table, name=f"rejects-{batch.pk}.csv")


def clear_rows(batch: ImportBatch) -> Iterator[tuple[object, ...]]:
    """Yield the rejected rows as they came, with place and reason behind them; a header when the file had one.

    The added columns bear names no mapping knows, so that the mended file goes in with the same mapping.
    """
    headers: Sequence[str] = batch.preview.get("headers") or []
    has_header = batch.template is None or batch.template.spec.get("header", True)
    width = len(headers)
    if has_header:
        names = (_("Sheet"), _("Line"), _("Column"), _("Cell"), _("Reason"))
        yield (*headers, *(_("[Rejected] %(name)s") % {"name": name} for name in names))
    rows = batch.rejects.order_by("line", "pk")
    for row in rows.values_list("cells", "sheet", "line", "column", "value", "reason").iterator(chunk_size=2_000):
        cells, *place, reason = row
        filled = [str(cell) for cell in cells][:width] if width else [str(cell) for cell in cells]
        yield (*filled, *[""] * (width - len(filled)), *place, receipts.spoken(reason))
