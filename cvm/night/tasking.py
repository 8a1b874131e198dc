"""From tonight's moments and warnings to proposed tasks, and to who may be called: one bucket at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from django.db import connection

from callcenter import arbitration, issuing, ranking
from callcenter.dispatching import MOST_OFFERS
from callcenter.kinds import WARNING_HOURS
from callcenter.settling import settled
from callcenter.task_terms import BITS, KindTable, OpenTasks, kind_table
from customers.frame import Frame
from customers.models import Run
from cvm.lib import bulk
from cvm.night import deciding, waiting
from cvm.night.deciding import Decided
from cvm.night.parcel import Arrays
from cvm.night.waiting import Waiting, reach
from offers.eligible import recommend
from retention.policies import ContactTerms
from retention.quiet_hours import next_open

FOUND = ("position", "bit", "level", "deadline_hours", "value", "reference")
VERDICTS = ("code", "layer", "stage", "warning", "score", "kept_fen", "county_id", "manager_id")
REASONS = ("reason_1", "reason_2", "reason_3", "value_1", "value_2", "value_3", "arpu_fen")
DRAFT = [
    ("run_id", "int8"),
    ("customer_id", "int4"),
    ("kind_id", "int8"),
    ("is_lead", "bool"),
    ("is_control", "bool"),
    ("priority", "int2"),
    ("county_id", "int4"),
    ("manager_id", "int4"),
    ("code", "int2"),
    ("layer", "int2"),
    ("stage", "int2"),
    ("warning", "int2"),
    ("score", "int2"),
    *((f"reason_{place}", "int2") for place in (1, 2, 3)),
    *((f"value_{place}", "int4") for place in (1, 2, 3)),
    ("kept_fen", "int4"),
    ("arpu_fen", "int4"),
    ("level", "int2"),
    ("value", "int4"),
    ("reference", "int4"),
    ("deadline_hours", "int2"),
    ("channel", "int2"),
    ("wanted_channel", "int2"),
    ("owner_role", "int2"),
    ("owner_id", "int4"),
    ("unit_id", "int4"),
    ("copied_id", "int4"),
    *((f"offer_{place}", "int4") for place in (1, 2, 3)),
    ("is_resting", "bool"),
    ("settles", "bool"),
]


def propose(decided: Decided, run: Run, before: Waiting) -> tuple[Frame, Arrays]:
    """Return the frame with is_candidate, is_service and item_priority, and the proposed tasks as draft columns."""
    kinds = kind_table(run.plan["arbitration"])
    frame = decided.frame.with_columns(settled_level=before.settled_level, has_refused=before.has_refused)
    is_settled = settled(frame, before.tasks, run.plan["moments"])
    still = _only(before.tasks, ~is_settled)
    found = _found(frame, decided.hits, before, still, kinds)
    rows = np.unique(np.concatenate([found["position"], still.position])).astype(np.int64)
    few = reach(_few(frame, rows))
    here = replace(still, position=np.searchsorted(rows, still.position))
    found["position"] = np.searchsorted(rows, found["position"])
    tasks = arbitration.arbitrate(few, found, here, kinds)
    frame = frame.with_columns(
        call_priority=_placed(arbitration.call_priority(few, tasks, here), rows, len(frame)),
        service_priority=_placed(arbitration.service_priority(few, tasks, here, kinds), rows, len(frame)),
    )
    frame = frame.with_columns(
        is_candidate=ranking.is_candidate(frame),
        is_service=ranking.is_service_call(frame),
        item_priority=ranking.item_priority(frame),
    )
    drafts = _drafts(few, tasks, kinds, run)
    gone = _settling(frame, _only(before.tasks, is_settled), kinds, run)
    return frame, {name: np.concatenate([drafts[name], gone[name]]) for name, _ in DRAFT}


def issue_at_once(decided: Decided, run: Run, *, events: Mapping[int, int], at: dt.datetime) -> tuple[Frame, int]:
    """Issue the tasks that events (by customer) brought about; returns the frame as `propose` does, and how many are new.

    `decided` is a frame of these customers, decided by the plan of the published run, with the moments that count.
    Needs a transaction in which nobody else judges them.
    """
    frame, drafts = propose(decided, run, waiting.load(decided.frame, at=at, is_night=False))
    write(drafts)
    opens_at = next_open(at, ContactTerms(**run.plan["contact"]).hours)
    issued = issuing.issue_at_once(run, events=events, at=at, opens_at=opens_at)
    return frame, issued


def write(drafts: Arrays) -> int:
    """Append the proposed tasks."""
    with connection.cursor() as cursor:
        return bulk.write(cursor, "callcenter_dispatchdraft", DRAFT, drafts)


def _found(frame: Frame, hits: Arrays, before: Waiting, still: OpenTasks, kinds: KindTable) -> Arrays:
    """Return tonight's moments without those an event told already, and the warnings that need a call of their own."""
    told = before.told_position.astype(np.int64) * BITS + before.told_bit
    is_new = ~np.isin(hits["position"].astype(np.int64) * BITS + hits["bit"], told)
    found = {name: hits[name][is_new] for name in FOUND}
    more = arbitration.warned(frame, found, still, kinds, np.array(WARNING_HOURS))
    return {name: np.concatenate([found[name], more[name]]) for name in FOUND}


