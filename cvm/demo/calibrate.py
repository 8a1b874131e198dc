"""Turn three knobs until the branch looks like the published one (docs/demo.md names the figures).

`shift` moves every hazard and so the yearly loss of the cohort; `spread` and `scale` turn the uncalibrated log level of a
bill into fen, so that the share of mid/high-end customers and of their revenue come out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cvm.demo import life as lives
from cvm.demo.life import Life
from cvm.demo.people import People
from cvm.demo.scenario import Scenario

MID_HIGH_SHARE = 0.0825
MID_HIGH_REVENUE = 0.2760
COHORT_LOSS = 0.2666
PASSIVE_SHARE = 0.6534
MID_HIGH_FEN = 36_000  # of three months
LOW_FEN = 5_000
SAMPLE = 60_000  # people enough to find the shift; a larger branch uses the shift of its first ones


@dataclass(frozen=True)
class Calibration:
    """The knobs, and the cohort loss reached on the calibration sample."""

    shift: float
    spread: float
    scale: float
    cohort_loss: float


def calibrate(people: People, scenario: Scenario) -> Calibration:
    """Return the hazard shift that makes the cohort of the last closed year lose its share."""
    sample = people.take(np.arange(min(SAMPLE, len(people))))
    low, high = -1.2, 1.2
    best = _try(sample, scenario, shift=0.0)
    if not scenario.has_cohort_year:
        return best
    for _attempt in range(9):
        if abs(best.cohort_loss - COHORT_LOSS) < 0.002:
            break
        low, high = (best.shift, high) if best.cohort_loss < COHORT_LOSS else (low, best.shift)
        best = _try(sample, scenario, shift=(low + high) / 2)
    return best


def _try(sample: People, scenario: Scenario, *, shift: float) -> Calibration:
    life = lives.live(sample, scenario, shift=shift, future=False)
    spread, scale = bill_scale(life)
    loss = cohort_loss(life, sample, scenario, spread=spread, scale=scale)
    return Calibration(shift=shift, spread=spread, scale=scale, cohort_loss=loss)


def bill_scale(life: Life) -> tuple[float, float]:
    """Return (spread, scale): bill in yuan = exp(scale + spread * log_bill).

    Sought on the newest three months of those in network: the line of 120 yuan must leave 8.25 % above it, and those
    must bring 27.60 % of the revenue.
    """
    rows = slice(len(life.log_bill) - 3, len(life.log_bill))
    present = is_in_network(life.states[len(life.log_bill) - 1])
    logs = life.log_bill[rows][:, present]
    pays = is_billed(life.states[rows][:, present])
    low, high = 0.6, 1.5
    for _step in range(30):
        spread = (low + high) / 2
        total = (np.exp(spread * logs) * pays).sum(0)
        line = np.quantile(total, 1 - MID_HIGH_SHARE)
        share = total[total >= line].sum() / total.sum()
        low, high = (spread, high) if share < MID_HIGH_REVENUE else (low, spread)
    return spread, float(np.log(MID_HIGH_FEN / 100 / line))


def is_in_network(states: npt.NDArray[np.int8]) -> npt.NDArray[np.bool_]:
    """Return who is in the network, suspended ones included."""
    return (states >= lives.NORMAL) & (states <= lives.PRE_CANCEL)


def is_billed(states: npt.NDArray[np.int8]) -> npt.NDArray[np.bool_]:
    """Return where money is due: not while suspended for arrears, not while absent."""
    return (states != lives.ABSENT) & (states != lives.SUSPENDED)


def bills_fen(life: Life, row: int, *, spread: float, scale: float) -> npt.NDArray[np.int32]:
    """Return the bill of one month in fen; the month of leaving is billed by half."""
    states = life.states[row]
    amount = np.exp(np.float32(spread) * life.log_bill[row].astype(np.float64) + scale) * 100
    amount = np.where(states > lives.PRE_CANCEL, amount * 0.5, amount)
    amount = np.where(states == lives.KEEP_NUMBER, 500, amount)
    return np.where(is_billed(states), np.rint(np.minimum(amount, 5_000_000)), 0).astype(np.int32)


def cohort_loss(life: Life, people: People, scenario: Scenario, *, spread: float, scale: float) -> float:
    """Return the share of the last closed year's cohort that is lost at its end (DOMAIN 4.2 and 4.3)."""
    last = scenario.row_of(scenario.cohort_year * 12 + 11)
    if last < 14:
        return float("nan")
    rows = range(last - 14, last + 1)
    bills = np.stack([bills_fen(life, row, spread=spread, scale=scale) for row in rows])
    states = life.states[last - 14 : last + 1]
    return _lost_share(bills, states, people)


def _lost_share(bills: npt.NDArray[np.int32], states: npt.NDArray[np.int8], people: People) -> float:
    entry = np.full(len(people), 99)
    low = np.zeros(len(people), np.int32)
    for index in range(2, len(bills)):
        in_network = is_in_network(states[index])
        full = (states[index - 2 : index + 1] != lives.ABSENT).all(0)
        reached = bills[index - 2 : index + 1].sum(0) >= MID_HIGH_FEN
        low += (entry < index) & in_network & (bills[index] < LOW_FEN)
        entry[reached & full & in_network & people.is_signed & ~people.is_special & (entry == 99)] = index
    members = entry < 99
    lost = members & (~is_in_network(states[-1]) | (low >= 3))
    return float(lost.sum() / max(1, members.sum()))
