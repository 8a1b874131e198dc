"""What serving the mid and high-end takes: calls, people, money. Pure planning figures (DOMAIN 4.9, 5.3)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

WORKING_DAYS = Fraction(2175, 100)  # a month
TALKS_A_MONTH = Fraction(6, 10)  # per managed customer
REACHED = Fraction(6, 10)  # of the dials
CALLS_PER_HEAD = 80  # dials a day with the whole record on the screen
CALL_FEN = 6_00


@dataclass(frozen=True)
class Work:
    """Managed customers and what they take; `protected_fen` is what contacts are expected to keep, from the run."""

    customers: int
    calls_a_day: int
    heads: int
    cost_fen: int
    protected_fen: int


def work(customers: int, *, kept_fen: int) -> Work:
    """Return the dials a day, the phone managers and the monthly cost of calls for so many managed customers."""
    dials = customers * TALKS_A_MONTH / REACHED
    return Work(
        customers=customers,
        calls_a_day=ceil(dials / WORKING_DAYS),
        heads=ceil(dials / WORKING_DAYS / CALLS_PER_HEAD),
        cost_fen=int(dials * CALL_FEN),
        protected_fen=kept_fen,
    )
