"""What a segment's page tells besides its members: size day by day, who came and went and why, overlap, retention."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from django.db.models import Count, Exists, OuterRef, Q

from customers.access import scope_of
from customers.models import Run, Staff, Standing
from cvm.segments.members import ENTERED, LEFT, earlier_run, listed, membership
from cvm.segments.reasons import RULE, Reasons, in_words, reasons, together
from segmentation.models import Segment, SegmentMember, SegmentSize

DAYS_SHOWN = 90
YEAR = 366  # days behind the months
NUMBERS = (
    "customers",
    "entered",
    "left",
    "members_before",
    "members_stayed",
    "others_before",
    "others_stayed",
)


@dataclass(frozen=True)
class Flow:
    """Customers who entered or left since the day before, by the condition that let them in or out."""

    part: str
    customers: int
    reasons: list[tuple[str, int]]


@dataclass
class Day:
    """One counted day over the counties of a reader; stayed: of those on the network the counted day before."""

    as_of: dt.date
    version: int
    customers: int = 0
    entered: int = 0
    left: int = 0
    members_before: int = 0
    members_stayed: int = 0
    others_before: int = 0
    others_stayed: int = 0
    reasons: dict[str, Reasons] = field(default_factory=dict)

    def add(self, line: SegmentSize) -> None:
        """Take in the line of one county."""
        for name in NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(line, name))
        for part, found in line.reasons.items():
            self.reasons[part] = together([self.reasons.get(part, {}), found])


@dataclass(frozen=True)
class Month:
    """The share of the members, and of everybody else, kept over the nights of a month."""

    name: str
    nights: int = 0
    members: Fraction = Fraction(1)
    others: Fraction = Fraction(1)


@dataclass(frozen=True)
class Retention:
    """Of those on the network the day before: how many there were, how many still are."""

    members: int
    members_kept: int
    others: int
    others_kept: int


def sizes(segment: Segment, *, run: Run, user: Staff, most: int = DAYS_SHOWN) -> list[Day]:
    """Return the last days, newest first, over the reader's counties.

    A phone manager reads the days of own circles only: no book is kept of how a portfolio's part of a segment was.
    """
    scope, lines = scope_of(user), SegmentSize.objects.filter(segment=segment, as_of__lte=run.as_of)
    if scope.manager_id is not None and not segment.is_circle:
        return []
    if scope.manager_id is None and not scope.is_everything:
        lines = lines.filter(county_id__in=scope.county_ids)
    wanted = lines.order_by("-as_of").values_list("as_of", flat=True).distinct()[:most]
    days: dict[dt.date, Day] = {}
    for line in lines.filter(as_of__in=list(wanted)).order_by("-as_of", "county_id"):
        days.setdefault(line.as_of, Day(line.as_of, line.version)).add(line)
    return list(days.values())


def months(days: Sequence[Day]) -> list[Month]:
    """Return the retention of each month out of its nights, given newest first: oldest month first.

    The share kept over a month is the product of the shares of its nights, exactly, so that who enters or leaves the
    segment in between counts from and to that night. A night before which there was none says nothing.
    """
    found: dict[str, Month] = {}
    for day in reversed(days):
        if not day.members_before or not day.others_before:
            continue
        name = f"{day.as_of:%Y-%m}"
        month = found.get(name, Month(name))
        found[name] = Month(
            name,
            month.nights + 1,
            month.members * Fraction(day.members_stayed, day.members_before),
            month.others * Fraction(day.others_stayed, day.others_before),
        )
    return list(found.values())


def flow(segment: Segment, *, run: Run, user: Staff, part: str) -> Flow:
    """Return who entered or left, each customer under one reason, so that the reasons add up."""
    rows = listed(Standing.objects.filter(run=run).visible_to(user), segment=segment.pk, run=run, part=part).order_by()
    if _rule_changed(segment, run):
        number = rows.count()
        found = {RULE: number} if number else {}
    else:
        found = together(list(reasons(rows, segment.rule, run).values()))
    return Flow(part, sum(found.values()), in_words(found))


def as_stored(day: Day | None) -> tuple[list[Flow], Retention | None]:
    """Return who came and went and who stayed on a day whose members are gone, as its night counted them."""
    if day is None:
        return [], None
    numbers = {ENTERED: day.entered, LEFT: day.left}
    flows = [Flow(part, number, in_words(day.reasons.get(part, {}))) for part, number in numbers.items()]
    stayed = Retention(day.members_before, day.members_stayed, day.others_before, day.others_stayed)
    return flows, stayed if day.others_before else None


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
