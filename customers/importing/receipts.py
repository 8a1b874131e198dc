"""Reads for the page of imports: the batches with their receipts, and the rejected rows of one of them."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from customers.importing.reasons import Reason
from customers.masking import HIDDEN, masked_text
from customers.models import ImportBatch, ImportReject


def batches() -> QuerySet[ImportBatch]:
    """Return all batches, newest first."""
    return ImportBatch.objects.select_related("template", "created_by").order_by("-started_at", "-pk")


def rejected_rows(batch: ImportBatch) -> Iterator[tuple[object, ...]]:
    """Yield the rejected rows as a table for download, header first: line, column, value, reason in words.

    Long numbers are masked. A row that could not be cut into columns has no value here: it may hold anything.
    """
    yield (_("Line"), _("Column"), _("Value"), _("Reason"))
    rows = (
        ImportReject.objects.filter(batch=batch).order_by("line", "pk").values_list("line", "column", "value", "reason")
    )
    for line, column, value, reason in rows.iterator(chunk_size=5_000):
        yield line, column, masked_text(value) if column else HIDDEN, spoken(reason)


def spoken(reason: str) -> str:
    """Return a reason code in words."""
    return str(Reason(reason).label) if reason in Reason.values else reason
