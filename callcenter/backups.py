"""Who stands in for an owner of tasks: the next colleague of the same job and branch."""

from __future__ import annotations

from collections.abc import Iterable

from customers.models import Staff

ROLES = (Staff.Role.PHONE_MANAGER, Staff.Role.ACCOUNT_MANAGER)


def backups() -> dict[int, int]:
    """Return the stand-in of every phone and account manager (0 for who works alone); one query."""
    people = Staff.objects.filter(role__in=ROLES, is_active=True).order_by("role", "branch_id", "pk")
    present = people.exclude(phone_manager__is_absent=True)
    return next_in_line((person.pk, (person.role, person.branch_id)) for person in present.only("role", "branch_id"))


def next_in_line(people: Iterable[tuple[int, object]]) -> dict[int, int]:
    """Return for each (person, team) the next of the same team, the last one's being the first; 0 for nobody."""
    teams: dict[object, list[int]] = {}
    for person, team in people:
        teams.setdefault(team, []).append(person)
    return {
        person: members[(place + 1) % len(members)] if len(members) > 1 else 0
        for members in teams.values()
        for place, person in enumerate(members)
    }
