"""The vintages of a cohort as a triangle: entry months down, month ends across, the kept share as heat."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from cvm.ledger.books import Door, Open
from cvm.lib.months import label
from segmentation.queries import Vintage

HEAT_FROM = (Decimal(0), Decimal(60), Decimal(75), Decimal(85), Decimal(95))  # percent kept, colours 1 to 5


@dataclass(frozen=True)
class Cell:
    """One vintage at one month end; None of members before it entered."""

    rate: Decimal | None
    kept: Door
    heat: int


@dataclass(frozen=True)
class VintageRow:
    """One entry month: how many entered, and what of them each month end kept."""

    entry: str
    is_base: bool
    members: Door
    cells: list[Cell | None]


@dataclass(frozen=True)
class Triangle:
    """The month ends across and the entry months down."""

    months: list[str]
    rows: list[VintageRow]


def triangle(found: list[Vintage], *, months: list[int], year: int, opens: Open) -> Triangle:
    """Return the vintages as a table; every number opens its customers."""
    at = {(vintage.entry, vintage.month): vintage for vintage in found}
    rows = [
        VintageRow(
            entry=label(entry),
            is_base=entry == year * 12 - 1,
            members=opens(max(vintage.members for vintage in found if vintage.entry == entry), entry=label(entry)),
            cells=[_cell(at.get((entry, month)), opens) for month in months],
        )
        for entry in sorted({vintage.entry for vintage in found})
    ]
    return Triangle([label(month) for month in months], rows)


def _cell(vintage: Vintage | None, opens: Open) -> Cell | None:
    if vintage is None:
        return None
    kept = opens(vintage.kept, entry=label(vintage.entry), ledger=f"{label(vintage.month)}:closing")
    heat = sum(1 for start in HEAT_FROM if (vintage.kept_rate or Decimal(0)) >= start)
    return Cell(vintage.kept_rate, kept, heat)
