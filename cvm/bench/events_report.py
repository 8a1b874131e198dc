"""Print what the events bench measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cvm.bench.web_report import at

TARGET = 2.0
LINE = "{:<34}{:>8}{:>8}{:>8}{:>8}{:>8}"


def lines(customers: int, measured: dict[str, Any]) -> Iterator[str]:
    """Yield the table: seconds from event to card beside the floor, what got lost, what it cost."""
    events, floor = measured["events"], measured["floor"]
    yield (
        f"\n{customers:,} customers, {measured['rate']} events a second, {measured['desks']} desks asking every second"
        f"   (load average {measured['load']:.1f})"
    )
    yield LINE.format("seconds from event to card", "told", "p50", "p95", "p99", "max")
    yield _line("event, signed and judged", events["seconds"])
    yield _line("floor: a row straight in the queue", floor["seconds"])
    missing = events["sent"] - len(events["seconds"])
    yield (
        f"  sent {events['sent']}, told {len(events['seconds'])}, missing {missing}, refused {events['failures']},"
        f" sent late {events['late']}; outcomes {measured['outcomes']}"
    )
    half, most = at(events["asking_ms"], 50), at(events["asking_ms"], 95)
    yield f"  {events['asked']} questions of desks: p50 {half:.1f} ms, p95 {most:.1f} ms; {measured['processor']:.1f} processor s"
    yield f"  event / floor: {ratio(measured):.2f} at p95; target p95 {TARGET} s: {'met' if is_met(measured) else 'MISSED'}"


def ratio(measured: dict[str, Any]) -> float:
    """Return the 95th percentile of events over that of the floor."""
    return at(measured["events"]["seconds"], 95) / at(measured["floor"]["seconds"], 95)


def is_met(measured: dict[str, Any]) -> bool:
    """Tell whether every event was told, none twice, and 95 of 100 within the target."""
    events = measured["events"]
    everything = len(events["seconds"]) == events["sent"] > 0 and not events["failures"]
    return everything and not measured["outcomes"].get("doubled") and at(events["seconds"], 95) <= TARGET


def _line(name: str, seconds: list[float]) -> str:
    found = (f"{at(seconds, percent):.2f}" for percent in (50, 95, 99)) if seconds else ("–",) * 3
    return LINE.format(name, len(seconds), *found, f"{seconds[-1]:.2f}" if seconds else "–")
