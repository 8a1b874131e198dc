"""Records that may be, or were declared, the same customer's: who counts with whom, and what looks alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models
from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, CustomerMerge, Staff

MOST_PAIRS = 50

# For queries about `customer`, a main record: its own records, and those of everybody of its household. Each arm walks
# an index (a plain `or` of the three would not).
RECORDS = """
    select customer.id as record
    union all
    select alias.id from customers_customer as alias where alias.merged_into_id = customer.id
"""
HOUSEHOLD = f"""
    {RECORDS}
    union all
    select kin.id from customers_customer as kin
    where kin.family_id = customer.family_id and kin.id <> customer.id and kin.merged_into_id is null
    union all
    select alias.id from customers_customer as kin
    join customers_customer as alias on alias.merged_into_id = kin.id
    where kin.family_id = customer.family_id and kin.id <> customer.id and kin.merged_into_id is null
"""  # noqa: S608 - built from constants only


class Likeness(models.TextChoices):
    """What two records have in common that makes one wonder."""

    NUMBER = "number", _("Same number and name")
    PERSON = "person", _("Same customer number and name")
    BIRTH = "birth", _("Same name and birth date")


COLUMNS = {
    Likeness.NUMBER: ("number_hash", "name"),
    Likeness.PERSON: ("cust_code", "name"),
    Likeness.BIRTH: ("name", "birth_date"),
}


@dataclass(frozen=True)
class Pair:
    """Two records that look alike; `into` is the one proposed to stay, `records` says how many look alike at all."""

    alias: Customer
    into: Customer
    records: int


def records_of(customer_id: int) -> QuerySet[Customer, int]:
    """Return the ids of a customer and of the records merged into it, for use in another query."""
    return Customer.objects.filter(Q(pk=customer_id) | Q(merged_into_id=customer_id)).values_list("pk", flat=True)


def candidates(*, user: Staff, likeness: str, most: int = MOST_PAIRS) -> list[Pair]:
    """Return pairs of visible, unmerged records that look alike, oldest first; three queries however many there are.

    The record in the network is proposed to stay, of two such the newer one.
    """
    columns = COLUMNS[Likeness(likeness)]
    unmerged = Customer.objects.visible_to(user).filter(merged_into=None)
    known = unmerged.exclude(**{f"{columns[0]}": ""}).exclude(name="")
    if "birth_date" in columns:
        known = known.exclude(birth_date=None)
    alike = (
        known.values(*columns)
        .annotate(records=Count("pk"), first=Min("pk"), last=Max("pk"))
        .filter(records__gt=1)
        .order_by("first")[:most]
    )
    groups = list(alike)
    people = Customer.objects.select_related("county").in_bulk({pk for row in groups for pk in _ends(row)})
    return [_pair(people[row["first"]], people[row["last"]], row["records"]) for row in groups]


def merges_seen_by(user: Staff) -> QuerySet[CustomerMerge]:
    """Return the merges of visible customers, newest first."""
    visible = Customer.objects.visible_to(user).values("pk")
    merges = CustomerMerge.objects.filter(customer__in=visible)
    return merges.select_related("alias", "customer", "merged_by", "undone_by").order_by("-merged_at", "-pk")


def _ends(row: dict[str, int]) -> Iterable[int]:
    return row["first"], row["last"]


def _pair(older: Customer, newer: Customer, records: int) -> Pair:
    older_stays = older.state in Customer.IN_NETWORK and newer.state not in Customer.IN_NETWORK
    return Pair(newer, older, records) if older_stays else Pair(older, newer, records)
