"""Print what the web bench measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

MB = 1_000_000
LINE = "{:<34}{:>9}{:>9}{:>12}"


def lines(customers: int, measured: dict[str, Any]) -> Iterator[str]:
    """Yield the table of pages, each beside the floor (the first of them), and what the exports cost."""
    pages: dict[str, list[float]] = measured["pages"]
    floor = at(next(iter(pages.values())), 50)
    yield f"\n{customers:,} customers   (load average {measured['load']:.1f})"
    yield LINE.format("page", "p50 ms", "p95 ms", "p50 / floor")
    for kind, found in pages.items():
        half = at(found, 50)
        yield LINE.format(kind, f"{half:.1f}", f"{at(found, 95):.1f}", f"{half / floor:.1f}")
    for export in measured["exports"]:
        yield (
            f"  export of {export['rows']:,} rows as {export['format']}: {export['seconds']:.1f} s,"
            f" {export['bytes'] / MB:.1f} MB, {export['memory'] / MB:.0f} MB of memory more than before"
        )


def at(found: Sequence[float], percent: int) -> float:
    """Return the percentile of sorted times, the next one measured."""
    return found[min(len(found) - 1, len(found) * percent // 100)]
