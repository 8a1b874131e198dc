"""Pages by position (keyset), not by number: equally fast everywhere, nothing twice, nothing left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from customers.models import Standing
from cvm.filters import DEFAULT_SORT, SORTS


class BadCursor(ValueError):
    """The position in the address is not one of ours."""


@dataclass(frozen=True)
class Page:
    """One page of standings in list order, and whether there is more on either side."""

    rows: list[Any]  # standings, or named tuples of some of their fields
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


def read_page(standings: QuerySet[Standing, Any], *, sort: str, size: int, after: str = "", before: str = "") -> Page:
    """Return up to `size` rows after a position, or before one; raises BadCursor."""
    sort = sort if sort in SORTS else DEFAULT_SORT
    field, is_falling = SORTS[sort]
    if before:
        rows = _rows(standings, field=field, is_falling=not is_falling, id_falls=True, position=before, size=size)
        return Page(rows[:size][::-1], True, len(rows) > size, sort)
    rows = _rows(standings, field=field, is_falling=is_falling, id_falls=False, position=after, size=size)
    return Page(rows[:size], len(rows) > size, bool(after), sort)


def order_of(sort: str) -> tuple[str, str]:
    """Return the order of a whole list: by its sort, then by the customer's id."""
    field, is_falling = SORTS.get(sort, SORTS[DEFAULT_SORT])
    return (f"-{field}" if is_falling else field, "customer_id")


def cursor_of(row: Any, *, sort: str) -> str:
    """Return the position of a row: its sort value and the customer's id."""
    return f"{getattr(row, SORTS[sort][0])}.{row.customer_id}"


def _rows(
    standings: QuerySet[Standing, Any], *, field: str, is_falling: bool, id_falls: bool, position: str, size: int
) -> list[Any]:
    order = (f"-{field}" if is_falling else field, "-customer_id" if id_falls else "customer_id")
    if position:
        standings = standings.filter(_beyond(position, field=field, is_falling=is_falling, id_falls=id_falls))
    return list(standings.order_by(*order)[: size + 1])


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
