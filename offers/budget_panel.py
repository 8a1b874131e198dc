"""The retention budget of one customer in lines: whose authority reaches how far, what was given, what is left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.access import LEADER
from customers.panels import in_language
from offers.budget import allowance_fen, is_beyond, left_fen
from offers.eligible import Economics

# field of Economics -> who decides up to it, the nearest desk first
AUTHORITIES = {
    "authority_percent": gettext_lazy("Phone manager"),
    "leader_percent": gettext_lazy("Team leader"),
    "county_percent": gettext_lazy("County"),
}


@dataclass(frozen=True)
class Given:
    """One accepted offer of this year; without cost when it is no longer in the catalogue."""

    day: dt.date
    name: str
    cost_fen: int | None


@dataclass(frozen=True)
class Authority:
    """How far one desk may go for this customer this year."""

    label: str
    percent: int
    allowance_fen: int
    left_fen: int


@dataclass(frozen=True)
class Budget:
    """One calendar year; `own` is the reader's authority, the given lines add up to `given_fen`."""

    year: int
    year_bills_fen: int
    given: list[Given]
    given_fen: int
    own: Authority
    authorities: list[Authority]

    @property
    def unpriced(self) -> int:
        """Return how many accepted offers have no cost any more and are not counted."""
        return sum(item.cost_fen is None for item in self.given)

    def reaches(self, cost_fen: int) -> Authority | None:
        """Return the nearest desk whose budget still covers an offer; none: it is for the market department."""
        return next((step for step in self.authorities if not is_beyond(cost_fen, step.left_fen)), None)


def budget(
    year_bills_fen: int, given: Iterable[Mapping[str, Any]] | None, *, economics: Economics, role: str, year: int
) -> Budget:
    """Return the budget from twelve months' bills as the night knows them and the rows of callcenter.budgets.GIVEN."""
    lines = [_given(row) for row in given or ()]
    given_fen = sum(item.cost_fen or 0 for item in lines)
    steps = {
        field: _authority(str(label), year_bills_fen, given_fen, percent=getattr(economics, field))
        for field, label in AUTHORITIES.items()
    }
    own = steps["leader_percent" if role == LEADER else "authority_percent"]
    return Budget(year, year_bills_fen, lines, given_fen, own=own, authorities=list(steps.values()))


def given_until(given: Iterable[Mapping[str, Any]] | None, *, at: dt.datetime) -> int:
    """Return the cost of those accepted by an instant, in fen: what the night that began then knew of."""
    return sum(row["cost_fen"] or 0 for row in given or () if dt.datetime.fromisoformat(row["at"]) <= at)


def _given(row: Mapping[str, Any]) -> Given:
    name = in_language(row) if row["zh"] else _("Offer no longer in the catalogue")
    return Given(dt.date.fromisoformat(row["day"]), name, row["cost_fen"])


def _authority(label: str, year_bills_fen: int, given_fen: int, *, percent: int) -> Authority:
    return Authority(
        label=label,
        percent=percent,
        allowance_fen=int(allowance_fen(year_bills_fen, percent=percent)),
        left_fen=int(left_fen(year_bills_fen, given_fen, percent=percent)),
    )
