"""Thirty-odd months lived by everybody at once: spending, contracts, complaints, leaving, coming back.

One pass, month by month, over columns. The months after the as-of day run through exactly the same code; only the
truth ever sees them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from cvm.demo import calendar
from cvm.demo.hazard import Signals, fade_chance, leave_chance
from cvm.demo.people import LEVEL_SPREAD, OTHER_MAIN, OURS_MAIN, People
from cvm.demo.scenario import Scenario

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

ABSENT, NORMAL, ONE_WAY, SUSPENDED, KEEP_NUMBER = 0, 1, 2, 3, 4
PRE_CANCEL, CANCELLED, CANCELLED_ARREARS, PORTED_OUT = 5, 6, 7, 8
NEVER = 10_000
STEADY, FADING, FADED, MENDING, LEAVING = range(5)
WIND_DOWN = 0.55  # log spending given up each month between deciding and leaving


@dataclass
class Life:
    """What happened. Matrices have shape [closed rows, customers]; `states` has one row more, the as-of month.

    `log_bill` is the uncalibrated log of the monthly bill; where a bill is zero or missing, `states` says why.
    Lists hold one array per month and are joined by `column`.
    """

    log_bill: Floats
    fading: npt.NDArray[np.float16]
    states: npt.NDArray[np.int8]
    hazard_now: Floats
    leave_row: Ints
    log: dict[str, list[npt.NDArray[np.int32]]] = field(default_factory=dict)

    def note(self, **columns: npt.NDArray[np.integer]) -> None:
        """Append to the named logs."""
        for name, values in columns.items():
            self.log.setdefault(name, []).append(np.asarray(values, np.int32))

    def column(self, name: str) -> Ints:
        """Return a whole log as one array."""
        return np.concatenate(self.log.get(name, [np.zeros(0, np.int32)]))


class _Now:
    """Everybody's present condition; columns are replaced in place as the months go by."""

    def __init__(self, people: People, random: np.random.Generator):
        count = len(people)
        self.fade = np.zeros(count, np.float32)
        self.fade_rate = random.uniform(0.15, 0.75, count).astype(np.float32)
        self.fade_floor = -random.uniform(0.3, 2.8, count).astype(np.float32)
        self.mood = np.zeros(count, np.int8)
        self.rise = np.zeros(count, np.float32)
        self.drift = 0.10 * random.standard_normal(count, dtype=np.float32)
        self.leave_row = np.full(count, NEVER, np.int32)
        self.leave_kind = np.zeros(count, np.int8)
        self.left = np.zeros(count, np.bool_)
        self.return_row = np.full(count, NEVER, np.int32)
        self.contract_start, self.contract_end = _first_contracts(people, random)
        self.arrears = np.zeros(count, np.bool_)
        self.complaints = [np.zeros(count, np.float32) for _ in range(3)]


def live(people: People, scenario: Scenario, *, shift: float, future: bool = True) -> Life:
    """Return the lives of these people; `shift` moves every hazard (see calibrate), False leaves the future out."""
    count = len(people)
    now = _Now(people, scenario.random("start", count))
    life = Life(
        log_bill=np.zeros((scenario.closed_rows, count), np.float32),
        fading=np.zeros((scenario.closed_rows, count), np.float16),
        states=np.zeros((scenario.closed_rows + 1, count), np.int8),
        hazard_now=np.zeros(count, np.float32),
        leave_row=now.leave_row,
    )
    for row in range(scenario.all_rows if future else scenario.closed_rows):
        _month(row, people, now, life, scenario=scenario, shift=shift)
    running = np.flatnonzero(now.contract_end < NEVER)
    life.note(
        contract_customer=running,
        contract_start=now.contract_start[running],
        contract_end=now.contract_end[running],
    )
    return life


def _month(row: int, people: People, now: _Now, life: Life, *, scenario: Scenario, shift: float) -> None:
    random = scenario.random("month", row)
    _come_back(row, now, life)
    present = (people.join_row <= row) & ~now.left
    signals = _signals(row, people, now, life)
    _complain(row, people, now, present, life, random)
    _fade(now, people, signals, present, random, shift=shift)
    chance = leave_chance(signals, shift=shift)
    if row == scenario.closed_rows:
        decided = now.leave_row < NEVER
        life.hazard_now = np.where(present, np.where(decided, 1, chance), 0).astype(np.float32)
    _decide_to_leave(row, people, now, signals, present, chance, random, scenario)
    _record(row, people, now, life, present, random, scenario)
    _leave(row, now, present, life, random)
    _contracts(row, people, now, present, life, random)


