"""Judge the customers of a few events: the night's functions on as many rows, against the published night.

What a night would say about everybody is asked here about a handful; only the key moments that such an event can
bring count, whatever else is due today is found by the night, with its own provenance.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from django.utils import timezone

from callcenter import arrivals
from callcenter.arrival import Arrival
from callcenter.reaching import channel_of
from callcenter.task_terms import CALL, STRATEGIC, kind_table, level_of
from customers.frame import Frame
from customers.models import Event, Run
from cvm.night import context, deciding, tasking
from cvm.night.deciding import Decided, Past
from cvm.night.parcel import Arrays
from cvm.night.training import scorer_of
from lifecycle.happenings import bits_of
from lifecycle.models import KeyMoment
from lifecycle.moments import Recent


@dataclass(frozen=True)
class Judged:
    """The key moments events bring, and the verdict on the customers who have one; `decided` holds nobody else."""

    moments: list[KeyMoment]
    decided: Decided | None = None
    past: Past | None = None


def judge(events: Mapping[int, Event], *, run: Run, at: dt.datetime) -> Judged:
    """Return what events bring about, one for each customer (the main record); reads only, writes nothing."""
    wanted = {customer: bits for customer, event in events.items() if (bits := bits_of(event.kind))}
    if not wanted:
        return Judged([])
    as_of = max(timezone.localdate(at), run.as_of)
    frame, past = context.load_few(run, wanted, as_of=as_of, at=at)
    if not len(frame):
        return Judged([])
    decided = deciding.decide(frame, run.plan, scorer=scorer_of(**run.plan["model"]), past=past)
    decided, past = _brought(decided, past, wanted)
    moments = _moments(decided, events=events, run=run, on=as_of, at=at)
    return Judged(moments, decided, past) if moments else Judged([])


def act(judged: Judged, *, events: Mapping[int, Event], run: Run, at: dt.datetime) -> dict[int, str]:
    """Write the moments, issue their tasks, put the calls they need into today's queue; returns NEW or RAISED by customer.

    Needs a transaction in which nobody else judges these customers.
    """
    if judged.decided is None or judged.past is None:
        return {}
    KeyMoment.objects.bulk_create(judged.moments)
    brought = {moment.customer_id: events[moment.customer_id].pk for moment in judged.moments}
    frame, _issued = tasking.issue_at_once(judged.decided, run, events=brought, at=at)
    rows = np.flatnonzero(frame["is_candidate"] & _needs_call(frame, judged.decided.hits, run)).tolist()
    calls = [_arrival(frame, row, judged.decided.hits, judged.past) for row in rows]
    return arrivals.put_all(calls, run=run, at=at)


def _brought(decided: Decided, past: Past, wanted: Mapping[int, int]) -> tuple[Decided, Past]:
    """Return the verdict on those to whom their event brought something, and those moments alone."""
    hits = decided.hits
    bits = np.array([wanted[one] for one in decided.frame["id"].tolist()], dtype=np.int64)
    is_brought = bits[hits["position"]] >> hits["bit"].astype(np.int64) & 1 != 0
    hits = {name: values[is_brought] for name, values in hits.items()}
    rows = np.unique(hits["position"])
    hits["position"] = np.searchsorted(rows, hits["position"]).astype(hits["position"].dtype)
    theirs = np.isin(past.recent.position, rows)
    recent = past.recent.only(theirs)
    moved = Recent(np.searchsorted(rows, recent.position), recent.bit, recent.days, recent.level, recent.reference)
    return Decided(decided.frame.take(rows), hits), Past(moved, past.level[theirs])


def _moments(
    decided: Decided, *, events: Mapping[int, Event], run: Run, on: dt.date, at: dt.datetime
) -> list[KeyMoment]:
    kinds, hits = context.kind_by_bit(run.plan), decided.hits
    customers = decided.frame["id"][hits["position"]].tolist()
    return [
        KeyMoment(
            run=run,
            customer_id=customer,
            kind_id=int(kinds[hits["bit"][row]]),
            detected_on=on,
            event_id=events[customer].pk,
            found_at=at,
            **{name: int(hits[name][row]) for name in ("level", "deadline_hours", "value", "reference")},
        )
        for row, customer in enumerate(customers)
    ]


def _needs_call(frame: Frame, hits: Arrays, run: Run) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tell by row whether one of the moments is served by a call; a visit, a message or the contact itself needs no queue."""
    position, bit = hits["position"].astype(np.int64), hits["bit"].astype(np.int64)
    needs = np.zeros(len(frame), dtype=np.bool_)
    needs[position[channel_of(frame, position, bit, kind_table(run.plan["arbitration"])) == CALL]] = True
    return needs


def _arrival(frame: Frame, row: int, hits: Arrays, past: Past) -> Arrival:
    stands = frame["moments"][past.recent.position] >> past.recent.bit & 1 != 0
    before = past.recent.bit[stands & (past.recent.position == row)]
    bits = np.concatenate([hits["bit"][hits["position"] == row], before]).astype(np.int64)
    return Arrival(
        customer_id=int(frame["id"][row]),
        manager_id=int(frame["manager_id"][row]),
        priority=int(frame["item_priority"][row]),
        level=int(level_of(frame["item_priority"])[row]),
        is_strategic=bool(frame["layer"][row] == STRATEGIC),
        moment_bits=int(np.bitwise_or.reduce(np.left_shift(1, bits))),
        offer_id=int(frame["offer_id"][row]),
        kept_fen=int(frame["kept_fen"][row]),
        is_service=bool(frame["is_service"][row]),
        household=int(frame["family_id"][row]),
        role=int(frame["family_role"][row]),
        layer=int(frame["layer"][row]),
    )