def _placed(priorities: Any, rows: Any, length: int) -> Any:
    """Return priorities of a few rows as a column of all; -1 for the others."""
    column = np.full(length, -1, dtype=np.int16)
    column[rows] = priorities
    return column


def _few(frame: Frame, rows: Any) -> Frame:
    """Return the rows without their months: tasks are decided from columns."""
    return replace(frame, columns={name: column[rows] for name, column in frame.columns.items()}, history={})


def _only(tasks: OpenTasks, chosen: Any) -> OpenTasks:
    return OpenTasks(*(getattr(tasks, name)[chosen] for name in ("position", "bit", "priority", "channel", "value")))


def _drafts(frame: Frame, tasks: Arrays, kinds: KindTable, run: Run) -> Arrays:
    position = tasks["position"]
    terms = deciding.terms_of(run.plan)
    offers = recommend(frame, terms.catalogue, terms.economics, most=MOST_OFFERS)[:, position]
    return {
        "run_id": np.full(len(position), run.pk, dtype=np.int64),
        "customer_id": frame["id"][position].astype(np.int32),
        "kind_id": kinds.kind_id[tasks["bit"]],
        **{name: frame[name][position] for name in (*VERDICTS, *REASONS)},
        **{name: tasks[name] for name in ("is_lead", "is_control", "priority", "channel", "owner_role")},
        **{name: tasks[name] for name in FOUND if name not in ("position", "bit")},
        "wanted_channel": tasks["wanted"],
        "owner_id": tasks["owner"],
        "unit_id": tasks["unit"],
        "copied_id": tasks["copied"],
        **{f"offer_{place}": ids for place, ids in enumerate(offers, start=1)},
        "is_resting": np.where(
            kinds.is_service[tasks["bit"]], frame["is_promised"][position], frame["is_resting"][position]
        ),
        "settles": np.zeros(len(position), dtype=np.bool_),
    }


def _settling(frame: Frame, tasks: OpenTasks, kinds: KindTable, run: Run) -> Arrays:
    """Return the rows that close tasks the data show as settled."""
    number = len(tasks.position)
    empty: Arrays = {name: np.zeros(number, dtype=np.bool_ if kind == "bool" else np.int64) for name, kind in DRAFT}
    return empty | {
        "run_id": np.full(number, run.pk, dtype=np.int64),
        "customer_id": frame["id"][tasks.position].astype(np.int32),
        "kind_id": kinds.kind_id[tasks.bit],
        "settles": np.ones(number, dtype=np.bool_),
    }
