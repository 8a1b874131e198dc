"""Customers and staff for tests that need a few rows, not a whole branch."""

from __future__ import annotations

import datetime as dt

from customers.models import Branch, Customer, Staff

NOW = dt.datetime(2026, 11, 23, 7, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 23)


def county(code: str = "C1") -> Branch:
    """Return a county, made with its branch when there is none yet."""
    root, _ = Branch.objects.get_or_create(code="B", defaults={"name": "市公司", "kind": Branch.Kind.BRANCH})
    found, _ = Branch.objects.get_or_create(
        code=code, defaults={"name": code, "kind": Branch.Kind.COUNTY, "parent": root}
    )
    return found


def staff(role: str = "phone_manager", name: str = "") -> Staff:
    """Make a person of a role in the first county."""
    return Staff.objects.create(username=name or role, role=role, branch=county(), display_name=name or role)


def customer(number: int = 1, **values) -> Customer:
    """Make a customer about whom nothing is known."""
    given = {
        "id": number,
        "user_code": f"U{number}",
        "msisdn": f"1380000{number:04}",
        "join_date": dt.date(2020, 3, 1),
        "county": values.pop("county", None) or county(),
    }
    return Customer.objects.create(**given | values)
