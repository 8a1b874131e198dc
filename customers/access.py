"""Who may do what (`CAPABILITIES`), and whose customers they may see (`scope_of`). One home for both.

Outsiders get 404 (the customer does not exist for them), insiders without the right get 403.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

if TYPE_CHECKING:
    from customers.models.organisation import Staff

ANALYST, PHONE, LEADER = "analyst", "phone_manager", "team_leader"
HALL, ACCOUNT, ADMIN = "hall_clerk", "account_manager", "admin"
AUDITOR, API, HOTLINE = "auditor", "api_client", "hotline_agent"

CAPABILITIES: dict[str, frozenset[str]] = {
    "dashboard.view": frozenset({ANALYST, LEADER, ADMIN, AUDITOR}),
    "customers.list": frozenset({ANALYST, PHONE, LEADER, AUDITOR, API}),
    "customers.view": frozenset({ANALYST, PHONE, LEADER, HALL, HOTLINE, ACCOUNT, AUDITOR, API}),
    "customers.search": frozenset({ANALYST, PHONE, LEADER, HALL, HOTLINE, ACCOUNT, AUDITOR}),
    "customers.correct": frozenset({PHONE, LEADER, HALL, HOTLINE, ACCOUNT}),
    "customers.merge": frozenset({LEADER}),
    "customers.see_value": frozenset({ANALYST, PHONE, LEADER, ADMIN, AUDITOR, API}),
    "customers.see_name": frozenset({PHONE, LEADER}),
    "desk.work": frozenset({PHONE}),
    "desk.reveal_number": frozenset({PHONE}),
    "desk.view_team": frozenset({LEADER}),
    "tasks.view": frozenset({ANALYST, PHONE, LEADER, HALL, HOTLINE, ACCOUNT, AUDITOR, API}),
    "tasks.work": frozenset({HALL, HOTLINE, ACCOUNT}),
    "scoreboard.view": frozenset({ANALYST, LEADER, AUDITOR}),
    "tasks.send": frozenset({API}),
    "figures.report": frozenset({ADMIN}),
    "tiers.view": frozenset({ANALYST, ADMIN, AUDITOR}),
    "tiers.edit": frozenset({ADMIN}),
    "focus_groups.view": frozenset({ANALYST, LEADER, ADMIN, AUDITOR}),
    "focus_groups.manage": frozenset({ANALYST}),
    "playbooks.view": frozenset({ANALYST, PHONE, LEADER, HALL, HOTLINE, ACCOUNT, ADMIN, AUDITOR}),
    "playbooks.edit": frozenset({ADMIN}),
    "stages.view": frozenset({ANALYST, ADMIN, AUDITOR}),
    "stages.edit": frozenset({ADMIN}),
    "backtests.view": frozenset({ANALYST, ADMIN, AUDITOR}),
    "backtests.run": frozenset({ANALYST, ADMIN}),
    "backtests.adopt": frozenset({ADMIN}),
    "segments.view": frozenset({ANALYST, PHONE, LEADER, AUDITOR}),
    "segments.edit": frozenset({ANALYST, PHONE}),
    "call_lists.view": frozenset({ANALYST, PHONE, LEADER, AUDITOR}),
    "call_lists.make": frozenset({ANALYST, PHONE, LEADER}),
    "experiments.view": frozenset({ANALYST, ADMIN, AUDITOR}),
    "experiments.run": frozenset({ANALYST, ADMIN}),
    "edge.view": frozenset({ANALYST, PHONE, LEADER, AUDITOR}),
    "definitions.view": frozenset({ANALYST, PHONE, LEADER, ADMIN, AUDITOR}),
    "ledger.close": frozenset({ADMIN}),
    "runs.view": frozenset({ANALYST, ADMIN, AUDITOR, API}),
    "runs.start": frozenset({ADMIN}),
    "imports.view": frozenset({ADMIN, AUDITOR}),
    "imports.run": frozenset({ADMIN}),
    "imports.push": frozenset({ADMIN, API}),
    "moments.view": frozenset({ANALYST, PHONE, LEADER, ADMIN, AUDITOR}),
    "moments.log": frozenset({ANALYST, PHONE, LEADER, AUDITOR}),
    "moments.edit": frozenset({ADMIN}),
    "events.push": frozenset({API}),
    "events.view": frozenset({ANALYST, ADMIN, AUDITOR}),
    "signing_keys.manage": frozenset({ADMIN}),
    "needs.record": frozenset({PHONE, LEADER, HALL, HOTLINE, ACCOUNT}),
    "needs.view": frozenset({ANALYST, LEADER, ADMIN, AUDITOR}),
    "needs.analyse": frozenset({ANALYST, LEADER}),
    "tags.manage": frozenset({ANALYST}),
    "exports.create": frozenset({ANALYST, LEADER}),
    "exports.approve": frozenset({ADMIN}),
    "exports.view_all": frozenset({ADMIN, AUDITOR}),
    "api.read": frozenset({ANALYST, PHONE, LEADER, ADMIN, AUDITOR, API}),
}


@dataclass(frozen=True)
class Scope:
    """Whose customers: everybody's, one phone manager's, or those of some counties."""

    is_everything: bool = False
    manager_id: int | None = None
    county_ids: tuple[int, ...] = ()


def can(user: Any, capability: str) -> bool:
    """Return whether the person's role holds the capability; unknown capabilities raise KeyError."""
    return user.is_authenticated and user.role in CAPABILITIES[capability]


def requires(capability: str) -> Callable[..., Any]:
    """Guard a view: strangers go to the login page, insiders without the right get 403."""

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not can(request.user, capability):
                raise PermissionDenied(capability)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def staff_of(request: HttpRequest) -> Staff:
    """Return who sends the request; only behind `requires`, which keeps strangers out."""
    user: Any = request.user
    if not user.is_authenticated:
        raise PermissionDenied
    staff: Staff = user
    return staff


def scope_of(user: Staff) -> Scope:
    """Return whose customers this person may see: own portfolio, own branch subtree, or all."""
    if user.role == PHONE:
        return Scope(manager_id=user.pk)
    if user.branch is None:
        return Scope()
    if user.branch.parent_id is None:
        return Scope(is_everything=True)
    return Scope(county_ids=_counties_of(user.branch))


def _counties_of(branch: Any) -> tuple[int, ...]:
    if branch.kind == branch.Kind.HALL:
        return (branch.parent_id,)
    if branch.kind == branch.Kind.COUNTY:
        return (branch.pk,)  # below a county are halls only
    return (branch.pk, *branch.children.values_list("pk", flat=True))
