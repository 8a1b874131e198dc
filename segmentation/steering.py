"""Which cheaper way of being served a code C customer would accept, and what it would save (S-056 to S-062, DOMAIN 4.9).

Pure columns. Nobody is served worse: who is protected keeps the personal way, and a way the customer refused is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

PERSONAL = ""  # stays with people
BY_PEOPLE = ("call", "hotline", "hall", "visit", "online")
BY_ITSELF = ("app", "sms", "ivr")  # to a voice menu the customer calls: nothing to be allowed

Columns = Mapping[str, npt.NDArray[Any]]
Int64 = npt.NDArray[np.int64]


class NoCheaperWay(LookupError):
    """The unit costs know none of the ways without people."""


def steering(
    columns: Columns, services: Mapping[str, Int64], unit_fen: Mapping[str, int]
) -> dict[str, npt.NDArray[Any]]:
    """Return `way` (a code of BY_ITSELF, or PERSONAL), `services`, `cost_fen` and `saving_fen` of twelve months.

    Needs `protection` (bits), `accepts_app`, `accepts_sms`; `services` are counts per way with people, any others
    are left out. The saving is what the same services would have cost less on that way; where that would be nothing
    or less, the customer stays with people. Raises NoCheaperWay.
    """
    many, cost = _sums(services, unit_fen, size=len(columns["protection"]))
    way, unit = _cheapest(columns, unit_fen)
    saving = cost - many * unit
    stays = (columns["protection"] != 0) | (saving <= 0)
    return {
        "way": np.where(stays, PERSONAL, way),
        "services": many,
        "cost_fen": cost,
        "saving_fen": np.where(stays, 0, saving),
    }


def _sums(services: Mapping[str, Int64], unit_fen: Mapping[str, int], *, size: int) -> tuple[Int64, Int64]:
    many, cost = np.zeros(size, np.int64), np.zeros(size, np.int64)
    for code in BY_PEOPLE:
        if code in services and code in unit_fen:
            many += services[code]
            cost += services[code] * unit_fen[code]
    return many, cost


def _cheapest(columns: Columns, unit_fen: Mapping[str, int]) -> tuple[npt.NDArray[Any], Int64]:
    """Return the cheapest way each customer accepts, and its unit cost."""
    accepts = {"app": columns["accepts_app"], "sms": columns["accepts_sms"]}
    ways = sorted((code for code in BY_ITSELF if code in unit_fen), key=lambda code: unit_fen[code])
    if not ways:
        raise NoCheaperWay
    size = len(columns["protection"])
    way = np.full(size, PERSONAL, dtype="U8")
    unit = np.full(size, max(unit_fen.values()), dtype=np.int64)
    for code in reversed(ways):
        chosen = accepts.get(code, np.ones(size, np.bool_)).astype(np.bool_)
        way[chosen], unit[chosen] = code, unit_fen[code]
    return way, unit
