"""What the people of the demonstration branch did with the tasks of the last three months, so that the scoreboard speaks.

Invented like the customers, and as reproducible: drawn from seeded numbers, beside the tasks of the first real night.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from django.utils import timezone

from callcenter.arbitration import is_control
from callcenter.kinds import arbitration_rows
from callcenter.models import Dispatch
from callcenter.task_terms import CATEGORIES, kind_table, priority
from customers.models import Run, Standing
from cvm.lib.months import day_number
from cvm.lib.workdays import SHANGHAI, add_working_time
from lifecycle.models import KeyMoment, MomentKind
from lifecycle.moments import b2_voice_over, b4_handset, b5_handset_plan

DAYS = 90
EACH = 2  # past tasks of a customer, of different kinds
SEED = 20_170_904
# what became of a task somebody was to call about; the shares add up to 1
RESULTS = (("accepted", 0.27), ("thinking", 0.2), ("refused", 0.18), ("not_reached", 0.2), ("expired", 0.15))
CAUSES = ("fee", "competitor", "network", "contract_end", "second_sim")
LIFT_FEN = 6_50  # what a contact about a marketing moment adds to the monthly bill, on average
# by kind: value and reference from today's bill and the day; only kinds whose evidence is easily told
EVIDENCE: dict[str, Callable[[int, int], tuple[int, int]]] = {
    "B2": lambda bill, day: (b2_voice_over.USED, 92),
    "B4": lambda bill, day: (b4_handset.AGEING, 27),
    "B5": lambda bill, day: (b5_handset_plan.PLAN, 0),
    "C1": lambda bill, day: (30, day + 30),
    "C4": lambda bill, day: (bill * 62 // 100, bill),
    "C5": lambda bill, day: (1, 46_50),
}


@dataclass(frozen=True)
class Past:
    """One past task before it is a row."""

    standing: Standing
    kind: MomentKind
    at: dt.datetime
    is_held: bool


def work(*, run: Run, at: dt.datetime) -> int:
    """Make the past tasks of a branch that has none older than its first night; returns how many."""
    if Dispatch.objects.filter(detected_at__lt=run.started_at).exists():
        return 0
    random = np.random.default_rng(SEED)
    past = _draw(run, random, at=at)
    KeyMoment.objects.bulk_create(
        [
            KeyMoment(
                run=run,
                customer_id=one.standing.customer_id,
                kind=one.kind,
                detected_on=timezone.localdate(one.at),
                level=_level(one.kind),
                deadline_hours=_hours(one.kind),
                **_evidence(one),
            )
            for one in past
        ],
        batch_size=2000,
    )
    tasks = [_task(one, run, random) for one in past]
    Dispatch.objects.bulk_create(tasks, batch_size=1000)
    return len(tasks)


def _draw(run: Run, random: np.random.Generator, *, at: dt.datetime) -> list[Past]:
    """Return customers with a manager, each with a kind tonight did not find, and an instant of working time."""
    kinds = list(MomentKind.objects.filter(is_enabled=True, code__in=EVIDENCE).order_by("bit"))
    standings = list(Standing.objects.filter(run_id=run.pk, manager_id__gt=0).order_by("customer_id"))
    table = kind_table(arbitration_rows())
    past = []
    for standing in standings:
        for place in random.permutation(len(kinds))[:EACH].tolist():
            kind = kinds[place]
            held = is_control(np.array([standing.customer_id]), np.array([kind.bit]), table)
            days, minutes = int(random.integers(2, DAYS)), int(random.integers(0, 600))
            day = (at - dt.timedelta(days=days)).astimezone(SHANGHAI).replace(hour=9, minute=0, second=0, microsecond=0)
            if not standing.moments >> kind.bit & 1:
                past.append(Past(standing, kind, day + dt.timedelta(minutes=minutes), bool(held[0])))
    return past


def _evidence(past: Past) -> dict[str, int]:
    """Return plausible values in the units the kind's module declares."""
    value, reference = EVIDENCE[past.kind.code](max(past.standing.arpu_fen, 50_00), day_number(past.at.date()))
    return {"value": int(value), "reference": int(reference)}


def _level(kind: MomentKind) -> int:
    return {"C": 2, "A": 1}.get(kind.category, 0)


def _hours(kind: MomentKind) -> int:
    return {2: 24, 1: 72}.get(_level(kind), 120)


def _task(past: Past, run: Run, random: np.random.Generator) -> Dispatch:
    standing, kind = past.standing, past.kind
    due = add_working_time(past.at, _hours(kind))
    task = Dispatch(
        customer_id=standing.customer_id,
        kind=kind,
        priority=int(priority(_level(kind), CATEGORIES.index(kind.category))),
        level=_level(kind),
        detected_at=past.at,
        due_at=due,
        expires_at=due + dt.timedelta(days=14),
        channel="call",
        owner_role="phone_manager",
        owner_id=standing.manager_id,
        script_version=kind.version,
        gate_rule="allowed",
        **_evidence(past),
        arpu_fen=_bill_before(past, random),
        **{name: getattr(standing, name) for name in ("county_id", "manager_id", "code", "layer", "stage", "kept_fen")},
    )
    return _held(task) if past.is_held else _worked(task, random)


def _bill_before(past: Past, random: np.random.Generator) -> int:
    """Return the bill at that time: today's, as it moved since; contact adds to a marketing moment's."""
    moved = int(random.normal(0, 9_00)) + (0 if past.is_held or past.kind.category != "B" else LIFT_FEN)
    return max(0, past.standing.arpu_fen - moved)


def _held(task: Dispatch) -> Dispatch:
    task.status = Dispatch.Status.CONTROL
    return task


def _worked(task: Dispatch, random: np.random.Generator) -> Dispatch:
    """Close the task as people would have: mostly in time, sometimes late or never."""
    names, shares = zip(*RESULTS, strict=True)
    task.status, task.result = Dispatch.Status.CLOSED, str(random.choice(names, p=shares))
    task.delivered_at = task.detected_at + dt.timedelta(hours=float(random.exponential(6)))
    tried = task.delivered_at + dt.timedelta(hours=float(random.exponential(20)))
    task.dials = int(random.integers(0, 3)) + (3 if task.result == "not_reached" else 0)
    if task.result == "expired":
        task.closed_at, task.escalated_at, task.dials = task.expires_at, task.due_at, 0
        return task
    task.attempted_at, task.seconds = tried, int(random.gamma(4, 55))
    task.closed_at = tried + dt.timedelta(hours=2 * task.dials)
    task.closed_by_id = task.owner_id
    if task.result == "refused":
        task.cause = str(random.choice(CAUSES))
    if task.result != "not_reached" and random.random() < 0.4:
        task.satisfaction = int(random.choice((2, 3, 4, 5, 5)))
    return task
