"""Print what the bench of back-tests measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MB = 1_000_000
MILLION = 1_000_000
LINE = "{:<8}{:>9}{:>10}{:>12}{:>8}{:>16}{:>12}"


def lines(customers: int, measured: dict[str, Any]) -> Iterator[str]:
    """Yield one line per kind: seconds, ratio to the floor, and what a million customers would take at this rate."""
    floor = measured["floor"]
    yield f"\n{customers:,} customers x 12 months   (load average {measured['load']:.1f})"
    yield LINE.format("kind", "wall s", "client s", "postgres s", "others", "x floor (wall)", "1 M, wall s")
    for code, found in measured["kinds"].items():
        cost = found["cost"]
        yield LINE.format(
            code,
            *(f"{cost[name]:.2f}" for name in ("wall", "client", "postgres")),
            found["others"],
            f"{cost['wall'] / floor['wall']:.1f}",
            f"{cost['wall'] * MILLION / customers:.0f}",
        )
    yield f"floor, the bare read of 24 packed months in one process: {floor['wall']:.2f} s wall, {floor['client']:.2f} s client"
    yield f"largest client {max(found['peak_client'] for found in measured['kinds'].values()) / MB:.0f} MB"
