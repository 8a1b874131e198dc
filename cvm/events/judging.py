"""Judge one customer because of an event: the night's functions on one row, against the published night.

What a night would say about everybody is asked here about one; only the key moments that such an event can bring
count, whatever else is due today is found by the night, with its own provenance.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from django.utils import timezone

from callcenter import arrivals, issuing
from callcenter.arbitration import CALL, channel_of, kind_table, level_of
from callcenter.arrivals import Arrival
from customers.frame import Frame
from customers.models import Event, Run
from cvm.night import context, deciding, tasking
from cvm.night.deciding import Decided, Past
from cvm.night.parcel import Arrays
from cvm.night.training import scorer_of
from lifecycle.happenings import bits_of
from lifecycle.models import KeyMoment

STRATEGIC = 1  # segmentation.Layer


@dataclass(frozen=True)
class Judged:
    """The verdict on one customer, and the key moments the event brings; `decided` holds only those."""

    moments: list[KeyMoment]
    decided: Decided | None = None
    past: Past | None = None


def judge(event: Event, *, customer_id: int, run: Run, at: dt.datetime) -> Judged:
    """Return what the event brings about for a customer (the main record); reads only, writes nothing."""
    wanted = bits_of(event.kind)
    if not wanted:
        return Judged([])
    as_of = max(timezone.localdate(at), run.as_of)
    frame, past = context.load_one(run, customer_id, as_of=as_of, at=at)
    if not len(frame):
        return Judged([])
    decided = deciding.decide(frame, run.plan, scorer=scorer_of(**run.plan["model"]), past=past)
    chosen = np.flatnonzero(wanted >> decided.hits["bit"].astype(np.int64) & 1)
    hits = {name: values[chosen] for name, values in decided.hits.items()}
    moments = _moments(hits, event=event, customer_id=customer_id, run=run, on=as_of, at=at)
    return Judged(moments, Decided(decided.frame, hits), past) if moments else Judged([])


def act(judged: Judged, *, event: Event, run: Run, at: dt.datetime) -> str:
    """Write the moments, issue their tasks and put the call they need into today's queue; returns NEW, RAISED or "".

    Needs a transaction in which nobody else judges this customer.
    """
    if judged.decided is None or judged.past is None:
        return ""
    KeyMoment.objects.bulk_create(judged.moments)
    frame, _issued = tasking.issue_at_once(judged.decided, run, event_id=event.pk, at=at)
    if not frame["is_candidate"][0] or not _needs_call(frame, judged.decided.hits, run):
        return ""
    arrival = _arrival(frame, judged.decided.hits, judged.past)
    became, item_id = arrivals.put_in_queue(arrival, run=run, at=at)
    issuing.link_call(item_id, at=at)
    return became


def _moments(
    hits: Arrays, *, event: Event, customer_id: int, run: Run, on: dt.date, at: dt.datetime
) -> list[KeyMoment]:
    kinds = context.kind_by_bit(run.plan)
    return [
        KeyMoment(
            run=run,
            customer_id=customer_id,
            kind_id=int(kinds[hits["bit"][row]]),
            detected_on=on,
            event_id=event.pk,
            found_at=at,
            **{name: int(hits[name][row]) for name in ("level", "deadline_hours", "value", "reference")},
        )
        for row in range(len(hits["bit"]))
    ]


def _needs_call(frame: Frame, hits: Arrays, run: Run) -> bool:
    """Tell whether one of the moments is served by a call; a visit, a message or the contact itself needs no queue."""
    channels = channel_of(
        frame, hits["position"].astype(np.int64), hits["bit"].astype(np.int64), kind_table(run.plan["arbitration"])
    )
    return bool((channels == CALL).any())


def _arrival(frame: Frame, hits: Arrays, past: Past) -> Arrival:
    stands = frame["moments"][past.recent.position] >> past.recent.bit & 1 != 0
    bits = np.concatenate([hits["bit"], past.recent.bit[stands]]).astype(np.int64)
    priority = int(frame["item_priority"][0])
    return Arrival(
        customer_id=int(frame["id"][0]),
        manager_id=int(frame["manager_id"][0]),
        priority=priority,
        level=int(level_of(frame["item_priority"])[0]),
        is_strategic=bool(frame["layer"][0] == STRATEGIC),
        moment_bits=int(np.bitwise_or.reduce(np.left_shift(1, bits))),
        offer_id=int(frame["offer_id"][0]),
        kept_fen=int(frame["kept_fen"][0]),
    )
