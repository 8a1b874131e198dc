"""What no bucket can know alone: the rollups, the cohorts' ledger and each manager's queue."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.db import connection

from callcenter.households import one_contact
from callcenter.ranking import rank_for_managers
from callcenter.task_terms import level_of
from customers.models import Run, RunBucket
from cvm.night import lines, rollups, stage_counts
from cvm.night.parcel import Arrays, unpack

QUEUE = ("id", "manager", "rank", "level", "moments", "offer_id", "kept_fen", "is_service")
TOTALS = ("customers", "in_network", "members", "cum3_fen", "arpu_fen", "moments")
CANDIDATE = ("id", "manager", "priority", "layer", "kept_fen", "moments", "offer_id", "household", "role", "is_service")

INSERT_ROLLUP = """
insert into customers_rollup (run_id, kind, county_id, "row", "column", customers, revenue_fen)
select %(run)s, %(kind)s, cell.*
from unnest(%(county_id)s::int[], %(row)s::int[], %(column)s::int[], %(customers)s::int[], %(revenue_fen)s::bigint[])
  as cell
"""

INSERT_QUEUE = """
insert into callcenter_queueitem
    (run_id, customer_id, manager_id, rank, level, moment_bits, offer_id, kept_fen, is_service, status, withdrawn_reason, covers)
select %(run)s, item.*, 'pending', '', '{}'
from unnest(%(id)s::int[], %(manager)s::bigint[], %(rank)s::int[], %(level)s::smallint[], %(moments)s::int[],
            %(offer_id)s::int[], %(kept_fen)s::int[], %(is_service)s::bool[]) as item
"""


INSERT_COVERS = """
update callcenter_queueitem as item
set covers = home.members
from (
  select pair.receiver, array_agg(pair.member order by pair.member) as members
  from unnest(%(member)s::int[], %(receiver)s::int[]) as pair (member, receiver)
  group by pair.receiver
) as home
where item.run_id = %(run)s and item.customer_id = home.receiver
"""


def merge(run: Run) -> None:
    """Add up what the buckets reported and rank the queues: rows of this run, invisible until it is published."""
    totals, candidates, speakers, moved = collect(run)
    _write_rollups(run, totals)
    stage_counts.write(run, totals)
    lines.write(run, totals, moved)
    queued = _write_queue(run, *one_contact(candidates, speakers))
    run.summary["totals"] = dict(zip(TOTALS, totals["totals"].tolist(), strict=True))
    run.summary["queued"] = queued
    run.customers = run.summary["totals"]["customers"]
    run.save(update_fields=["summary", "customers"])


def collect(run: Run) -> tuple[Arrays, Arrays, Arrays, list[Arrays]]:
    """Return the sums over all buckets, all candidates and speakers in the order of the buckets, each one's movements."""
    parcels = RunBucket.objects.filter(run=run).order_by("bucket").values_list("partial", flat=True)
    totals: Arrays = {}
    candidates: list[Arrays] = []
    speakers: list[Arrays] = []
    moved: list[Arrays] = []
    for parcel in parcels.iterator(chunk_size=16):
        arrays = unpack(parcel)
        candidates.append({name: arrays.pop(f"candidate_{name}") for name in CANDIDATE})
        speakers.append({name: arrays.pop(f"speaker_{name}") for name in CANDIDATE})
        moved.append(lines.take_out(arrays))
        totals = {name: totals[name] + arrays[name] for name in totals} if totals else arrays
    return totals, _joined(candidates), _joined(speakers), moved


def _joined(parts: list[Arrays]) -> Arrays:
    return {name: np.concatenate([part[name] for part in parts]) for name in CANDIDATE}


def capacity_of(run: Run) -> dict[int, int]:
    """Return calls a day per phone manager, as fixed in the plan."""
    return {int(manager): calls for manager, calls in run.plan["capacity"].items()}


def best(candidates: Arrays, capacity: dict[int, int]) -> Arrays:
    """Return who is called, with `rank` from 1 per manager; a bucket's best contain the night's best."""
    named = {name: candidates[name] for name in ("manager", "priority", "layer", "id")}
    money = candidates.get("ranked_fen", candidates["kept_fen"])
    rows, ranks = rank_for_managers(**named, kept_fen=money, capacity=capacity)
    return {name: values[rows] for name, values in candidates.items()} | {"rank": ranks}


def _write_rollups(run: Run, totals: Arrays) -> None:
    for kind in rollups.KINDS:
        columns = rollups.cells(totals[f"rollup_{kind}"], run.plan["counties"])
        _insert(INSERT_ROLLUP, columns, run=run.pk, kind=kind)


def _write_queue(run: Run, calls: Arrays, covered: Arrays) -> int:
    queue = best(calls, capacity_of(run))
    queue["level"] = level_of(queue["priority"])
    queue["is_service"] &= ~np.isin(queue["id"], covered["receiver"])  # who speaks for others as well is sold to
    columns = {name: queue[name] for name in QUEUE}
    _insert(INSERT_QUEUE, columns, run=run.pk)
    if len(covered["member"]):
        _insert(INSERT_COVERS, covered, run=run.pk)
    return len(columns["id"])


def _insert(statement: str, columns: Arrays, **values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values | {name: column.tolist() for name, column in columns.items()})