def _come_back(row: int, now: _Now, life: Life) -> None:
    back = np.flatnonzero(now.return_row == row)
    life.note(return_customer=back, return_row=np.full(len(back), row))
    now.left[back] = False
    now.leave_row[back] = NEVER
    now.return_row[back] = NEVER
    now.fade[back] *= 0.3
    now.mood[back] = STEADY


def _signals(row: int, people: People, now: _Now, life: Life) -> Signals:
    tenure = (row - people.join_row + 1).astype(np.float32)
    return Signals(
        fall=_fall(row, people, life),
        is_free=(now.contract_end >= NEVER) | (now.contract_end <= row),
        just_free=(now.contract_end <= row) & (now.contract_end > row - 3),
        complaints=now.complaints[0] + now.complaints[1] + now.complaints[2],
        tenure_months=tenure,
        uses_competitor=(people.dual_sim == OTHER_MAIN) + np.float32(0.5) * (people.dual_sim == OURS_MAIN),
        is_tied=(people.group >= 0) + np.float32(0.6) * (people.family >= 0) + (people.broadband == 1),
        pays_late=people.pays_late,
        is_passive=people.inertia > PASSIVE_FROM,
        frailty=people.frailty,
    )


PASSIVE_FROM = -0.394  # of a standard normal value: 65.34 % lie above


def _fall(row: int, people: People, life: Life) -> Floats:
    """Return the share of spending lost: the last three closed months against the three before; 0 when too new."""
    last = min(row, len(life.log_bill))
    if last < 6:
        return np.zeros(len(people), np.float32)
    newer = life.log_bill[last - 3 : last].mean(0)
    older = life.log_bill[last - 6 : last - 3].mean(0)
    known = (people.join_row <= last - 6) & (life.log_bill[last - 6] != 0)
    return np.where(known, 1 - np.exp(newer - older), 0).astype(np.float32)


def _complain(row: int, people: People, now: _Now, present: Bools, life: Life, random: np.random.Generator) -> None:
    rate = 0.007 * people.complains * (1 + 1.5 * (now.mood == FADING))
    draw = random.random(len(people), dtype=np.float32)
    counts = (present & (draw < rate)).astype(np.float32) + (present & (draw < 0.18 * rate))
    now.complaints = [counts, *now.complaints[:2]]
    who = np.flatnonzero(counts)
    life.note(complaint_customer=np.repeat(who, counts[who].astype(int)))
    life.note(complaint_row=np.full(int(counts.sum()), row))


def _fade(
    now: _Now,
    people: People,
    signals: Signals,
    present: Bools,
    random: np.random.Generator,
    *,
    shift: float,
) -> None:
    """Move everybody's slow part: some begin to fade, some mend, some rise."""
    draw = random.random(len(people), dtype=np.float32)
    level = (people.level + now.rise) / LEVEL_SPREAD
    begins = present & (now.mood == STEADY) & (draw < fade_chance(signals, level=level, shift=shift))
    mends = ((now.mood == FADING) | (now.mood == FADED)) & (draw > 0.965)
    rises = present & (now.mood == STEADY) & (draw > 1 - 0.055 / (1 + np.exp(1.3 * level)))
    now.mood[begins] = FADING
    now.mood[mends] = MENDING
    now.rise += rises * (0.2 + 0.6 * people.contract_taste)
    now.fade -= np.where(now.mood == FADING, now.fade_rate, 0)
    now.mood[now.leave_row < NEVER] = LEAVING
    now.fade -= np.where(now.mood == LEAVING, WIND_DOWN, 0)
    now.mood[(now.mood == FADING) & (now.fade <= now.fade_floor)] = FADED
    floor = np.where(now.mood == LEAVING, -4, now.fade_floor)
    now.fade = np.where(now.mood == MENDING, now.fade * 0.55, np.maximum(now.fade, floor)).astype(np.float32)
    now.mood[(now.mood == MENDING) & (now.fade > -0.08)] = STEADY


def _decide_to_leave(
    row: int,
    people: People,
    now: _Now,
    signals: Signals,
    present: Bools,
    chance: Floats,
    random: np.random.Generator,
    scenario: Scenario,
) -> None:
    """Fix who leaves, how and when: within two months, winding down until then; arrears take the full two."""
    draw, kind, delay, back = random.random((4, len(people)), dtype=np.float32)
    decided = np.flatnonzero(present & (now.leave_row == NEVER) & (draw < chance))
    chosen = np.where(kind < 0.30 + 0.20 * signals.is_free, PORTED_OUT, CANCELLED)
    chosen = np.where(kind > 0.78 - 0.25 * people.pays_late, CANCELLED_ARREARS, chosen)
    wait = np.where(chosen == CANCELLED_ARREARS, 2, (delay < 0.60).astype(np.int32) + (delay < 0.25))
    now.leave_kind[decided] = chosen[decided]
    now.leave_row[decided] = row + wait[decided]
    returns = decided[back[decided] < 0.05]
    now.return_row[returns] = now.leave_row[returns] + 2 + (7 * delay[returns]).astype(np.int32)


