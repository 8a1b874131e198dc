"""A generated branch as a `Frame`, so that the product's own rules can judge it without a database."""

from __future__ import annotations

import numpy as np

from customers.frame import Frame
from customers.history import ARREARS, HAS_BILL, IN_NETWORK, PORTED, PRE_CANCEL, SIGNED, SUSPENDED
from cvm.demo.branch import Branch
from cvm.demo.life import PORTED_OUT
from cvm.demo.life import PRE_CANCEL as PRE_CANCELLED
from cvm.demo.scenario import BURN_IN
from cvm.demo.standing import Standing
from cvm.demo.ties import Groups
from cvm.demo.usage import month_facts

USED = ("voice_min", "data_mb", "sms_count", "active_days", "over_fee_fen")


def frame_of(branch: Branch, standing: Standing, groups: Groups) -> Frame:
    """Return everybody in the profile file, with the columns and history the rules read."""
    who = np.flatnonzero(branch.is_known)
    people = branch.people.take(who)
    letters = np.array(["", "A", "B", "C", "D"])
    letter = np.where(people.group >= 0, groups.letter[people.group], "")
    columns = {
        "id": np.arange(1, len(who) + 1, dtype=np.int32),
        "county_id": people.county + 1,
        "manager_id": standing.manager[who],
        "join_day": people.join_day,
        "state": branch.state[who].astype(np.int16),
        "is_signed": people.is_signed,
        "is_special": people.is_special,
        "vip_card": standing.card[who].astype(np.int16),
        "is_key_person": groups.is_key_person[who],
        "group_class": np.searchsorted(letters, letter).astype(np.int16),
        "loyalty": standing.loyalty[who].astype(np.int16),
        "dual_sim": people.dual_sim.astype(np.int16),
        "broadband_carrier": people.broadband.astype(np.int16),
        "tenure_months": (branch.scenario.closed_rows - people.join_row + 1).astype(np.int16),
    }
    return Frame(branch.scenario.as_of, branch.scenario.newest, columns, _history(branch, who))


def _history(branch: Branch, who: np.ndarray) -> dict[str, np.ndarray]:
    facts: dict[str, list[np.ndarray]] = {name: [] for name in ("arpu_fen", "flags", *USED)}
    for month in reversed(range(branch.scenario.months)):
        bill = branch.bills_fen[month]
        used = month_facts(
            BURN_IN + month,
            people=branch.people,
            life=branch.life,
            scenario=branch.scenario,
            bill_fen=bill,
            plan=branch.plan[month],
        )
        has_bill = branch.has_bill(month)
        facts["arpu_fen"].append(np.where(has_bill, bill, 0)[who])
        facts["flags"].append((_flags(branch, month, used["owed_fen"]) * has_bill)[who])
        for name in USED:
            facts[name].append(np.where(has_bill, used[name], 0)[who])
    return {name: np.stack(rows).astype(np.int32) for name, rows in facts.items()}


def _flags(branch: Branch, month: int, owed_fen: np.ndarray) -> np.ndarray:
    state = branch.life.states[BURN_IN + month]
    suspended = (state >= 2) & (state <= 4)
    return (
        HAS_BILL
        + IN_NETWORK * (state <= PRE_CANCELLED)
        + SIGNED * branch.people.is_signed
        + SUSPENDED * suspended
        + PRE_CANCEL * (state == PRE_CANCELLED)
        + ARREARS * (suspended & (owed_fen > 0))
        + PORTED * (state == PORTED_OUT)
    )
