"""Everybody on the network as one frame, kept in memory while a ladder is being drawn: the same rules, many times."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from django.db import connection

from customers.features import features
from customers.frame import Frame
from customers.frames import load_frame
from customers.models import Run, RunBucket
from cvm.lib import bulk
from cvm.lib.months import month_of

MONTHS = 19  # a year of back-test (backtest.py) with up to three months of grace
COLUMNS = ("id", "county_id", "cum3_fen", "is_in_network")
FACTS = ("arpu_fen", "flags")


@lru_cache(maxsize=1)
def ladder_frame(run_id: int) -> Frame:
    """Return the customers of a run that are on the network, or were in the last year, ordered by id.

    Columns: id, county_id, cum3_fen, is_in_network and kept_fen (what a contact is expected to keep, from the run);
    history: bills and flags of MONTHS months. About 125 bytes a customer; kept for the newest run asked for.
    """
    run = Run.objects.get(pk=run_id)
    return _joined([_thinned(frame, run_id) for frame in frames_of(run, months=MONTHS)] or [_nobody(run)])


def frames_of(run: Run, *, months: int) -> Iterator[Frame]:
    """Yield the run's customers bucket by bucket, as the night of its day loads them, with features."""
    buckets = RunBucket.objects.filter(run=run).order_by("bucket").values_list("bucket", flat=True)
    for bucket in buckets:
        yield features(load_frame(bucket=bucket, as_of=run.as_of, month=month_of(run.month), months=months))


def _thinned(frame: Frame, run_id: int) -> Frame:
    chosen = Frame(
        frame.as_of,
        frame.month,
        {name: frame[name] for name in COLUMNS} | {"kept_fen": _kept(frame, run_id)},
        {"arpu_fen": frame.history["arpu_fen"], "flags": frame.history["flags"].astype(np.uint8)},
    )
    was_ever_there = frame["is_in_network"] | (np.bitwise_or.reduce(frame.history["flags"], axis=0) > 0)
    return chosen.take(was_ever_there)


def _kept(frame: Frame, run_id: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the run's expected kept revenue by customer, 0 for who came after it or is not worth a call."""
    ids = frame["id"]
    kept = np.zeros(len(ids), np.int64)
    if not len(ids):
        return kept
    with connection.cursor() as cursor:
        found = bulk.read(
            cursor,
            "select customer_id, kept_fen from customers_standing where run_id = %(run)s"
            " and customer_id between %(first)s and %(last)s and kept_fen <> 0 order by customer_id",
            {"run": run_id, "first": int(ids[0]), "last": int(ids[-1])},
            [("customer_id", "int4"), ("kept_fen", "int4")],
        )
    known = np.isin(found["customer_id"], ids)
    kept[np.searchsorted(ids, found["customer_id"][known])] = np.maximum(found["kept_fen"][known], 0)
    return kept


def _nobody(run: Run) -> Frame:
    columns = {name: np.zeros(0, np.int64) for name in (*COLUMNS, "kept_fen")}
    history = {fact: np.zeros((MONTHS, 0), np.int32) for fact in FACTS}
    return Frame(run.as_of, month_of(run.month), columns, history)


def _joined(frames: list[Frame]) -> Frame:
    first = frames[0]
    columns = {name: np.concatenate([frame[name] for frame in frames]) for name in first.columns}
    history = {fact: np.concatenate([frame.history[fact] for frame in frames], axis=1) for fact in FACTS}
    return Frame(first.as_of, first.month, columns, history)
