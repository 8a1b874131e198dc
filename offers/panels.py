"""What offers give the 360 page: the suggested offer, and why not the others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from customers.frame import Frame
from customers.models import Customer, Standing
from customers.panels import in_language
from cvm.lib.months import month_of
from lifecycle.models import Playbook
from offers.eligible import SUGGESTED, Catalogue, Economics, explain
from offers.models import Offer
from offers.queries import VERDICTS

# a sub-select of the 360 page, as in customers/queries360.py
PARTS = {
    "offers": """
        select json_agg(json_build_object('id', id, 'zh', name_zh, 'en', name_en, 'binding_months', binding_months)
            order by priority, id)
        from offers_offer"""
}
MANY_SIGNALS = 25  # as many points of potential as there can be


def families(playbook: Playbook | None) -> list[str]:
    """Return the names of the offers a playbook recommends, best first; a family that is gone is passed over."""
    names = dict(Offer.Family.choices)
    return [str(names[family]) for family in playbook.offer_families if family in names] if playbook else []


@dataclass(frozen=True)
class Considered:
    """One offer of the night's catalogue: taken, or why not, and what it would be worth to this customer."""

    name: str
    is_suggested: bool
    words: str
    net_fen: int


def considered(
    standing: Standing,
    customer: Customer,
    *,
    names: list[Mapping[str, Any]],
    catalogue: Catalogue,
    economics: Economics,
    as_of: dt.date,
    bound_until: int,
    tags: int,
    given_fen: int,
) -> list[Considered]:
    """Return every offer of that night's catalogue with its verdict, the suggested one first.

    Judged again by the night's rule from the standing, except the signs of potential, which a standing does not hold:
    the number is taken that leads to the night's own suggestion. `bound_until` is the day number the last hard bundle
    ends, `tags` the bits of the tags in force, `given_fen` the cost of the offers accepted in the year up to that night.
    When neither agrees, the record has changed since that night and nothing is claimed: an empty list.
    """
    words = {row["id"]: in_language(row) for row in names}
    for signals in (0, MANY_SIGNALS):
        facts = {"potential_signals": signals, "bundle_end_day": bound_until, "tags": tags, "given_fen": given_fen}
        frame = _frame(standing, customer, as_of=as_of, **facts)
        told = explain(frame, catalogue, economics)
        chosen = next((reasoning.offer_id for reasoning in told if reasoning.verdict == SUGGESTED), 0)
        if chosen == standing.offer_id:
            return [
                Considered(
                    name=words[reasoning.offer_id],
                    is_suggested=reasoning.verdict == SUGGESTED,
                    words=str(VERDICTS[reasoning.verdict]),
                    net_fen=reasoning.net_fen,
                )
                for reasoning in told
                if reasoning.offer_id in words
            ]
    return []


def _frame(standing: Standing, customer: Customer, *, as_of: dt.date, **facts: int) -> Frame:
    values = {
        "id": customer.pk,
        "is_in_network": standing.state in Customer.IN_NETWORK,
        "moments": standing.moments,
        "warning": standing.warning,
        "code": standing.code,
        "stage": standing.stage,
        "cum3_fen": standing.cum3_fen,
        "sum12_fen": standing.sum12_fen,
        "broadband_carrier": customer.broadband_carrier,
        **facts,
    }
    columns = {name: np.array([value]) for name, value in values.items()}
    return Frame(as_of=as_of, month=month_of(as_of), columns=columns, history={})
