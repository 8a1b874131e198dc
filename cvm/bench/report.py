"""Print what the night bench measured."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

MB = 1_000_000
LINE = "{:<24}{:>9}{:>10}{:>10}{:>12}{:>10}"


def lines(customers: int, months: int, measured: dict[str, Any]) -> Iterator[str]:
    """Yield the table of one size: each stage, the night, the floor, and the ratio between them."""
    night, floor = measured["second"], measured["floor"]
    yield f"\n{customers:,} customers x {months} months   (load average {measured['load']:.1f})"
    yield LINE.format("stage", "wall s", "client s", "postgres s", "rows/s", "WAL MB")
    for name, cost in night["stages"].items():
        yield _line(name, cost, customers)
    yield _line("night", night["total"], customers)
    yield _line("floor", floor, customers)
    yield f"  inside the buckets, s: {_parts(night['parts'])}"
    yield f"  floor, wall s: {_parts({name: wall for name, (wall, _) in floor['stages'].items()})}"
    yield (
        f"  largest client {night['peak_client'] / MB:.0f} MB, largest backend {night['peak_postgres'] / MB:.0f} MB,"
        f" table with indexes {night['table_bytes'] / MB:.0f} MB"
    )
    first = measured["first"]
    yield (
        f"  first night: {_processor(first['total']):.2f} processor s, {first['total']['wall']:.2f} s, of which"
        f" learning the model {_processor(first['stages']['train']):.2f} processor s"
    )
    yield f"  night / floor: {ratio(measured):.2f} in processor seconds, {wall_ratio(measured):.2f} in wall"


def ratio(measured: dict[str, Any]) -> float:
    """Return night over floor in processor seconds."""
    return _processor(measured["second"]["total"]) / _processor(measured["floor"])


def wall_ratio(measured: dict[str, Any]) -> float:
    """Return night over floor in wall seconds (the floor is one process)."""
    return measured["second"]["total"]["wall"] / measured["floor"]["wall"]


def exponent(small: tuple[int, dict[str, Any]], large: tuple[int, dict[str, Any]]) -> float:
    """Return the power of the number of customers with which the night's processor seconds grow."""
    seconds = [_processor(measured["second"]["total"]) for _, measured in (small, large)]
    return math.log(seconds[1] / seconds[0]) / math.log(large[0] / small[0])


def _line(name: str, cost: dict[str, Any], customers: int) -> str:
    rate = f"{customers / cost['wall']:,.0f}" if cost["wall"] > 0 else ""
    seconds = (f"{cost[key]:.2f}" for key in ("wall", "client", "postgres"))
    return LINE.format(name, *seconds, rate, f"{cost['wal'] / MB:.1f}")


def _parts(seconds: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.2f}" for name, value in seconds.items())


def _processor(cost: dict[str, Any]) -> float:
    return float(cost["client"] + cost["postgres"])
