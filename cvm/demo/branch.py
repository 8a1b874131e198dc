"""The generated branch in memory: people, their calibrated bills, and how they stand on the as-of day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cvm.demo import calendar, calibrate, plans
from cvm.demo import life as lives
from cvm.demo.calibrate import Calibration
from cvm.demo.life import Life
from cvm.demo.people import FIRST_USER, People, make_people
from cvm.demo.scenario import BURN_IN, Scenario
from cvm.lib.months import day_number

Ints = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
NOBODY = 0
REISSUED_SHARE = 0.02  # of those who join in the simulated months: their number had another owner


@dataclass(frozen=True)
class Leaves:
    """Every leaving, past and future, in the order it happens; days are day numbers, kinds are state numbers."""

    customer: Ints
    day: Ints
    kind: Ints


@dataclass(frozen=True)
class Branch:
    """Everything the files are written from. `bills_fen` and `plan` have shape [bill months, customers]."""

    scenario: Scenario
    calibration: Calibration
    people: People
    life: Life
    bills_fen: npt.NDArray[np.int32]
    plan: npt.NDArray[np.int8]
    leaves: Leaves
    is_known: Bools
    is_here: Bools
    state: npt.NDArray[np.int8]
    leave_day: Ints
    number: npt.NDArray[np.int64]
    is_reissued: Bools
    missing_row: Ints

    @property
    def today(self) -> int:
        """Return the as-of day number."""
        return day_number(self.scenario.as_of)

    @property
    def user_code(self) -> npt.NDArray[np.int64]:
        """Return the stable user code of each customer."""
        return FIRST_USER + np.arange(len(self.people), dtype=np.int64)

    @property
    def cum3_fen(self) -> npt.NDArray[np.int64]:
        """Return the sum of the newest three bills."""
        return self.bills_fen[-3:].sum(0, dtype=np.int64)

    def has_bill(self, month: int) -> Bools:
        """Return who gets a bill record in a month (position among the bill months)."""
        return (self.life.states[BURN_IN + month] != lives.ABSENT) & (self.missing_row != month)


def make_branch(scenario: Scenario) -> Branch:
    """Live, calibrate and settle one branch."""
    people = make_people(scenario)
    calibration = calibrate.calibrate(people, scenario)
    life = lives.live(people, scenario, shift=calibration.shift)
    spread, scale = calibrate.bill_scale(life)
    rows = range(BURN_IN, scenario.closed_rows)
    bills = np.stack([calibrate.bills_fen(life, row, spread=spread, scale=scale) for row in rows])
    missing = _missing_rows(people, life, scenario)
    _spike(bills, people, life)
    bills[missing[missing >= 0], np.flatnonzero(missing >= 0)] = 0
    leaves = _leaves(life, people, scenario)
    leave_day = _left_on(leaves, life, scenario)
    is_known = (people.join_day <= day_number(scenario.as_of)) & (people.join_row <= scenario.closed_rows)
    is_here = is_known & (leave_day == NOBODY)
    number, is_reissued = _numbers(people, leaves, leave_day, scenario)
    return Branch(
        scenario=scenario,
        calibration=calibration,
        people=people,
        life=life,
        bills_fen=bills,
        plan=plans.plan_paths(bills),
        leaves=leaves,
        is_known=is_known,
        is_here=is_here,
        state=_states(life, leaves, leave_day, is_here),
        leave_day=leave_day,
        number=number,
        is_reissued=is_reissued,
        missing_row=missing,
    )


def _missing_rows(people: People, life: Life, scenario: Scenario) -> Ints:
    """Return the bill month each of a few steady customers has no record for (-1: none missing)."""
    random = scenario.random("missing")
    steady = np.flatnonzero((people.join_row < 0) & (life.states[scenario.closed_rows] == lives.NORMAL))
    chosen = random.choice(steady, max(3, len(people) // 2500), replace=False)
    missing = np.full(len(people), -1, np.int32)
    missing[chosen] = random.integers(1, scenario.months - 4, len(chosen))
    return missing


def _spike(bills: npt.NDArray[np.int32], people: People, life: Life) -> None:
    """Give the first small steady customer one enormous month, long enough ago to leave the calibration alone."""
    small = (bills[:, :] > 0).all(0) & (bills.max(0) < 4000) & ~people.is_special
    if small.any():
        bills[-6, np.argmax(small)] = 40_000


def _leaves(life: Life, people: People, scenario: Scenario) -> Leaves:
    # Entries of the last rows overlap with a return to come; every leaving stays one entry.
    customer, row = life.column("leave_customer"), life.column("leave_row")
    day = calendar.day_in(scenario.first_month + row, life.column("leave_day"))
    day = np.maximum(day, people.join_day[customer])
    return Leaves(customer=customer, day=day, kind=life.column("leave_kind"))


def _left_on(leaves: Leaves, life: Life, scenario: Scenario) -> Ints:
    """Return the day each customer left for good as seen from the as-of day (0: still here, or here again)."""
    today = day_number(scenario.as_of)
    left = np.zeros(life.states.shape[1], np.int32)
    past = leaves.day <= today
    left[leaves.customer[past]] = leaves.day[past]
    back_day = calendar.first_days(scenario.first_month + life.column("return_row"))
    back = life.column("return_customer")
    returned = (back_day <= today) & (back_day > left[back])
    left[back[returned]] = NOBODY
    return left


def _states(life: Life, leaves: Leaves, leave_day: Ints, is_here: Bools) -> npt.NDArray[np.int8]:
    states = life.states[-1].copy()
    # Leaving later this month: still here today. Joined this month: not in any closed month yet.
    states[is_here & ((states == lives.ABSENT) | (states > lives.PRE_CANCEL))] = lives.NORMAL
    gone = leave_day[leaves.customer] == leaves.day
    states[leaves.customer[gone]] = leaves.kind[gone]
    return states


def _numbers(
    people: People, leaves: Leaves, leave_day: Ints, scenario: Scenario
) -> tuple[npt.NDArray[np.int64], Bools]:
    """Return phone numbers, some of them handed on from those who left in the burn-in months and stayed away."""
    number = people.number.copy()
    window_start = int(calendar.first_days(np.array([scenario.oldest]))[0])
    free = np.flatnonzero((leave_day > 0) & (leave_day < window_start))
    later = scenario.random("reissue")
    joiners = np.flatnonzero(people.join_row >= BURN_IN + 4)
    wanted = later.choice(joiners, max(2, int(len(joiners) * REISSUED_SHARE)), replace=False)
    free = free[~np.isin(free, leaves.customer[leaves.day > window_start])][: len(wanted)]
    wanted = wanted[: len(free)]
    number[wanted] = number[free]
    is_reissued = np.zeros(len(people), np.bool_)
    is_reissued[wanted] = True
    return number, is_reissued
