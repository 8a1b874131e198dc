"""Usage and the parts of a bill: one month at a time, from the life that produced the amount."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cvm.demo import calendar, plans
from cvm.demo.life import KEEP_NUMBER, PRE_CANCEL, SUSPENDED, Life
from cvm.demo.people import People
from cvm.demo.scenario import Scenario

Ints = npt.NDArray[np.int32]
# How the part of a bill beyond the plan splits; the rest of each fen stays with voice.
SHARES = {"data_fee_fen": 0.22, "sms_fee_fen": 0.04, "vas_fee_fen": 0.24, "roam_fee_fen": 0.06}
OVER_SHARE = 0.6
SILENT_BELOW = -1.5  # log fade under which one in five puts the SIM in a drawer
DATA_GROWTH = 1.012  # a month


def month_facts(
    row: int, *, people: People, life: Life, scenario: Scenario, bill_fen: Ints, plan: npt.NDArray[np.int8]
) -> dict[str, Ints]:
    """Return usage and bill parts of one month, one value per customer.

    plan_fee_fen + voice + data + sms + vas + roam + over equals the bill; discount is what the plan's list price was
    cut by and stands outside that sum.
    """
    usage = _usage(row, people, life, scenario, bill_fen)
    return usage | _parts(bill_fen, plan, usage) | {"owed_fen": _owed(row, life, plan)}


def is_silent(row: int, people: People, life: Life) -> npt.NDArray[np.bool_]:
    """Return who made no call at all this month though still paying."""
    last = min(row, len(life.fading) - 1)
    drawer = (people.contract_taste * 10) % 1 < 0.22
    return (life.fading[last] < SILENT_BELOW) & drawer


def _usage(row: int, people: People, life: Life, scenario: Scenario, bill_fen: Ints) -> dict[str, Ints]:
    count = len(people)
    random = scenario.random("usage", row)
    voice_noise, data_noise, day_noise = random.standard_normal((3, count), dtype=np.float32)
    fading = life.fading[row].astype(np.float32)
    size = np.maximum(bill_fen, 1) / np.float32(5000)
    speaks = (bill_fen > 0) & ~is_silent(row, people, life) & ~_is_off(life.states[row])
    voice = 170 * people.talk * size**0.55 * np.exp(0.9 * fading + 0.18 * voice_noise)
    data = 8200 * people.surf * size**0.7 * np.exp(0.8 * fading + 0.22 * data_noise) * DATA_GROWTH**row
    days = (27.5 + 1.8 * day_noise) * (0.3 + 0.7 * np.exp(fading))
    longest = int(calendar.days_in(np.array([scenario.first_month + row]))[0])
    days = np.where(life.states[row] > PRE_CANCEL, 0.5 * days, days)
    return {
        "voice_min": _whole(np.where(people.is_special, 0, voice) * speaks, most=40_000),
        "data_mb": _whole(np.where(people.is_special, 60, data) * speaks, most=2_000_000),
        "sms_count": (random.poisson(4, count) * speaks * ~people.is_special).astype(np.int32),
        "active_days": (np.clip(np.rint(days), 1, longest) * speaks).astype(np.int32),
    }


def _is_off(states: npt.NDArray[np.int8]) -> npt.NDArray[np.bool_]:
    return (states == SUSPENDED) | (states == KEEP_NUMBER)


def _whole(values: npt.NDArray[np.floating], *, most: int) -> Ints:
    return np.rint(np.minimum(values, most)).astype(np.int32)


def _parts(bill_fen: Ints, plan: npt.NDArray[np.int8], usage: dict[str, Ints]) -> dict[str, Ints]:
    list_price = plans.FEES_FEN[plan]
    received = np.minimum(list_price, bill_fen)
    rest = bill_fen - received
    beyond = np.maximum(usage["data_mb"] - plans.DATA_MB[plan], 0) // 10
    over = np.minimum(beyond, (rest * OVER_SHARE).astype(np.int32)) * (beyond > 0)
    free = rest - over
    parts = {name: (free * share).astype(np.int32) for name, share in SHARES.items()}
    voice = free - sum(parts.values())
    return {
        "plan_fee_fen": received,
        "voice_fee_fen": voice.astype(np.int32),
        **parts,
        "over_fee_fen": over.astype(np.int32),
        "discount_fen": ((list_price - received) * (bill_fen > 0)).astype(np.int32),
    }


def _owed(row: int, life: Life, plan: npt.NDArray[np.int8]) -> Ints:
    suspended = life.states[row] == SUSPENDED
    return (np.where(suspended, plans.FEES_FEN[plan], 0)).astype(np.int32)
