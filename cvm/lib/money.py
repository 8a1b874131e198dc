"""Fen as text. Money stays integer fen everywhere else."""

from __future__ import annotations


def yuan_text(fen: int, *, divisor: int = 1) -> str:
    """Return an amount of fen as exact yuan, ¥1,234.56; with a divisor the mean, rounded half up to the fen."""
    whole = (2 * abs(fen) + divisor) // (2 * divisor)
    sign = "-" if fen < 0 and whole else ""
    return f"{sign}¥{whole // 100:,}.{whole % 100:02d}"