def _record(
    row: int,
    people: People,
    now: _Now,
    life: Life,
    present: Bools,
    random: np.random.Generator,
    scenario: Scenario,
) -> None:
    """Write the month's bill level and the state at its end."""
    now.drift = (0.85 * now.drift + 0.055 * random.standard_normal(len(people), dtype=np.float32)).astype(np.float32)
    noise = 0.085 * random.standard_normal(len(people), dtype=np.float32)
    late = random.random(len(people), dtype=np.float32)
    now.arrears = present & (now.leave_row == NEVER) & (late < np.where(people.pays_late, 0.03, 0.0012))
    if row > len(life.log_bill):
        return
    life.states[row] = _states(row, people, now, present, late)
    if row == len(life.log_bill):
        return
    level = people.level + now.drift + now.fade + now.rise + noise
    season = calendar.season_of(scenario.first_month + row)
    life.log_bill[row] = np.where(present, np.where(people.is_special, -1.6, level) + season + 3.7, 0)
    life.fading[row] = now.fade


def _states(row: int, people: People, now: _Now, present: Bools, late: Floats) -> npt.NDArray[np.int8]:
    leaving = now.leave_row < NEVER
    suspended = leaving & (now.leave_kind == CANCELLED_ARREARS)
    keeps_number = present & (people.contract_taste > 0.997) & (row % 12 > 8)
    return np.select(
        [
            ~present,
            now.leave_row == row,
            suspended,
            (now.leave_row == row + 1) & (now.leave_kind == CANCELLED),
            now.arrears & (late < 0.0006),
            now.arrears,
            keeps_number,
        ],
        [ABSENT, now.leave_kind, SUSPENDED, PRE_CANCEL, ONE_WAY, SUSPENDED, KEEP_NUMBER],
        NORMAL,
    ).astype(np.int8)


def _leave(row: int, now: _Now, present: Bools, life: Life, random: np.random.Generator) -> None:
    gone = np.flatnonzero(present & (now.leave_row == row))
    now.left[gone] = True
    life.note(
        leave_customer=gone,
        leave_row=np.full(len(gone), row),
        leave_day=random.integers(1, 29, len(gone)),
        leave_kind=now.leave_kind[gone],
    )
    life.note(
        arrears_customer=np.flatnonzero(now.arrears),
        arrears_row=np.full(int(now.arrears.sum()), row),
    )


# --- contracts -----------------------------------------------------------------------------------


def _first_contracts(people: People, random: np.random.Generator) -> tuple[Ints, Ints]:
    """Return start and end rows of the contract running when the simulation begins; NEVER = none."""
    count = len(people)
    bound = (random.random(count) < 0.25 + 0.5 * people.contract_taste) & ~people.is_special & (people.join_row < 0)
    months = np.where(random.random(count) < 0.45, 24, 12)
    end = random.integers(0, months)
    start = np.maximum(end - months, people.join_row)
    return np.where(bound, start, NEVER).astype(np.int32), np.where(bound, end, NEVER).astype(np.int32)


def _contracts(row: int, people: People, now: _Now, present: Bools, life: Life, random: np.random.Generator) -> None:
    """Let contracts that end this month be renewed or not, and let the unbound sign new ones."""
    renew, sign, length = random.random((3, len(people)), dtype=np.float32)
    staying = present & (now.leave_row == NEVER) & ~people.is_special
    ends = staying & (now.contract_end == row)
    renewed = ends & (renew < 0.62 - 0.35 * (now.mood == FADING) - 0.15 * (people.frailty > 1))
    expired = (now.contract_end < row - 6) & (now.contract_end < NEVER)
    free = staying & ((now.contract_end >= NEVER) | (now.contract_end < row))
    signed = free & (sign < 0.035 * people.contract_taste * (now.mood != FADING))
    closed = np.flatnonzero((renewed | signed | expired) & (now.contract_end < NEVER))
    life.note(
        contract_customer=closed,
        contract_start=now.contract_start[closed],
        contract_end=now.contract_end[closed],
    )
    fresh = np.flatnonzero(renewed | signed)
    now.contract_end[np.flatnonzero(expired & ~signed)] = NEVER
    now.contract_start[fresh] = row
    now.contract_end[fresh] = row + np.where(length[fresh] < 0.45, 24, 12)
