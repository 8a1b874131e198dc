"""What offers give the 360 page: the suggested offer, and why not the others."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from customers.frame import Frame
from customers.models import Customer, Standing
from customers.panels import Reader, Source, Told, in_language
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
        from offers_offer""",
    # every test this customer was drawn for, the own record's before an alias's, as the night reads them
    "arms": """
        select json_agg(member.arm_id order by member.customer_id <> %(id)s, member.customer_id, member.id)
        from offers_experimentmember member where member.customer_id = any (array(select id from people))""",
}
# a test is told twice: when the customer was drawn and when it ended
EXPERIMENTS = """
    select told.at, told.id, json_build_object('is_end', told.is_end, 'name', experiment.name,
        'reason', experiment.stop_reason, 'zh', offer.name_zh, 'en', offer.name_en) as data
    from offers_experimentmember member
    join offers_experiment experiment on experiment.id = member.experiment_id
    join offers_experimentarm arm on arm.id = member.arm_id
    left join offers_offer offer on offer.id = arm.offer_id
    cross join lateral (values (experiment.started_at, 2 * member.id, false),
        (experiment.ended_at, 2 * member.id + 1, true)) as told (at, id, is_end)
    where member.customer_id = any (array(select id from people)) and told.at is not null"""
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
    arms: list[int],
) -> list[Considered]:
    """Return every offer of that night's catalogue with its verdict, the suggested one first.

    Judged again by the night's rule from the standing, except the signs of potential, which a standing does not hold:
    the number is taken that leads to the night's own suggestion. `bound_until` is the day number the last hard bundle
    ends, `tags` the bits of the tags in force, `given_fen` the cost of the offers accepted in the year up to that night,
    `arms` those of the tests the customer was drawn for. When neither agrees, the record has changed since that night
    and nothing is claimed: an empty list.
    """
    words = {row["id"]: in_language(row) for row in names}
    tested = {arm.id for arm in catalogue.arms}
    arm = next((one for one in arms if one in tested), 0)
    known = {"bundle_end_day": bound_until, "tags": tags, "given_fen": given_fen, "arm": arm}
    for signals, is_barred in itertools.product((0, MANY_SIGNALS), (False, True) if arm else (False,)):
        facts = known | {"potential_signals": signals, "is_barred": is_barred}
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


def experiment_words(row: Mapping[str, Any], reader: Reader) -> Told | None:
    """Return one test in words, for those who may know who is in which arm."""
    if not reader.sees_tests:
        return None
    if row["is_end"]:
        return Told(_("Test ended: %(name)s") % {"name": row["name"]}, row["reason"])
    arm = in_language(row) if row["zh"] else _("Control: no offer")
    return Told(_("Drawn for a test: %(name)s") % {"name": row["name"]}, arm)


SOURCES = {"experiment": Source(EXPERIMENTS, "flask", experiment_words)}


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
