"""A verdict in words: what the night decided, by which clause, on which values, and what would change it."""

from __future__ import annotations

from dataclasses import dataclass, field


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
