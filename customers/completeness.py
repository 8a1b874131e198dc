"""How much we know about a customer, 0 to 100, and what is worth asking next. Pure; no Django, no clock, no I/O.

The weights are planning figures of our own, to be replaced by the branch's: a field weighs what the decisions lose
that read it. They add up to 100.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

# field of the customer -> weight, in order of worth
WEIGHTS: dict[str, int] = {
    "broadband_carrier": 18,  # decides the convergence offer; another carrier's broadband is a leaving signal
    "dual_sim": 14,  # whether our number is the second one: the best early sign of leaving we can ask for
    "birth_date": 12,  # key moment birthday (A)
    "handset_model": 12,  # key moment new handset, 5G offers
    "family_role": 10,  # who decides and who pays: whom to talk to (DOMAIN 5.1)
    "pay_mode": 10,  # bank debit binds; cash payers are reminded
    "occupation": 8,  # when to call, which group offer
    "industry": 5,  # group offers
    "interests": 5,  # benefits worth naming
    "name": 4,  # how to greet; nearly always known from real-name registration
    "gender": 2,  # how to greet
}


@dataclass(frozen=True)
class Completeness:
    """What is known of 100, and the fields still missing, the one most worth asking first."""

    score: int
    missing: tuple[str, ...]


def completeness(values: Mapping[str, Any], *, verified: Collection[str] = ()) -> Completeness:
    """Return the score of one customer. `values` holds the fields of WEIGHTS.

    A field is known when it says something (not empty, not the zero of "unknown"), or when somebody verified that
    it is rightly empty: "no broadband" and "no family" are answers once the customer gave them.
    """
    missing = tuple(field for field in WEIGHTS if not values[field] and field not in verified)
    return Completeness(100 - sum(WEIGHTS[field] for field in missing), missing)
