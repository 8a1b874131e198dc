"""One bucket: lock its row, load, decide, write, report, mark as done. One transaction, so it happened or it did not."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from callcenter import households, ranking
from callcenter.task_terms import belongs_to_group
from customers import noting
from customers.frame import Frame
from customers.history import id_range
from customers.models import Run, RunBucket
from cvm.night import (
    changes,
    context,
    deciding,
    ledger,
    lines,
    merging,
    older,
    rollups,
    stage_counts,
    standing,
    tasking,
)
from cvm.night import waiting as waiting_tasks
from cvm.night.errors import BucketKeepsFailing, NightError
from cvm.night.parcel import Arrays, checksum, pack
from cvm.night.training import scorer_of
from lifecycle import stage_frame
from segmentation import ladder_frame

MOST_ATTEMPTS = 10

Result = TypeVar("Result")


class RunEnded(NightError):
    """The run failed while this bucket was at work; its rows are rolled back."""

    code = "run_ended"
    sentence = _("Run %(run)s ended while a bucket was at work.")


def waiting(run_id: int) -> list[int]:
    """Return the buckets nobody has finished."""
    rows = RunBucket.objects.filter(run=run_id, status=RunBucket.Status.WAITING)
    return list(rows.order_by("bucket").values_list("bucket", flat=True))


def count_attempt(run_id: int, number: int) -> bool:
    """Count an attempt before the work, so that a killed worker counts too; False when there is nothing to do.

    Raises BucketKeepsFailing for a bucket whose worker died every time.
    """
    with transaction.atomic():
        row = _open(run_id, number).first()
        if row is None:
            return False
        if row.attempts >= MOST_ATTEMPTS:
            raise BucketKeepsFailing(bucket=number, attempts=row.attempts)
        row.attempts += 1
        row.save(update_fields=["attempts"])
    return True


def work(run_id: int, number: int, *, clock: Callable[[], dt.datetime]) -> bool:
    """Compute a bucket inside the caller's transaction; True when it was the last one and the run moved on.

    A bucket in other hands, done, or of a run that ended is left alone. A waiting bucket has no rows anywhere,
    because an attempt that did not commit left none: doing it again needs no deleting.
    """
    row = _open(run_id, number).select_related("run").first()
    if row is None:
        return False
    watch = Stopwatch()
    frame, past = watch("load", lambda: context.load(row.run, number))
    scorer = scorer_of(**row.run.plan["model"])
    decided = watch("decide", lambda: deciding.decide(frame, row.run.plan, scorer=scorer, past=past))
    waiting = watch("waiting", lambda: waiting_tasks.load(frame, at=row.run.started_at))
    frame, drafts = watch("tasks", lambda: tasking.propose(decided, row.run, waiting))
    columns = standing.columns_of(frame, run_id=row.run_id)
    watch("write", lambda: standing.write(columns, run_id=row.run_id))
    watch("ladder", lambda: ladder_frame.keep_part(row.run, number, frame))
    watch("stages", lambda: stage_frame.keep_part(row.run, number, frame))
    watch("changes", lambda: changes.write(columns, run=row.run))
    first, _last = id_range(number)
    watch("notes", lambda: noting.write(frame, run=row.run, bucket=number, first=first))
    watch("moments", lambda: context.write_hits(decided, row.run))
    watch("drafts", lambda: tasking.write(drafts))
    older_books = watch("older", lambda: older.count(frame, row.run, number))
    row.partial = watch("report", lambda: pack(_report(frame, row.run) | older_books))
    row.checksum = watch("hash", lambda: _checksum(columns, decided))
    row.customers, row.timings = len(frame), watch.seconds
    return _close(row, at=clock())


class Stopwatch:
    """Runs parts and notes the seconds of each, for the page of the run and the bench."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def __call__(self, name: str, part: Callable[[], Result]) -> Result:
        began = time.perf_counter()
        result = part()
        self.seconds[name] = round(time.perf_counter() - began, 4)
        return result


def _open(run_id: int, number: int) -> QuerySet[RunBucket]:
    row = RunBucket.objects.filter(run=run_id, bucket=number, status=RunBucket.Status.WAITING)
    row = row.filter(run__status=Run.Status.RUNNING, run__stage="buckets")
    return row.select_for_update(skip_locked=True, of=("self",)).defer("partial")


def _close(row: RunBucket, *, at: dt.datetime) -> bool:
    """Mark as done under the run's lock: the buckets pass here one by one, so exactly one of them is the last."""
    run = Run.objects.select_for_update(no_key=True).get(pk=row.run_id)
    if run.status != Run.Status.RUNNING:
        raise RunEnded(run=run.pk)
    row.status, row.finished_at = RunBucket.Status.DONE, at
    row.save(update_fields=["status", "finished_at", "customers", "checksum", "timings", "partial"])
    if waiting(run.pk):
        return False
    ledger.move(run, to="merge", at=at)
    return True


def _report(frame: Frame, run: Run) -> Arrays:
    """Return what the merge needs of this bucket: totals, rollups, the cohort's books and movements, the stages' months, the best candidates."""
    counted = {f"rollup_{kind}": cells for kind, cells in rollups.count(frame, run.plan["counties"]).items()}
    books_of = lines.report(frame, lines.books(run)[0], counties=run.plan["counties"])
    counted |= stage_counts.report(frame, run)
    return {"totals": _totals(frame), **books_of, **counted, **_candidates(frame, run)}


def _totals(frame: Frame) -> rollups.Int64:
    """Return the sums named by merging.TOTALS."""
    return np.array(
        [
            len(frame),
            np.count_nonzero(frame["is_in_network"]),
            np.count_nonzero(frame["cohort_state"]),
            frame["cum3_fen"].sum(dtype=np.int64),
            frame["arpu_fen"].sum(dtype=np.int64),
            np.bitwise_count(frame["moments"].astype(np.int64)).sum(dtype=np.int64),
        ]
    )


def _candidates(frame: Frame, run: Run) -> Arrays:
    """Return whom a manager may call, the best of each and everybody with a household; and who may speak for others."""
    serves_only = ranking.speaks_of_service_only(frame)
    alone = frame.with_columns(family_id=np.where(serves_only, 0, frame["family_id"]))
    chosen = _chosen(alone, frame["is_candidate"])
    is_alone = chosen["household"] == 0
    best = merging.best({name: values[is_alone] for name, values in chosen.items()}, merging.capacity_of(run))
    kept = {name: np.concatenate([best[name], values[~is_alone]]) for name, values in chosen.items()}
    speaks = np.isin(frame["family_role"], households.SPEAKERS) & (frame["family_id"] > 0)
    speaks &= (
        frame["is_in_network"] & (frame["manager_id"] > 0) & ~belongs_to_group(frame["layer"]) & ~frame["hard_block"]
    )
    found = {f"candidate_{name}": values for name, values in kept.items()}
    return found | {f"speaker_{name}": values for name, values in _chosen(frame, speaks).items()}


def _chosen(frame: Frame, mask: Any) -> Arrays:
    rows = np.flatnonzero(mask)
    source = {"manager": "manager_id", "priority": "item_priority", "household": "family_id", "role": "family_role"}
    return {name: frame[source.get(name, name)][rows] for name in merging.CANDIDATE}


def _checksum(columns: Arrays, decided: deciding.Decided) -> str:
    """Return the hash of everything this bucket says, free of run numbers so that a repeated night compares equal."""
    named = {name: values for name, values in columns.items() if name != "run_id"}
    return checksum(named, decided.hits)
