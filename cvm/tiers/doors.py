"""Where a count of moved customers opens: the list of customers, for who may open lists; else the editor's own panel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from customers.access import can, scope_of
from cvm.directory import list_url
from segmentation.codes import CodeEffect
from segmentation.models import TierPolicy
from segmentation.whatif import CountyMoves, Effect


@dataclass(frozen=True)
class Door:
    """One count and what it opens: a list (`url`), or a panel asked for with what is typed (`sent`) or without (`asked`)."""

    count: int
    url: str = ""
    asked: str = ""
    sent: str = ""


@dataclass(frozen=True)
class Doors:
    """The doors of one reader on one page: of a stored version, or (None) of the ladder being typed."""

    user: Any
    policy: TierPolicy | None = None

    def to(self, count: int, what: str, *, county: int | None = None) -> Door:
        """Return the door behind a count (ladder_lists.mask), none behind nobody."""
        if not count:
            return Door(count)
        if self.policy and self._opens_list(county):
            return Door(count, url=list_url(ladder=f"{self.policy.version}:{what}", county=county))
        if not can(self.user, "tiers.edit"):
            return Door(count)
        named = urlencode({"what": what} | ({"county": county} if county else {}))
        if self.policy:
            return Door(count, asked=f"{reverse('tiers-version-who', args=[self.policy.version])}?{named}")
        return Door(count, sent=f"{reverse('tiers-who')}?{named}")

    def of_bands(self, effect: Effect) -> dict[str, Any]:
        """Return the counts of moved bands, and who is near, with their doors."""
        return {
            "all": self.to(effect.moved, "moved"),
            "near": self.to(effect.near, "near"),
            "moves": [(one, self.to(one.customers, f"m{one.before}{one.after}")) for one in effect.moves],
            "counties": self._counties(effect.counties, "up", "down"),
        }

    def of_codes(self, effect: CodeEffect) -> dict[str, Any]:
        """Return the counts of turned codes with their doors."""
        return {
            "all": self.to(effect.turned, "turned"),
            "turns": [(one, self.to(one.customers, f"k{one.before}{one.after}")) for one in effect.turns],
            "counties": self._counties(effect.counties, "better", "worse"),
        }

    def _counties(self, counties: list[CountyMoves], up: str, down: str) -> list[tuple[str, Door, Door]]:
        return [
            (one.name, self.to(one.up, up, county=one.county), self.to(one.down, down, county=one.county))
            for one in counties
        ]

    def _opens_list(self, county: int | None) -> bool:
        """Tell whether the reader's list holds everybody of the count."""
        if not can(self.user, "customers.list"):
            return False
        scope = scope_of(self.user)
        return scope.is_everything or county in scope.county_ids
