"""The few divisions the ledger needs, exact and rounded half up, so that every page prints the same figure."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def rate(part: int, whole: int) -> Decimal | None:
    """Return part of whole as a percentage with two decimals, or None where the whole is nothing."""
    if whole == 0:
        return None
    return (Decimal(100 * part) / Decimal(whole)).quantize(CENT, ROUND_HALF_UP)


def revenue_rate(base_revenue_fen: int, base_window_fen: int) -> Decimal | None:
    """Return this month's bills of the kept base against the base's average monthly bill in the window."""
    return rate(3 * base_revenue_fen, base_window_fen)
