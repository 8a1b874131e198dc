"""What the key moments look at beside bills and events: use of the running month, subscriptions, points, handsets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cvm.demo import plans
from cvm.demo.branch import Branch
from cvm.demo.life import ONE_WAY, SUSPENDED
from cvm.demo.people import OTHER_MAIN, OURS_MAIN
from cvm.demo.scenario import BURN_IN
from cvm.demo.standing import Standing
from cvm.demo.usage import month_facts
from cvm.lib.months import day_number, first_day, last_day

Ints = npt.NDArray[np.integer]
UNKNOWN, NO, YES = 0, 1, 2
ANSWERS = ["未知", "否", "是"]
STOP_WORDS = ["", "欠费", "申请"]
MONTHS_BEFORE = 2  # whole months sent beside the running one
SERVICES = ["视频彩铃", "咪咕视频会员", "云盘会员", "安全管家", "音乐会员", "阅读会员"]
FEES_FEN = np.array([6_00, 15_00, 10_00, 5_00, 12_00, 8_00])


@dataclass(frozen=True)
class Usage:
    """One value per customer sent; days are day numbers."""

    customer: Ints
    measured: Ints
    data_mb: Ints
    voice_min: Ints
    zero_call_days: Ints
    forward_days: Ints
    hotline_calls: Ints
    onnet_percent: Ints
    province_days: Ints
    abroad_days: Ints


@dataclass(frozen=True)
class Profile:
    """One value per customer; days are day numbers, 0 = none."""

    stop_reason: Ints
    next_fee_fen: Ints
    points: Ints
    expiring: Ints
    expire_day: Ints
    broadband_end: Ints
    is_covered: Ints
    plan_is_5g: Ints
    sim_is_5g: Ints
    handset_is_5g: Ints
    handset_changed: Ints


@dataclass(frozen=True)
class Subscriptions:
    """One value per subscription; days are day numbers, 0 = never ends."""

    customer: Ints
    service: Ints
    is_trial: npt.NDArray[np.bool_]
    start: Ints
    end: Ints


def make_usage(branch: Branch, standing: Standing, *, back: int) -> Usage:
    """Return the use of the month `back` months before the running one, as far as it has gone."""
    random = branch.scenario.random("month so far", back)
    month = branch.scenario.newest + 1 - back
    measured = min(day_number(last_day(month)), branch.today - 1)
    share = (measured - day_number(first_day(month)) + 1) / 30
    who = np.flatnonzero(branch.is_here & ~branch.people.is_special)
    facts = _facts(branch, month, who)
    silent = np.clip(measured - standing.last_call_day[who], 0, 400)
    leans = np.isin(branch.people.dual_sim[who], (OURS_MAIN, OTHER_MAIN)) + 1
    draw = random.random((5, len(who)))
    away = draw[3] < 0.05
    return Usage(
        customer=who,
        measured=np.full(len(who), measured),
        data_mb=np.rint(facts["data_mb"] * share).astype(np.int32),
        voice_min=np.rint(facts["voice_min"] * share).astype(np.int32),
        zero_call_days=silent if back == 0 else np.minimum(silent, 6),
        forward_days=np.where(draw[0] < 0.0015 * leans, random.integers(1, 6, len(who)), 0),
        hotline_calls=np.where(draw[1] < 0.003 * leans, random.integers(1, 5, len(who)), 0),
        onnet_percent=_onnet(branch, who, random, fell=(draw[2] < 0.004 * leans) & (back == 0)),
        province_days=np.where(away, random.integers(1, 15, len(who)), 0) if back == 0 else np.where(away, 3, 0),
        abroad_days=np.where(draw[4] < 0.003, random.integers(1, 8, len(who)), 0),
    )


def make_profile(branch: Branch, standing: Standing) -> Profile:
    """Return the newer columns of the customer extract."""
    random, count = branch.scenario.random("signs"), len(branch.people)
    fee = plans.FEES_FEN[branch.plan[-1]]
    lower = branch.is_here & (branch.plan[-1] > 0) & (random.random(count) < 0.003)
    handset_5g = np.where(standing.handset_months < 30, YES, NO)
    handset_5g = np.where(random.random(count) < 0.08, UNKNOWN, handset_5g)
    plan_5g = np.where((fee >= 88_00) | (random.random(count) < 0.35), YES, NO)
    points = (branch.bills_fen[-12:].sum(0) // 100).astype(np.int32)
    expires = branch.is_here & (points > 300) & (random.random(count) < 0.06)
    has_term = (branch.people.broadband == 1) & (random.random(count) < 0.8)
    return Profile(
        stop_reason=np.where(np.isin(branch.state, (ONE_WAY, SUSPENDED)), 1, 0),
        next_fee_fen=np.where(lower, plans.FEES_FEN[np.maximum(branch.plan[-1] - 1, 0)], -1),
        points=points,
        expiring=np.where(expires, points * 6 // 10, 0),
        expire_day=np.where(expires, branch.today + random.integers(1, 90, count), 0),
        broadband_end=np.where(has_term, branch.today + random.integers(5, 700, count), 0),
        is_covered=np.where(random.random(count) < 0.85, np.where(random.random(count) < 0.6, YES, NO), UNKNOWN),
        plan_is_5g=plan_5g,
        sim_is_5g=np.where((plan_5g == YES) & (random.random(count) < 0.9), YES, NO),
        handset_is_5g=handset_5g,
        handset_changed=_handset_days(branch, standing, random),
    )


def make_subscriptions(branch: Branch) -> Subscriptions:
    """Return what a quarter of the customers subscribe to; some end soon, some are on trial."""
    random = branch.scenario.random("subscriptions")
    chosen = branch.is_here & ~branch.people.is_special & (random.random(len(branch.people)) < 0.25)
    who = np.flatnonzero(chosen)
    count, trial = len(who), random.random(len(who)) < 0.12
    start = np.where(
        trial, branch.today - random.integers(1, 30, count), branch.today - random.integers(30, 600, count)
    )
    end = np.where(random.random(count) < 0.5, branch.today + random.integers(0, 360, count), 0)
    end = np.where(trial, np.maximum(start + 30, branch.today), end)
    return Subscriptions(who, random.integers(0, len(SERVICES), count), trial, start, end)


def _facts(branch: Branch, month: int, who: Ints) -> dict[str, Ints]:
    """Return the use of the newest closed month for the running one: people are creatures of habit."""
    row = min(month, branch.scenario.newest) - branch.scenario.oldest
    facts = month_facts(
        BURN_IN + row,
        people=branch.people,
        life=branch.life,
        scenario=branch.scenario,
        bill_fen=branch.bills_fen[row],
        plan=branch.plan[row],
    )
    return {name: facts[name][who] for name in ("data_mb", "voice_min")}


def _onnet(branch: Branch, who: Ints, random: np.random.Generator, *, fell: npt.NDArray[np.bool_]) -> Ints:
    habit = branch.scenario.random("within our network").normal(62, 12, len(branch.people))[who]
    share = np.clip(habit + random.normal(0, 3, len(who)), 15, 95)
    return np.rint(np.where(fell, share * 0.55, share)).astype(np.int32)


def _handset_days(branch: Branch, standing: Standing, random: np.random.Generator) -> Ints:
    """Return the day of the handset: this month's for those with a new one, about so many months ago for the others."""
    ago = standing.handset_months * 30 + random.integers(0, 30, len(branch.people))
    return np.where(branch.is_here, branch.today - np.maximum(ago, 1), 0)
