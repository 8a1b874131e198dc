"""One person, several numbers: the other lines under the same customer number."""

from __future__ import annotations

from dataclasses import dataclass

from customers.models import Customer, Staff

MOST_LINES = 12


@dataclass(frozen=True)
class OtherLines:
    """The other lines of a person: those the reader may see, and how many more there are."""

    lines: list[Customer]
    hidden: int


def other_lines(customer: Customer, *, user: Staff) -> OtherLines:
    """Return the person's other lines in the network, by the index customer_by_person; out of scope ones are counted.

    At most MOST_LINES are listed; the rest counts as hidden too.
    """
    if not customer.cust_code:
        return OtherLines([], 0)
    others = Customer.objects.filter(
        cust_code=customer.cust_code, state__in=Customer.IN_NETWORK, merged_into=None
    ).exclude(pk__in=[pk for pk in (customer.pk, customer.merged_into_id) if pk])
    lines = list(others.visible_to(user).select_related("county").order_by("pk")[:MOST_LINES])
    return OtherLines(lines, others.count() - len(lines))
