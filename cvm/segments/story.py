"""What a segment's page tells besides its members: size day by day, who came and went and why, overlap, retention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Subquery, Sum
from django.utils.translation import gettext as _

from customers.access import scope_of
from customers.models import Run, Staff, Standing, StandingChange
from cvm.segments.members import earlier_run, listed, membership
from segmentation.models import Segment, SegmentMember, SegmentSize
from segmentation.segments import Rule, leaves_of

DAYS_SHOWN = 90
# leaves whose changes a night writes down one by one
CHANGES = {
    "band": StandingChange.Field.BAND,
    "code": StandingChange.Field.CODE,
    "layer": StandingChange.Field.LAYER,
    "stage": StandingChange.Field.STAGE,
    "warning": StandingChange.Field.WARNING,
    "cohort": StandingChange.Field.COHORT,
}


@dataclass(frozen=True)
class Flow:
    """Customers who entered or left since the day before, by the condition that let them in or out."""

    part: str
    customers: int
    reasons: list[tuple[str, int]]


@dataclass(frozen=True)
class Retention:
    """Of those on the network the day before: how many there were, how many still are."""

    members: int
    members_kept: int
    others: int
    others_kept: int


def sizes(segment: Segment, *, run: Run, user: Staff) -> list[dict[str, Any]]:
    """Return size, entered and left of the last days, newest first, over the reader's counties.

    A phone manager reads the days of own circles only: no book is kept of how a portfolio's part of a segment was.
    """
    scope, lines = scope_of(user), SegmentSize.objects.filter(segment=segment, as_of__lte=run.as_of)
    if scope.manager_id is not None and not segment.is_circle:
        return []
    if scope.manager_id is None and not scope.is_everything:
        lines = lines.filter(county_id__in=scope.county_ids)
    days = lines.order_by("-as_of").values("as_of", "version")
    together = {"customers_sum": Sum("customers"), "entered_sum": Sum("entered"), "left_sum": Sum("left")}
    return list(days.annotate(**together)[:DAYS_SHOWN])


def points(days: Sequence[dict[str, Any]]) -> str:
    """Return sizes, given newest first, as the points of a line from left to right in a box of 100 by 100."""
    numbers = [day["customers_sum"] for day in reversed(days)]
    if len(numbers) < 2:
        return ""
    most, step = max(*numbers, 1), 100 / (len(numbers) - 1)
    return " ".join(f"{place * step:.2f},{100 - 100 * number / most:.2f}" for place, number in enumerate(numbers))


def flow(segment: Segment, *, run: Run, user: Staff, part: str) -> Flow:
    """Return who entered or left, each customer under one reason, so that the reasons add up."""
    rows = listed(Standing.objects.filter(run=run).visible_to(user), segment=segment.pk, run=run, part=part).order_by()
    if _rule_changed(segment, run):
        number = rows.count()
        return Flow(part, number, [(_("The rule changed"), number)] if number else [])
    crossed = _crossed(segment.rule)
    changes = StandingChange.objects.filter(crossed, run=run, customer_id=OuterRef("customer_id")).order_by("field")
    why = rows.annotate(why=Subquery(changes.values("field")[:1])).values_list("why")
    found = dict(why.annotate(number=Count("customer_id")))
    reasons = [(_reason(field), found[field]) for field in sorted(found, key=lambda key: (key is None, key))]
    return Flow(part, sum(found.values()), reasons)


def overlap(segment: Segment, *, run: Run, user: Staff) -> list[tuple[int, str, int]]:
    """Return which other segments the members are in as well: id, name and how many, most first."""
    mine = listed(Standing.objects.filter(run=run).visible_to(user), segment=segment.pk, run=run).order_by()
    others = Segment.objects.filter(is_active=True).visible_to(user).exclude(pk=segment.pk)
    shared = SegmentMember.objects.filter(run=run, segment__in=others, customer_id__in=mine.values("customer_id"))
    counted = shared.values_list("segment_id", "segment__name").annotate(number=Count("customer_id"))
    return list(counted.order_by("-number", "segment_id"))


def retention(segment: Segment, *, run: Run, user: Staff) -> Retention | None:
    """Return how many of yesterday's members, and of all others, are still on the network; None on the first day."""
    before = earlier_run(segment.pk, run)
    if before is None:
        return None
    still = Exists(Standing.objects.filter(run=run, customer_id=OuterRef("customer_id"), band__gt=0))
    was_member = membership(segment.pk, before)
    on_network = Standing.objects.filter(run_id=before, band__gt=0).visible_to(user).order_by()
    found = on_network.alias(was_member=was_member, still=still).aggregate(
        members=Count("customer_id", filter=Q(was_member=True)),
        members_kept=Count("customer_id", filter=Q(was_member=True, still=True)),
        others=Count("customer_id", filter=Q(was_member=False)),
        others_kept=Count("customer_id", filter=Q(was_member=False, still=True)),
    )
    return Retention(**found)


def _rule_changed(segment: Segment, run: Run) -> bool:
    days = SegmentSize.objects.filter(segment=segment, as_of__lte=run.as_of).order_by("-as_of")
    versions = list(days.values_list("as_of", "version").distinct()[:2])
    return len({version for _day, version in versions}) > 1


def _crossed(rule: Rule) -> Q:
    """Return the condition on a change that made a leaf of the rule begin or cease to hold."""
    found = Q(pk__in=[])
    for leaf in leaves_of(rule):
        if leaf["field"] in CHANGES:
            before, after = Q(before__in=leaf["value"]), Q(after__in=leaf["value"])
            found |= Q(field=CHANGES[leaf["field"]]) & ((before & ~after) | (~before & after))
    return found


def _reason(field: int | None) -> str:
    if field is None:
        return _("Other data")
    return _("%(field)s changed") % {"field": StandingChange.Field(field).label}
