"""How customers stand on the as-of day: cards, stars, loyalty, their manager, and the flags that forbid calls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cvm.demo import calibrate
from cvm.demo.branch import Branch
from cvm.demo.life import CANCELLED_ARREARS, SUSPENDED
from cvm.demo.organisation import phone_managers
from cvm.demo.ties import Groups
from cvm.demo.usage import is_silent

Ints = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
POTENTIAL_FEN = 24_000  # of three months
UNKNOWN, ACTIVE_LOYAL, PASSIVE_LOYAL = 0, 1, 2
CARD_SHARES = (0.985, 0.996, 0.9992)  # below: no card, silver, gold; above: diamond


@dataclass(frozen=True)
class Standing:
    """One value per customer; `manager` counts from 1, 0 = nobody; days are day numbers, 0 = none."""

    card: Ints
    star: Ints
    credit: Ints
    loyalty: Ints
    manager: Ints
    balance_fen: Ints
    last_call_day: Ints
    dnd_from: Ints
    dnd_to: Ints
    is_red: Bools
    is_black: Bools
    is_sensitive: Bools
    is_real_name: Bools
    is_valuable: Bools
    handset_months: Ints


def make_standing(branch: Branch, groups: Groups) -> Standing:
    """Return the standing of a branch's customers."""
    count = len(branch.people)
    random = branch.scenario.random("standing")
    card = _cards(branch)
    valuable = is_valuable(branch, card, groups)
    dnd = branch.is_known & (random.random(count) < 0.015)
    since = np.where(dnd, branch.today - random.integers(5, 300, count), 0)
    return Standing(
        card=card,
        star=_stars(branch),
        credit=_credit(branch, random),
        loyalty=_loyalty(branch),
        manager=_managers(branch, valuable),
        balance_fen=_balances(branch, random),
        last_call_day=_last_calls(branch, random),
        dnd_from=since.astype(np.int32),
        dnd_to=np.where(dnd & (random.random(count) < 0.8), since + 365, 0).astype(np.int32),
        is_red=random.random(count) < 0.001,
        is_black=(random.random(count) < 0.0015) | ((branch.state == CANCELLED_ARREARS) & (random.random(count) < 0.3)),
        is_sensitive=random.random(count) < 0.002,
        is_real_name=random.random(count) < 0.995,
        is_valuable=valuable,
        handset_months=np.minimum(random.exponential(20, count), 84).astype(np.int32),
    )


def is_mid_high(branch: Branch) -> Bools:
    """Return who is in the network with an average of 120 yuan or more over the newest three months."""
    return branch.is_here & (branch.cum3_fen >= calibrate.MID_HIGH_FEN)


def is_valuable(branch: Branch, card: Ints, groups: Groups) -> Bools:
    """Return who is worth a phone manager: mid/high-end now or this year, potential, card holders, key persons."""
    months = min(branch.scenario.months, (branch.scenario.newest + 1) % 12 + 3)
    bills = branch.bills_fen[-months:].astype(np.int64)
    sums = bills[2:] + bills[1:-1] + bills[:-2]
    reached = (sums >= calibrate.MID_HIGH_FEN).any(0) | (branch.cum3_fen >= POTENTIAL_FEN)
    return (reached | (card > 0) | groups.is_key_person) & branch.is_here & ~branch.people.is_special


def passive_now(branch: Branch) -> Bools:
    """Return who stays out of habit or obligation rather than liking: 65.34 % of the mid/high-end customers."""
    chosen = is_mid_high(branch)
    inertia = branch.people.inertia
    return inertia >= np.quantile(inertia[chosen], 1 - calibrate.PASSIVE_SHARE)


def _cards(branch: Branch) -> Ints:
    """Return card levels 0 to 3 by the year's spending, with some old cards kept by people who spend less today."""
    random = branch.scenario.random("cards")
    worth = branch.bills_fen[-12:].sum(0) * np.exp(0.35 * random.standard_normal(len(branch.people)))
    worth = np.where(branch.is_here & (branch.people.join_row < branch.scenario.closed_rows - 12), worth, 0)
    limits = np.quantile(worth[branch.is_here], CARD_SHARES)
    return (np.searchsorted(limits, worth, side="right") * (worth > 0)).astype(np.int32)


def _stars(branch: Branch) -> Ints:
    """Return star levels 0 to 7: unrated in the first half year, then by spending and years."""
    tenure = branch.scenario.closed_rows - branch.people.join_row
    points = branch.cum3_fen / 30_000 + tenure / 60
    stars = np.searchsorted([0.8, 1.3, 2.0, 2.9, 4.2, 6.0, 8.0], points)
    return np.where((tenure >= 6) & branch.is_here, stars, 0).astype(np.int32)


def _credit(branch: Branch, random: np.random.Generator) -> Ints:
    """Return the credit score, -1 for the tenth the operator has not scored; who pays late stands lower."""
    count = len(branch.people)
    is_scored = random.random(count) >= 0.1
    score = random.normal(590, 60, count) - 110 * branch.people.pays_late
    return np.where(is_scored, np.clip(score, 300, 850), -1).astype(np.int32)


def _loyalty(branch: Branch) -> Ints:
    asked = branch.is_here & (branch.cum3_fen >= POTENTIAL_FEN)
    return np.where(asked, np.where(passive_now(branch), PASSIVE_LOYAL, ACTIVE_LOYAL), UNKNOWN).astype(np.int32)


def _managers(branch: Branch, valuable: Bools) -> Ints:
    """Return the phone manager's number: valuable customers, county by county, in portfolios of equal size."""
    chosen = np.flatnonzero(valuable)
    chosen = chosen[np.argsort(branch.people.county[chosen], kind="stable")]
    manager = np.zeros(len(valuable), np.int32)
    manager[chosen] = 1 + np.arange(len(chosen)) * phone_managers(branch.scenario.customers) // max(1, len(chosen))
    return manager


def _balances(branch: Branch, random: np.random.Generator) -> Ints:
    yuan = random.gamma(1.6, 26, len(branch.people))
    owes = np.isin(branch.state, (SUSPENDED, CANCELLED_ARREARS))
    return np.rint(100 * np.where(owes, -0.6 * yuan - 5, yuan)).astype(np.int32)


def _last_calls(branch: Branch, random: np.random.Generator) -> Ints:
    """Return the last day with a call: yesterday for most, weeks ago for the silent, the end for those gone."""
    count = len(branch.people)
    ago = np.minimum(random.geometric(0.55, count), 6)
    silent = is_silent(branch.scenario.closed_rows, branch.people, branch.life)
    ago = np.where(silent | branch.people.is_special, random.integers(8, 75, count), ago)
    last = np.where(branch.leave_day > 0, branch.leave_day, branch.today) - ago
    return np.maximum(last, branch.people.join_day).astype(np.int32)
