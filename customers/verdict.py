"""A verdict in words: what the night decided, by which clause, on which values, and what would change it."""

from __future__ import annotations

from dataclasses import dataclass, field

from cvm.lib.money import yuan


@dataclass(frozen=True)
class Evidence:
    """One value behind a verdict; `kind` says how to write it (yuan, count, percent, month, day, text)."""

    label: str
    value: int | str
    kind: str = "text"


@dataclass(frozen=True)
class Verdict:
    """One decision about one customer, as the "why" panel shows it."""

    kind: str  # band, code, layer, cohort, stage, warning
    title: str
    value: int
    label: str
    clause: str
    policy: str
    evidence: list[Evidence] = field(default_factory=list)
    change: str = ""


def amount(fen: int, *, divisor: int = 1) -> str:
    """Return fen as a verdict writes it, ¥1,234.56; with a divisor the mean, rounded half up to the fen."""
    whole = (2 * abs(fen) + divisor) // (2 * divisor)
    return f"-¥{yuan(whole)}" if fen < 0 and whole else f"¥{yuan(whole)}"
