"""What a customer brings and costs in twelve months, each line as the page shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from customers.models import MonthlyBill
from customers.panels import in_language
from segmentation import costs

MONTHS = 12


@dataclass(frozen=True)
class MoneyLine:
    """One line of the cost: so many of a channel at its unit cost."""

    label: str
    line: costs.CostLine


@dataclass(frozen=True)
class Money:
    """Bills, margin, cost to serve and what remains, of the same months; the lines add up to the cost."""

    bills: int
    bills_fen: int
    margin_percent: int
    margin_fen: int
    lines: list[MoneyLine]
    cost_fen: int
    net_fen: int
    is_high_cost: bool
    unknown_services: int


def money(bills: list[MonthlyBill], found: Mapping[str, Any], *, margin_permille: int) -> Money:
    """Return the balance of the newest twelve bills and the contacts of the last year.

    `found` are the parts channel_costs, contacts, served and complaints. A contact on a channel no spelling knows is
    counted in `unknown_services` and costs nothing here.
    """
    rows = found["channel_costs"]
    counts, unknown = _counts(found, spellings={row["code"]: tuple(row["spellings"]) for row in rows})
    units = {row["code"]: row["unit_fen"] for row in rows}
    cost = costs.cost_to_serve(counts, units)
    names = {row["code"]: in_language({"zh": row["name_zh"], "en": row["name_en"]}) for row in rows}
    billed = bills[-MONTHS:]
    bills_fen = sum(bill.arpu_fen for bill in billed)
    return Money(
        bills=len(billed),
        bills_fen=bills_fen,
        margin_percent=margin_permille // 10,
        margin_fen=costs.margin_fen(bills_fen, margin_permille=margin_permille),
        lines=[MoneyLine(names[line.code], line) for line in cost.lines],
        cost_fen=cost.total_fen,
        net_fen=costs.net_value_fen(cost, bills_fen=bills_fen, margin_permille=margin_permille),
        is_high_cost=costs.is_high_cost(cost, bills_fen=bills_fen),
        unknown_services=unknown,
    )


def _counts(found: Mapping[str, Any], *, spellings: Mapping[str, tuple[str, ...]]) -> tuple[Counter[str], int]:
    """Return contacts by code (contact log; services by channel and day; complaints), and how many fit no code."""
    contacts = [costs.channel_of(row["channel"], spellings) for row in found["contacts"]]
    services = {(costs.channel_of(row["channel"], spellings), row["day"]) for row in found["served"]}
    counts = Counter([*contacts, *(code for code, _day in services)])
    unknown = counts.pop("", 0)
    counts[costs.COMPLAINT] = found["complaints"]["year"]
    return counts, unknown
