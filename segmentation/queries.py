"""Reads of the cohort's ledger as the published run wrote it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, QuerySet, Sum

from customers.models import Run, Standing
from segmentation.models import LedgerEntry
from segmentation.movements import path_bits
from segmentation.rates import rate, revenue_rate

COUNTS = ("base", "base_kept", "added", "members", "kept", "lost_off_network", "lost_value", "reached")
MONEY = ("base_revenue_fen", "base_window_fen")


@dataclass(frozen=True)
class LedgerMonth:
    """One month of a cohort, added over counties; rates in percent, None where nothing is to be kept."""

    year: int
    month: int
    base: int
    base_kept: int
    added: int
    members: int
    kept: int
    lost_off_network: int
    lost_value: int
    reached: int
    base_revenue_fen: int
    base_window_fen: int

    @property
    def static_rate(self) -> Decimal | None:
        """Return base kept of base (DOMAIN 4.3)."""
        return rate(self.base_kept, self.base)

    @property
    def dynamic_rate(self) -> Decimal | None:
        """Return kept of members."""
        return rate(self.kept, self.members)

    @property
    def revenue_rate(self) -> Decimal | None:
        """Return this month's bills of the kept base against the base window."""
        return revenue_rate(self.base_revenue_fen, self.base_window_fen)

    @property
    def base_entry(self) -> int:
        """Return the entry month of the base: December before the cohort's year."""
        return self.year * 12 - 1


def ledger_months(run: Run, *, county_ids: Iterable[int] | None) -> list[LedgerMonth]:
    """Return the months of the newest cohort of the run, oldest first; empty before the first ledger."""
    entries = LedgerEntry.objects.filter(run=run)
    if county_ids is not None:
        entries = entries.filter(county_id__in=county_ids)
    sums = {name: Sum(name) for name in (*COUNTS, *MONEY)}
    rows = entries.values("cohort__year", "month").annotate(**{f"{n}_sum": s for n, s in sums.items()})
    months = [_month(row) for row in rows.order_by("cohort__year", "month")]
    newest = max((month.year for month in months), default=0)
    return [month for month in months if month.year == newest]


def standing_in(standings: QuerySet[Standing], *, year: int, month: int, what: str) -> QuerySet[Standing]:
    """Keep the customers of one number of the ledger: a month (ordinal) of the cohort of a year, see path_bits.

    The standings are those of one run of that cohort. Outside the cohort's months stands nobody.
    """
    index = month - (year * 12 - 1)
    mask, values = path_bits(what, index=index) if 0 <= index <= 12 else (0, [])
    if not values:
        return standings.none()
    # "> 0" says nothing new, but lets the planner use the index of members alone (cvm/night/partition.py)
    return standings.alias(ledger=F("cohort_path").bitand(mask)).filter(ledger__in=values, cohort_path__gt=0)


def _month(row: dict[str, int]) -> LedgerMonth:
    figures = {name: row[f"{name}_sum"] for name in (*COUNTS, *MONEY)}
    return LedgerMonth(year=row["cohort__year"], month=row["month"], **figures)
