"""Everybody on the network as one frame, kept while ladders are being drawn: the same rules, many times."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from customers.features import features
from customers.frame import Frame
from customers.frames import load_bills, load_frame
from customers.models import Run, RunBucket
from cvm.lib import bulk
from cvm.lib.months import month_of
from segmentation.ladder_store import kept

MONTHS = 19  # a year of back-test (backtest.py) with up to three months of grace
COLUMNS = ("id", "county_id", "manager_id", "vip_card", "cum3_fen", "is_in_network")
FACTS = ("arpu_fen", "flags")
# What the run said of each customer, 0 for who came after it: name -> width
VERDICTS: dict[str, str] = {
    "county_id": "int4",
    "manager_id": "int4",
    "stage": "int2",
    "warning": "int2",
    "layer": "int2",
    "code": "int2",
    "facets": "int8",
    "kept_fen": "int4",
}


@lru_cache(maxsize=1)
def ladder_frame(run_id: int) -> Frame:
    """Return the customers of a run that are on the network, or were in the last year, ordered by id.

    Columns: COLUMNS, is_in_run, and what the run said (VERDICTS, kept_fen never below nothing); history: bills and
    flags of MONTHS months. About 150 bytes a customer, once on a machine (ladder_store.py); the arrays are read only.
    """
    run = Run.objects.get(pk=run_id)
    return kept(run, lambda: _built(run))


def _built(run: Run) -> Frame:
    buckets = RunBucket.objects.filter(run=run).order_by("bucket").values_list("bucket", flat=True)
    frames = [
        features(load_bills(bucket=bucket, as_of=run.as_of, month=month_of(run.month), months=MONTHS))
        for bucket in buckets
    ]
    return _joined([_thinned(frame, run.pk) for frame in frames] or [_nobody(run)])


def frames_of(run: Run, *, months: int) -> Iterator[Frame]:
    """Yield the run's customers bucket by bucket, as the night of its day loads them, with features."""
    buckets = RunBucket.objects.filter(run=run).order_by("bucket").values_list("bucket", flat=True)
    for bucket in buckets:
        yield features(load_frame(bucket=bucket, as_of=run.as_of, month=month_of(run.month), months=months))


def _thinned(frame: Frame, run_id: int) -> Frame:
    columns = {name: frame[name] for name in COLUMNS}
    chosen = Frame(
        frame.as_of,
        frame.month,
        columns | _verdicts(frame, run_id),
        {"arpu_fen": frame.history["arpu_fen"], "flags": frame.history["flags"].astype(np.uint8)},
    )
    was_ever_there = frame["is_in_network"] | (np.bitwise_or.reduce(frame.history["flags"], axis=0) > 0)
    return chosen.take(was_ever_there)


def _verdicts(frame: Frame, run_id: int) -> dict[str, npt.NDArray[Any]]:
    """Return what the run said; place and manager of who came after it are those of the profile."""
    ids = frame["id"]
    said = {name: np.zeros(len(ids), np.dtype(kind.replace("int", "i"))) for name, kind in VERDICTS.items()}
    said["county_id"], said["manager_id"] = frame["county_id"].copy(), frame["manager_id"].copy()
    said["is_in_run"] = np.zeros(len(ids), np.bool_)
    if not len(ids):
        return said
    with connection.cursor() as cursor:
        found = bulk.read(
            cursor,
            f"select customer_id, {', '.join(VERDICTS)} from customers_standing where run_id = %(run)s"  # noqa: S608 constants
            " and customer_id between %(first)s and %(last)s order by customer_id",
            {"run": run_id, "first": int(ids[0]), "last": int(ids[-1])},
            [("customer_id", "int4"), *VERDICTS.items()],
        )
    known = np.isin(found["customer_id"], ids)
    at = np.searchsorted(ids, found["customer_id"][known])
    said["is_in_run"][at] = True
    for name in VERDICTS:
        said[name][at] = found[name][known]
    np.maximum(said["kept_fen"], 0, out=said["kept_fen"])
    return said


def _nobody(run: Run) -> Frame:
    columns = {name: np.zeros(0, np.int64) for name in (*COLUMNS, *VERDICTS)}
    columns |= {name: np.zeros(0, np.bool_) for name in ("is_in_network", "is_in_run")}
    history = {fact: np.zeros((MONTHS, 0), np.int32) for fact in FACTS}
    return Frame(run.as_of, month_of(run.month), columns, history)


def _joined(frames: list[Frame]) -> Frame:
    first = frames[0]
    columns = {name: np.concatenate([frame[name] for frame in frames]) for name in first.columns}
    history = {fact: np.concatenate([frame.history[fact] for frame in frames], axis=1) for fact in FACTS}
    return Frame(first.as_of, first.month, columns, history)
