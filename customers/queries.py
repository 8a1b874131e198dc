"""Reads over the published run: the cells of the dashboard, the counties a person sees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
from django.db.models import F, Lookup, QuerySet, Sum

from customers.access import Scope
from customers.models import Branch, Rollup, Run


@dataclass(frozen=True)
class Cell:
    """Customers of one cell and their revenue of three months."""

    customers: int = 0
    revenue_fen: int = 0

    def __add__(self, other: Cell) -> Cell:
        return Cell(self.customers + other.customers, self.revenue_fen + other.revenue_fen)


Matrix = dict[tuple[int, int], Cell]


def cells_by_kind(
    run: Run, *, county_ids: Iterable[int] | None, kinds: Iterable[str] | None = None
) -> dict[str, Matrix]:
    """Return the cells of these kinds, added over these counties (None: all): kind -> (row, column) -> Cell."""
    cells = _cells(run, county_ids)
    rows = (
        (cells if kinds is None else cells.filter(kind__in=list(kinds)))
        .values_list("kind", "row", "column")
        .annotate(customers_sum=Sum("customers"), revenue_sum=Sum("revenue_fen"))
    )
    found: dict[str, Matrix] = defaultdict(dict)
    for kind, row, column, customers, revenue in rows:
        found[kind][row, column] = Cell(customers, revenue)
    return found


def cell_count(
    run: Run, *, kind: str, rows: Iterable[int], columns: Iterable[int], county_ids: Iterable[int] | None
) -> int:
    """Return the customers in some cells of one kind; an empty list of rows or columns means all of them."""
    cells = _cells(run, county_ids).filter(kind=kind)
    if rows:
        cells = cells.filter(row__in=rows)
    if columns:
        cells = cells.filter(column__in=columns)
    return cells.aggregate(total=Sum("customers"))["total"] or 0


def _cells(run: Run, county_ids: Iterable[int] | None) -> QuerySet[Rollup]:
    cells = Rollup.objects.filter(run=run)
    return cells if county_ids is None else cells.filter(county_id__in=county_ids)


def total(matrix: Matrix, *, row: int | None = None, column: int | None = None) -> Cell:
    """Return the sum of a matrix, of one row or of one column."""
    chosen = (
        cell for (at_row, at_column), cell in matrix.items() if row in (None, at_row) and column in (None, at_column)
    )
    return sum(chosen, Cell())


def counties_in(scope: Scope) -> list[Branch]:
    """Return the counties a scope reaches, in the order of their codes."""
    counties = Branch.objects.filter(kind=Branch.Kind.COUNTY).order_by("code", "pk")
    if scope.is_everything or scope.manager_id is not None:
        return list(counties)
    return list(counties.filter(pk__in=scope.county_ids))


class _AnyOf(Lookup):
    """column = any(array): one parameter, which the server hashes, where `in` would send one for each number."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Return the condition; the numbers as a list, which the driver sends as an array."""
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = any(%s::integer[])", [*params, list(self.rhs)]


def one_of(column: str, ids: npt.NDArray[Any]) -> Lookup[Any]:
    """Return the condition that a column is one of these numbers, however many they are."""
    return _AnyOf(F(column), tuple(ids.tolist()))
