"""What serving a customer cost, and what remains of the margin (DOMAIN 4.9). Pure; money in whole fen, no rounding.

Counts and unit costs are keyed by the codes of `ChannelCost`; a complaint is a cost but no contact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

COMPLAINT = "complaint"
HIGH_SHARE_PERCENT = 20  # cost above this share of the bills of the same months …
HIGH_CONTACTS = 6  # … and at least so many contacts: served more than the bill carries


class NoUnitCost(LookupError):
    """Something was counted for a channel that has no unit cost."""


@dataclass(frozen=True)
class CostLine:
    """So many contacts of one channel at its unit cost."""

    code: str
    count: int
    unit_fen: int

    @property
    def amount_fen(self) -> int:
        """Return count x unit cost."""
        return self.count * self.unit_fen


@dataclass(frozen=True)
class CostToServe:
    """The cost of serving one customer, line by line; the lines add up to the total to the fen."""

    lines: tuple[CostLine, ...]

    @property
    def total_fen(self) -> int:
        """Return the sum of the lines."""
        return sum(line.amount_fen for line in self.lines)

    @property
    def contacts(self) -> int:
        """Return the contacts on all channels, complaints left out."""
        return sum(line.count for line in self.lines if line.code != COMPLAINT)


def cost_to_serve(counts: Mapping[str, int], unit_fen: Mapping[str, int]) -> CostToServe:
    """Return one line per channel that was used, in the order of the unit costs; raises NoUnitCost."""
    unknown = sorted(code for code, count in counts.items() if count and code not in unit_fen)
    if unknown:
        raise NoUnitCost(", ".join(unknown))
    used = ((code, counts.get(code, 0), unit) for code, unit in unit_fen.items())
    return CostToServe(tuple(CostLine(code, count, unit) for code, count, unit in used if count))


def margin_fen(bills_fen: int, *, margin_permille: int) -> int:
    """Return the margin of a sum of bills, rounded down to the fen; refunds beyond the bills leave none."""
    return max(bills_fen, 0) * margin_permille // 1000


def net_value_fen(cost: CostToServe, *, bills_fen: int, margin_permille: int) -> int:
    """Return margin - cost to serve, of the same twelve months."""
    return margin_fen(bills_fen, margin_permille=margin_permille) - cost.total_fen


def is_high_cost(cost: CostToServe, *, bills_fen: int) -> bool:
    """Return whether self-service should be offered first (S-059); never a reason for worse service (S-061)."""
    is_dear = 100 * cost.total_fen > HIGH_SHARE_PERCENT * max(bills_fen, 0)
    return is_dear and cost.contacts >= HIGH_CONTACTS


def channel_of(written: str, spellings: Mapping[str, tuple[str, ...]]) -> str:
    """Return the code of a channel as a system wrote it ("10086热线"); nothing when no spelling fits.

    The longest fitting spelling wins, so that "自助语音热线" may differ from "热线".
    """
    text = written.casefold()
    fitting = [(len(word), code) for code, words in spellings.items() for word in words if word.casefold() in text]
    return max(fitting)[1] if fitting else ""
