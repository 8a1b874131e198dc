"""Why customers came into a segment or left it: the change of the night that let them, one reason each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from customers.models import Run, Standing, StandingChange
from segmentation.segments import Rule, leaves_of

RULE, OTHER = "rule", "other"
# leaves whose changes a night writes down one by one
CHANGES = {
    "band": StandingChange.Field.BAND,
    "code": StandingChange.Field.CODE,
    "layer": StandingChange.Field.LAYER,
    "stage": StandingChange.Field.STAGE,
    "warning": StandingChange.Field.WARNING,
    "cohort": StandingChange.Field.COHORT,
}

Reasons = dict[str, int]


def reasons(rows: QuerySet[Standing], rule: Rule, run: Run) -> dict[int, Reasons]:
    """Return how many of these customers, by county, crossed a condition of the rule by which change of the night.

    A reason is the number of a field (StandingChange.Field) as text, or OTHER.
    """
    changes = StandingChange.objects.filter(_crossed(rule), run=run, customer_id=OuterRef("customer_id"))
    first = changes.order_by("field").values("field")[:1]
    counted = rows.order_by().annotate(why=Subquery(first)).values_list("county_id", "why")
    found: dict[int, Reasons] = {}
    for county, field, number in counted.annotate(number=Count("customer_id")):
        found.setdefault(county, {})[OTHER if field is None else str(field)] = number
    return found


def together(parts: list[Reasons]) -> Reasons:
    """Return the reasons of several counties added up."""
    found: Reasons = {}
    for part in parts:
        for reason, number in part.items():
            found[reason] = found.get(reason, 0) + number
    return found


def in_words(found: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the reasons in words, changes of fields first."""
    order = sorted(found, key=lambda reason: (not reason.isdecimal(), int(reason) if reason.isdecimal() else 0, reason))
    return [(_word(reason), found[reason]) for reason in order]


def _word(reason: str) -> str:
    if reason == RULE:
        return _("The rule changed")
    if reason == OTHER:
        return _("Other data")
    return _("%(field)s changed") % {"field": StandingChange.Field(int(reason)).label}


def _crossed(rule: Rule) -> Q:
    """Return the condition on a change that made a leaf of the rule begin or cease to hold."""
    found = Q(pk__in=[])
    for leaf in leaves_of(rule):
        if leaf["field"] in CHANGES:
            value: Any = leaf["value"]
            before, after = Q(before__in=value), Q(after__in=value)
            found |= Q(field=CHANGES[leaf["field"]]) & ((before & ~after) | (~before & after))
    return found
