"""The terms of one kind as the rules take them: plain values, fixed when a night opens. Pure Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

# MomentKind.Repeats; a test holds the two together
PLAIN = "plain"  # silent for the whole cool-down
STEPWISE = "stepwise"  # during the cool-down only a graver level speaks
PER_CASE = "case"  # during the cool-down silent about the same reference only: another case, another change speaks


@dataclass(frozen=True)
class KindTerms:
    """What decides when a kind speaks; `thresholds` may leave out whatever keeps its module's default.

    `counties` are the branches it is on in; empty means everywhere. `needs_tags` and `not_for_tags` are masks of tag
    bits: who lacks one of the first, or has one of the second, is never spoken of.
    """

    code: str
    cool_down_days: int = 0
    thresholds: Mapping[str, int] = field(default_factory=dict)
    repeats: str = PLAIN
    counties: tuple[int, ...] = ()
    needs_tags: int = 0
    not_for_tags: int = 0


def kinds_of(rows: Iterable[Mapping[str, Any]]) -> tuple[KindTerms, ...]:
    """Return the terms of the enabled kinds among the `moments` of a night's plan."""
    names = {one.name for one in fields(KindTerms)}
    enabled = ({name: row[name] for name in names & row.keys()} for row in rows if row["is_enabled"])
    return tuple(KindTerms(**{**row, "counties": tuple(row.get("counties", ()))}) for row in enabled)


def limit(default: int, least: int, most: int, *, above: str = "") -> Any:
    """Return the field of one threshold: its default, the range an admin may choose from, the field it must exceed."""
    return field(default=default, metadata={"least": least, "most": most, "above": above})


def hours(default: int) -> Any:
    """Return the field of a deadline: hours until the first attempt, an hour to sixty days."""
    return limit(default, 1, 24 * 60)
