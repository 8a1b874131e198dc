"""The completeness of many records, counted in the database by the weights of customers/completeness.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from customers import verified
from customers.access import Scope
from customers.completeness import WEIGHTS
from customers.models import Customer, Event

EMPTY = {"birth_date": "customer.birth_date is not null"}
TEXTS = frozenset({"handset_model", "occupation", "industry", "interests", "name"})


@dataclass(frozen=True)
class Unit:
    """The records of one county or phone manager: average score of 100, and of each field how many in a thousand."""

    name: str
    customers: int
    score: Decimal
    known_permille: list[int]


def by_county(scope: Scope) -> list[Unit]:
    """Return the counties of the scope by name."""
    return _units(
        "customer.county_id", "join customers_branch as unit on unit.id = customer.county_id", "unit.name", scope
    )


def by_manager(scope: Scope) -> list[Unit]:
    """Return the phone managers with customers in the scope by name."""
    return _units(
        "customer.manager_id",
        "join customers_staff as unit on unit.id = customer.manager_id",
        "coalesce(nullif(unit.display_name, ''), unit.username)",
        scope,
    )


def field_names() -> list[str]:
    """Return the names of the fields in the order of `Unit.known_permille`."""
    return [str(verified.EDITABLE[field].label) for field in WEIGHTS]


def _known(field: str) -> str:
    """Return the condition that a field is known: it says something, or the customer said that there is nothing."""
    said = EMPTY.get(field) or f"customer.{field} <> {chr(39) * 2 if field in TEXTS else 0}"
    return f"({said} or '{field}' = any(checked.fields))"


# Fields verified since the number last changed hands: few rows, aggregated before the join.
CHECKED = """
    select field_check.customer_id, array_agg(distinct field_check.field::text) as fields
    from customers_fieldcheck as field_check
    where field_check.checked_at >= coalesce((
        select max(occurred_at) from customers_event as event
        where event.customer_id = field_check.customer_id and event.kind = %(new_owner)s
    ), '-infinity')
    group by field_check.customer_id
"""


def _statement(unit: str, join: str, name: str) -> str:
    known = [_known(field) for field in WEIGHTS]
    score = " + ".join(
        f"{weight} * coalesce({said}, false)::int" for said, weight in zip(known, WEIGHTS.values(), strict=True)
    )
    shares = ", ".join(f"count(*) filter (where {said})" for said in known)
    return f"""
        select {name}, count(*), sum({score}), {shares}
        from customers_customer as customer
        {join}
        left join ({CHECKED}) as checked on checked.customer_id = customer.id
        where customer.state = any(%(present)s) and (%(everybody)s or customer.county_id = any(%(counties)s))
        group by {unit}, {name}
        order by {name}, {unit}
    """  # noqa: S608 - built from constants only


def _units(unit: str, join: str, name: str, scope: Scope) -> list[Unit]:
    parameters = {
        "present": [state.value for state in Customer.IN_NETWORK],
        "everybody": scope.is_everything,
        "counties": list(scope.county_ids),
        "new_owner": Event.Kind.OWNER_CHANGED.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(_statement(unit, join, name), parameters)
        return [_unit(*row) for row in cursor.fetchall()]


def _unit(name: str, customers: int, points: int, *known: int) -> Unit:
    return Unit(name, customers, (Decimal(points) / customers).quantize(Decimal("0.1")), _shares(known, customers))


def _shares(known: Iterable[int], customers: int) -> list[int]:
    return [number * 1000 // customers for number in known]
