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


def improvement(now: Decimal, before: Decimal) -> Decimal:
    """Return the change of a retention rate in percentage points (DOMAIN 4.3)."""
    return now - before


def relative_improvement(now: Decimal, before: Decimal) -> Decimal | None:
    """Return which share of the earlier churn was avoided, in percent; None where nothing churned before."""
    churn_before = 100 - before
    if churn_before == 0:
        return None
    return (100 * (now - before) / churn_before).quantize(CENT, ROUND_HALF_UP)
