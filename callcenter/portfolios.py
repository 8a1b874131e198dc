"""Portfolios: which phone manager keeps which customers, for branches whose files do not say it."""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Count

from customers.audit import record
from customers.models import Customer, Run, Staff, Standing


class NobodyToAssignTo(LookupError):
    """There is no active phone manager."""


class NothingPublished(LookupError):
    """A layer was asked for before the first night was published."""


@dataclass(frozen=True)
class Assignment:
    """How many customers found a manager, and how many found every portfolio full."""

    assigned: int
    left: int


@transaction.atomic
def assign_portfolios(*, capacity: int, now: dt.datetime, layer: int | None = None) -> Assignment:
    """Give every in-network customer without a manager to the manager with the fewest, up to `capacity` each.

    Customers already assigned stay where they are. With `layer`, only those of that layer in the published run.
    The same data always give the same portfolios. Raises NobodyToAssignTo and NothingPublished.
    """
    managers = Staff.objects.select_for_update().filter(role=Staff.Role.PHONE_MANAGER, is_active=True).order_by("pk")
    held = dict.fromkeys(managers.values_list("pk", flat=True), 0)
    if not held:
        raise NobodyToAssignTo
    counted = Customer.objects.filter(manager_id__in=held, state__in=Customer.IN_NETWORK).values_list("manager_id")
    held |= dict(counted.annotate(customers=Count("pk")))
    waiting = _waiting(layer)
    shares = spread(waiting, held, capacity=capacity)
    _store(shares)
    for manager in managers:
        record("portfolio.assign", actor=None, at=now, subject=manager, customers=len(shares.get(manager.pk, ())))
    assigned = sum(map(len, shares.values()))
    return Assignment(assigned, len(waiting) - assigned)


def spread(customers: Sequence[int], held: Mapping[int, int], *, capacity: int) -> dict[int, list[int]]:
    """Return for each manager the customers they get: one by one to whoever holds fewest, then lowest id."""
    places = [(count, manager) for manager, count in held.items() if count < capacity]
    heapq.heapify(places)
    shares: dict[int, list[int]] = {}
    for customer in customers:
        if not places:
            break
        count, manager = places[0]
        shares.setdefault(manager, []).append(customer)
        if count + 1 < capacity:
            heapq.heapreplace(places, (count + 1, manager))
        else:
            heapq.heappop(places)
    return shares


def _waiting(layer: int | None) -> list[int]:
    waiting = Customer.objects.filter(manager=None, state__in=Customer.IN_NETWORK)
    if layer is not None:
        run = Run.objects.published()
        if run is None:
            raise NothingPublished
        waiting = waiting.filter(pk__in=Standing.objects.filter(run=run, layer=layer).values("customer_id"))
    return list(waiting.order_by("pk").values_list("pk", flat=True))


def _store(shares: Mapping[int, Sequence[int]]) -> None:
    with connection.cursor() as cursor:
        for manager, customers in shares.items():
            cursor.execute(
                "update customers_customer set manager_id = %(manager)s"
                " where id = any(%(customers)s) and manager_id is null",
                {"manager": manager, "customers": list(customers)},
            )
