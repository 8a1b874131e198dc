"""A rule counted over the published run while somebody writes it: exact, for the customers that person sees."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Sum

from customers.access import scope_of
from customers.models import Run, Staff, Standing
from customers.queries import cell_count
from cvm import cells, columns
from cvm.columns import Column
from cvm.segments.fields import standings
from cvm.segments.members import listed
from segmentation.models import SegmentMember
from segmentation.segments import Catalogue, Rule, condition_of

SAMPLE = 20
SHOWN = ("name", "code", "band", "stage", "warning", "average")


@dataclass(frozen=True)
class Sample:
    """Some customers of a rule, those with most to keep first: columns, and per row the standing and its cells."""

    columns: list[Column]
    lines: list[tuple[Any, list[tuple[Column, Any]]]]


@dataclass(frozen=True)
class Counted:
    """What a rule finds among the reader's customers; `more` and `fewer` against the members as saved."""

    customers: int
    revenue_fen: int
    base: int
    sample: Sample
    more: int | None = None
    fewer: int | None = None


def count_rule(rule: Rule, fields: Catalogue, *, run: Run, user: Staff, segment: int | None = None) -> Counted:
    """Count a checked rule; against the members of a segment when one is being changed."""
    rows = standings(run, condition=condition_of(rule, fields, run)).visible_to(user)
    customers, revenue_fen = figures(rows)
    counted = Counted(customers, revenue_fen, base_of(run, user), sample_of(rows, user=user))
    if segment is None:
        return counted
    saved = listed(Standing.objects.filter(run=run).visible_to(user), segment=segment, run=run).order_by().count()
    members = SegmentMember.objects.filter(segment_id=segment, run=run, customer_id=OuterRef("customer_id"))
    more = rows.filter(~Exists(members)).order_by().count()
    return replace(counted, more=more, fewer=saved - (customers - more))


def figures(rows: QuerySet[Standing]) -> tuple[int, int]:
    """Return how many customers these are and their revenue of three months."""
    found = rows.order_by().aggregate(customers=Count("customer_id"), revenue=Sum("cum3_fen"))
    return found["customers"], found["revenue"] or 0


def base_of(run: Run, user: Staff) -> int:
    """Return how many customers this person sees: out of the rollups, but for a portfolio."""
    scope = scope_of(user)
    if scope.manager_id is not None:
        return Standing.objects.filter(run=run).visible_to(user).count()
    county_ids = None if scope.is_everything else scope.county_ids
    return cell_count(run, kind="state", rows=(), columns=(), county_ids=county_ids)


def sample_of(
    rows: QuerySet[Standing], *, user: Staff, shown: Collection[str] = SHOWN, run: Run | None = None
) -> Sample:
    """Return the first customers of a rule as cells, masked for this reader."""
    wanted = [column for column in columns.allowed(user) if column.name in shown]
    names = cells.names_for(wanted, reader=user, run=run)
    found = rows.order_by("-kept_fen", "customer_id").values_list(*columns.fields_of(wanted), named=True)[:SAMPLE]
    return Sample(wanted, [(row, [(column, cells.shown(column, row, names)) for column in wanted]) for row in found])
