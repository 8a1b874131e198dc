"""The rows of an export: the list of its address, its night and its requester's scope, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

from django.http import QueryDict
from django.utils import timezone

from customers.masking import masked_number
from customers.models import Export, Standing
from cvm import cells, columns
from cvm.columns import Column
from cvm.exports.watermark import in_own_order
from cvm.filters import DEFAULT_SORT, StandingFilter
from cvm.paging import order_of

READ_AT_ONCE = 2_000  # rows in memory, whatever the length of the list


class ListChanged(Exception):
    """The address does not say what it said: a filter it names is gone."""


def columns_of(export: Export) -> list[Column]:
    """Return the columns of a file in the order of the list; those its requester may not see any more are gone."""
    return [column for column in columns.allowed(export.requested_by) if column.name in export.columns]


def value_rows(export: Export, *, key: str) -> Iterator[list[cells.Value]]:
    """Yield each row as plain values, the masked number first, in the file's own order. Needs a transaction.

    A server-side cursor reads, so memory does not grow with the list. Raises ListChanged.
    """
    shown = columns_of(export)
    names = cells.names_for(shown, reader=export.requested_by, run=export.run)
    has_tags = any(column.name == "tags" for column in shown)
    on = timezone.localdate(export.requested_at)
    for block in in_own_order(_rows(export, shown), key=key, number=lambda row: masked_number(row.customer__msisdn)):
        if has_tags:
            cells.add_tags(names, block, on=on)
        for row in block:
            yield [
                masked_number(row.customer__msisdn),
                *(cells.written(column, row, names) for column in shown),
            ]


def _rows(export: Export, shown: list[Column]) -> Iterator[cells.Row]:
    query = QueryDict(export.query)
    standings = Standing.objects.filter(run_id=export.run_id).visible_to(export.requested_by)
    wanted = StandingFilter(query, standings, request=SimpleNamespace(user=export.requested_by))
    if not wanted.is_valid():
        raise ListChanged
    order = order_of(query.get("sort", DEFAULT_SORT))
    found = wanted.qs.order_by(*order).values_list(*columns.fields_of(shown), named=True)
    yield from found.iterator(chunk_size=READ_AT_ONCE)
