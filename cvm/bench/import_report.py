"""Print what the import bench measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

LINE = "{:<28}{:>9}{:>10}{:>10}{:>12}{:>9}{:>9}"
NAMES = {
    "text": "csv GB18030, whole import",
    "text_floor": "  bare parse and COPY",
    "workbook": "xlsx, whole import",
    "workbook_read": "  its reading alone, as text",
    "workbook_floor": "  bare calamine",
}


def lines(measured: dict[str, Any]) -> Iterator[str]:
    """Yield the table: each import and its floor, the receipt, and the ratios."""
    yield f"\n{measured['text_mb']:.0f} MB of text   (load average {measured['load']:.1f})"
    yield LINE.format("", "wall s", "client s", "postgres s", "rows/s", "peak MB", "WAL MB")
    for name, said in NAMES.items():
        yield _line(said, measured[name])
    for name in ("text", "workbook"):
        one = measured[name]
        yield (
            f"  {name}: {one['rows']:,} rows = {one['accepted']:,} accepted + {one['rejected']:,} rejected"
            f" + {one['duplicate']:,} duplicate; {processor(one):.2f} CPU s, {ratio(measured, name):.2f} x its floor"
        )
    reading = processor(measured["workbook_read"]) / processor(measured["workbook_floor"])
    yield f"  workbook read as text, in a child process with limits: {reading:.2f} x bare calamine"
    yield f"  largest child process {measured['workbook']['peak_child_mb']:.0f} MB"


def ratio(measured: dict[str, Any], name: str) -> float:
    """Return an import over its floor in processor seconds."""
    return processor(measured[name]) / processor(measured[f"{name}_floor"])


def processor(cost: dict[str, Any]) -> float:
    """Return the processor seconds of client and server together."""
    return float(cost["client"] + cost["postgres"])


def _line(name: str, cost: dict[str, Any]) -> str:
    rate = f"{cost['rows'] / cost['wall']:,.0f}" if cost.get("rows") else ""
    seconds = (f"{cost[key]:.2f}" for key in ("wall", "client", "postgres"))
    return LINE.format(name, *seconds, rate, f"{cost['peak_mb']:.0f}", f"{cost['wal'] / 1e6:.0f}")
