"""The catalogue of tags: which bit is free, who carries what, what ends soon."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce

from customers.models import CustomerTag, Tag

BITS = 63  # of the frame column `tags`, a signed 64-bit number
SOON = dt.timedelta(days=14)


class TagsFull(Exception):
    """All 63 places are taken. A tag that is switched off keeps its place, because past runs were decided with it."""


def lowest_free_bit(used: Collection[int]) -> int:
    """Return the smallest place nobody has; raises TagsFull."""
    for bit in range(BITS):
        if bit not in used:
            return bit
    raise TagsFull


def catalogue(*, on: dt.date) -> QuerySet[Tag]:
    """Return all tags, those in use first, with `carried` (customers who have it that day) and `ending` (soon)."""
    carried = Q(customers__starts_on__lte=on) & (Q(customers__ends_on__isnull=True) | Q(customers__ends_on__gte=on))
    ending = carried & Q(customers__ends_on__lte=on + SOON)
    counts = {"carried": Count("customers", filter=carried), "ending": Count("customers", filter=ending)}
    return Tag.objects.select_related("owner").annotate(**counts).order_by("-is_active", "code")


def carriers(code: str, *, on: dt.date) -> QuerySet[CustomerTag, int]:
    """Return the ids of the customers who carry a tag in use on that day; what an alias carries its main record does."""
    carried = CustomerTag.objects.in_force(on).filter(tag__code=code, tag__is_active=True)
    return carried.values_list(Coalesce("customer__merged_into", "customer"), flat=True)
