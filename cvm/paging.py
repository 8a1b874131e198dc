"""Pages by position (keyset), not by number: equally fast everywhere, nothing twice, nothing left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet

from customers.models import Run, Standing
from cvm.filters import DEFAULT_SORT, SORTS

FEW = 50  # a list of less than one in so many customers is short


class BadCursor(ValueError):
    """The position in the address is not one of ours."""


@dataclass(frozen=True)
class Page:
    """One page of standings in list order, and whether there is more on either side."""

    rows: list[Any]  # named tuples of the fields asked for, the sort's and customer_id
    has_next: bool
    has_previous: bool
    sort: str

    @property
    def after(self) -> str:
        """Return the position after the last row."""
        return cursor_of(self.rows[-1], sort=self.sort) if self.rows else ""

    @property
    def before(self) -> str:
        """Return the position before the first row."""
        return cursor_of(self.rows[0], sort=self.sort) if self.rows else ""


def read_page(
    standings: QuerySet[Standing],
    *,
    run: Run,
    fields: Sequence[str],
    number: int,
    sort: str,
    size: int,
    after: str = "",
    before: str = "",
) -> Page:
    """Return these fields of up to `size` standings of a run after a position, or before one; raises BadCursor.

    The planner cannot judge most of our filters, so two things are not left to it. What the rows refer to is looked up
    for the page alone, not for everybody the filter lets through. And where the list is short (`number` customers),
    its own rows are sorted: few may stand at the far end of an order that is walked.
    """
    sort = sort if sort in SORTS else DEFAULT_SORT
    field, is_falling = SORTS[sort]
    goes_back = bool(before)
    is_falling = is_falling != goes_back
    if position := before or after:
        standings = standings.filter(_beyond(position, field=field, is_falling=is_falling, id_falls=goes_back))
    order = _order(field, is_falling, id_falls=goes_back)
    if number * FEW < run.customers:
        first = F(field) + 0  # no index has this order
        walked = standings.order_by(first.desc() if is_falling else first.asc(), order[1])
    else:
        walked = standings.order_by(*order)
    keys = walked.values("customer_id")[: size + 1]
    found = Standing.objects.filter(run=run, customer_id__in=keys).order_by(*order)
    rows = list(found.values_list(*dict.fromkeys([*fields, field]), named=True))
    has_more = len(rows) > size
    if goes_back:
        return Page(rows[:size][::-1], True, has_more, sort)
    return Page(rows[:size], has_more, bool(after), sort)


def order_of(sort: str) -> tuple[str, str]:
    """Return the order of a whole list: by its sort, then by the customer's id."""
    return _order(*SORTS.get(sort, SORTS[DEFAULT_SORT]), id_falls=False)


def cursor_of(row: Any, *, sort: str) -> str:
    """Return the position of a row: its sort value and the customer's id."""
    return f"{getattr(row, SORTS[sort][0])}.{row.customer_id}"


def _order(field: str, is_falling: bool, *, id_falls: bool) -> tuple[str, str]:
    return (f"-{field}" if is_falling else field, "-customer_id" if id_falls else "customer_id")


def _beyond(position: str, *, field: str, is_falling: bool, id_falls: bool) -> Q:
    value, customer_id = _parse(position)
    side, id_side = ("lt" if is_falling else "gt"), ("lt" if id_falls else "gt")
    # value <= v and (value < v or id > i): the first half lets PostgreSQL start in the index
    return Q(**{f"{field}__{side}e": value}) & (
        Q(**{f"{field}__{side}": value}) | Q(**{f"customer_id__{id_side}": customer_id})
    )


def _parse(position: str) -> tuple[int, int]:
    value, _dot, customer_id = position.partition(".")
    try:
        found = int(value), int(customer_id)
    except ValueError as error:
        raise BadCursor(position) from error
    if not all(abs(number) < 2**31 for number in found[1:]) or abs(found[0]) >= 2**63:
        raise BadCursor(position)
    return found
