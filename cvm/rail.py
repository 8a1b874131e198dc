"""The rail beside every page: what there is to open, in sections, and where each role begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

Line = tuple[str, str, str, Any]  # capability, URL name, icon, label

WORK: tuple[Line, ...] = (
    ("desk.work", "callcenter:desk", "phone-call", _("My desk")),
    ("desk.view_team", "callcenter:team", "user-heart", _("Team")),
    ("tasks.view", "tasks", "list-check", _("Tasks")),
    ("call_lists.view", "call-lists", "phone", _("Call lists")),
    ("scoreboard.view", "scoreboard", "gauge", _("Moments scoreboard")),
)
ANALYSIS: tuple[Line, ...] = (
    ("dashboard.view", "home", "chart-pie", _("Overview")),
    ("dashboard.view", "boards", "stack-2", _("Boards")),
    ("dashboard.view", "ledger", "book-2", _("Cohort ledger")),
    ("dashboard.view", "stages", "route", _("Stage flow")),
    ("edge.view", "edge", "activity", _("Near the edge")),
    ("segments.view", "segments", "filter", _("Segments")),
    ("experiments.view", "experiments", "flask", _("Tests of offers")),
    ("definitions.view", "definitions", "help", _("Definitions")),
)
CUSTOMERS: tuple[Line, ...] = (
    ("customers.list", "customers", "users", _("Customers")),
    ("customers.search", "search", "search", _("Search")),
    ("customers.merge", "merges", "users-group", _("Double records")),
    ("needs.view", "needs", "bolt", _("Needs")),
    ("focus_groups.view", "focus-groups", "speakerphone", _("Focus groups")),
    ("tags.manage", "tags", "tag", _("Tags")),
    ("exports.create", "exports", "download", _("My exports")),
    ("exports.view_all", "export-log", "download", _("Exports")),
)
RULES: tuple[Line, ...] = (
    ("tiers.view", "tiers", "adjustments", _("Value tiers")),
    ("stages.view", "stage-policy", "settings", _("Stage policy")),
    ("moments.view", "moments", "bell", _("Key moments")),
    ("backtests.view", "back-tests", "flask", _("Back-tests")),
    ("playbooks.view", "playbooks", "notebook", _("Playbooks")),
)
SYSTEM: tuple[Line, ...] = (
    ("imports.view", "imports", "file-import", _("Imports")),
    ("events.view", "events", "history", _("Events")),
    ("runs.view", "runs", "moon", _("Nights")),
    ("api.read", "api-docs", "api", _("API")),
)
SECTIONS: tuple[tuple[Any, tuple[Line, ...]], ...] = (
    (_("Work"), WORK),
    (_("Analysis"), ANALYSIS),
    (_("Customers and needs"), CUSTOMERS),
    (_("Rules"), RULES),
    (_("Data and system"), SYSTEM),
)
# Where a role's own job is, and so the section that stands first; the overview for everybody else.
START = {
    "phone_manager": "callcenter:desk",
    "team_leader": "callcenter:team",
    "hall_clerk": "tasks",
    "hotline_agent": "tasks",
    "account_manager": "tasks",
    "admin": "tiers",
    "api_client": "customers",
}
ANALYST_START = "home"


@dataclass(frozen=True)
class Entry:
    """One line of the rail."""

    url: str
    icon: str
    label: str
    is_current: bool


@dataclass(frozen=True)
class Section:
    """Lines under one heading."""

    label: str
    entries: list[Entry]


def rail(*, role: str, path: str, may: Callable[[str], bool], address: Callable[[str], str]) -> list[Section]:
    """Return the sections of the rail for a person of this role on this path, the one of their own job first."""
    open_to = [
        (label, [(address(name), icon, words) for need, name, icon, words in lines if may(need)])
        for label, lines in _ordered(START.get(role, ANALYST_START))
    ]
    current = _current([url for _label, lines in open_to for url, _icon, _words in lines if url], path)
    sections = [
        Section(str(label), [Entry(url, icon, str(words), url == current) for url, icon, words in lines if url])
        for label, lines in open_to
    ]
    return [section for section in sections if section.entries]


def lines_for(role: str) -> list[Line]:
    """Return every line of the rail in the order a role has it."""
    return [line for _label, lines in _ordered(START.get(role, ANALYST_START)) for line in lines]


def _ordered(start: str) -> list[tuple[Any, tuple[Line, ...]]]:
    def is_other(section: tuple[Any, tuple[Line, ...]]) -> bool:
        return all(name != start for _need, name, _icon, _words in section[1])

    return sorted(SECTIONS, key=is_other)  # stable: the others keep their order


def _current(urls: list[str], path: str) -> str:
    longest = max((url for url in urls if path.startswith(url)), key=len, default="")
    return longest if longest != "/" or path == "/" else ""
