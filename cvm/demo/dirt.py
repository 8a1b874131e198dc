"""A few rows no import should take, in one bills file, so that its receipt has something to show."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from cvm.demo.scenario import Scenario
from cvm.demo.table import Columns

SHARE = 0.001
BAD = {
    "手机号码": ["1.54E+10", "12345", "一五四零零零零"],
    "账期": ["202613", "去年", "2026-00"],
    "当月ARPU（元）": ["12.345.6", "一百二十", "约1200"],
    "用户编码": ["9999999999", "8000000001"],
}


@dataclass(frozen=True)
class Dirt:
    """What was added: rows by soiled column, and identical copies of good rows."""

    soiled: dict[str, int] = field(default_factory=dict)
    copies: int = 0


def soil(columns: Columns, scenario: Scenario) -> tuple[Columns, Dirt]:
    """Return the columns as text with soiled and doubled rows added at the end: good rows stay as they are."""
    random = scenario.random("dirt")
    rows = len(columns["账期"])
    count = max(4, int(rows * SHARE))
    picked = random.integers(0, rows, 2 * count)
    texts = {name: column.cast(pa.string()) for name, column in columns.items()}
    soiled = {name: column.take(pa.array(picked[:count])).to_pylist() for name, column in texts.items()}
    names = list(BAD)
    for row in range(count):
        name = names[row % len(names)]
        soiled[name][row] = BAD[name][row // len(names) % len(BAD[name])]
    copies = picked[count : count + count // 4]
    result = {
        name: pa.concat_arrays([column, pa.array(soiled[name], pa.string()), column.take(pa.array(copies))])
        for name, column in texts.items()
    }
    counts = {name: len(range(position, count, len(names))) for position, name in enumerate(names)}
    return result, Dirt(soiled=counts, copies=len(copies))


def soiled_rows(dirt: Dirt) -> int:
    """Return how many rows an import must refuse."""
    return int(np.sum(list(dirt.soiled.values()), dtype=int))
