"""The shape of a definition, and how a page takes one: the text in force with its version and its date.

A meaning that changes gets a new version with its day and what changed; the old text stays readable.
(tests/pages/test_definitions.py holds a fingerprint of every version.)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from django.utils.translation import gettext_lazy as _

# kinds of policies a run counted with (Run.policies) -> their names
POLICIES: dict[str, Any] = {
    "tier": _("Tier policy"),
    "stage": _("Stage policy"),
    "warning": _("Warning policy"),
    "cohort": _("Cohort"),
}


@dataclass(frozen=True)
class Version:
    """One wording of a definition and the day it came into force."""

    number: int
    since: dt.date
    text: Any
    changed: Any = ""


@dataclass(frozen=True)
class Definition:
    """What a number means; `policies` are those that decide it, `values` fill the places of its text."""

    key: str
    name: Any
    versions: tuple[Version, ...]
    policies: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def now(self) -> Version:
        """Return the version in force."""
        return self.versions[-1]

    @property
    def older(self) -> tuple[Version, ...]:
        """Return the versions before, the newest first."""
        return self.versions[-2::-1] if len(self.versions) > 1 else ()

    @property
    def text(self) -> str:
        """Return the text in force."""
        return self.said(self.now)

    @property
    def policy_names(self) -> list[str]:
        """Return the policies that decide the number."""
        return [str(POLICIES[kind]) for kind in self.policies]

    def said(self, version: Version, **values: Any) -> str:
        """Return the text of a version with its places filled."""
        filled = {**self.values, **values}
        return str(version.text) % filled if filled else str(version.text)


@dataclass(frozen=True)
class Group:
    """The definitions of one part of the product; `page` shows them, `need` is the right to see them."""

    name: Any
    page: str
    need: str
    definitions: tuple[Definition, ...]


class Told(str):
    """The text of a definition as a page shows it, which knows the definition it is of."""

    definition: Definition


def told(definition: Definition, *, lead: Any = "", tail: Any = "", **values: Any) -> Told:
    """Return the text in force between what a page says before and after it."""
    text = Told(" ".join(part for part in (str(lead), definition.said(definition.now, **values), str(tail)) if part))
    text.definition = definition
    return text


def counted_with(text: Any, policies: Mapping[str, Any]) -> list[str]:
    """Return the policies a shown number was counted with, each with its version."""
    definition = cast("Definition | None", getattr(text, "definition", None))
    kinds = definition.policies if definition else ()
    return [f"{POLICIES[kind]} {policies[kind]}" for kind in kinds if kind in policies]
