"""Everybody on the network as one frame, kept while ladders are being drawn: the same rules, many times.

It holds what any value of a ladder's version looks at: bands, codes, credit, stickiness, the cohort's rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from customers.features import features
from customers.frame import Frame, joined
from customers.frame_store import FrameStore
from customers.frames import load_worth
from customers.models import Run, RunBucket
from cvm.lib import bulk
from cvm.lib.months import month_of

STORE = FrameStore()
MONTHS = 19  # a year of back-test (backtest.py) with up to three months of grace
USED_MONTHS = 4  # three months of use, as they stood today and a month ago
COLUMNS = (
    *("id", "county_id", "manager_id", "vip_card", "cum3_fen", "is_in_network"),
    *("last_cum3_fen", "previous_cum3_fen", "tenure_at_month", "group_class", "is_key_person"),  # of the code
    *("broadband_carrier", "handset_months", "dual_sim", "data_quota_mb", "voice_quota_min"),
    *("credit_score", "payment_delays", "arrears_stop_day", "is_black_listed", "state", "stop_reason"),
    *("bundle_count", "bundle_end_day", "benefit_count", "vnet", "is_in_family", "tenure_months", "pay_mode"),
    "is_special",
)
# fact -> how many months, and the narrowest type it fits in without changing what the rules compute
FACTS: dict[str, tuple[int, type[np.generic]]] = {
    "arpu_fen": (MONTHS, np.int32),
    "flags": (MONTHS, np.uint8),
    "data_mb": (USED_MONTHS, np.int32),
    "voice_min": (USED_MONTHS, np.int32),
    "over_fee_fen": (USED_MONTHS, np.bool_),  # whether any
}
# What the run said of each customer: name -> width
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

    Who came after the run is not among them. Columns: COLUMNS and what the run said (VERDICTS, kept_fen never below
    nothing); history: FACTS. About 260 bytes a customer, once on a machine (customers/frame_store.py); the arrays are read only.
    """
    run = Run.objects.get(pk=run_id)
    return STORE.kept(run, lambda: _built(run))


def _built(run: Run) -> Frame:
    frames = [
        features(load_worth(bucket=bucket, as_of=run.as_of, month=month_of(run.month), months=MONTHS))
        for bucket in _buckets(run)
    ]
    return joined([_thinned(frame, run.pk) for frame in frames] or [_nobody(run)])


def keep_part(run: Run, bucket: int, frame: Frame) -> None:
    """Leave a bucket's part of the run's frame, from the customers as its night has judged them."""
    rows = np.flatnonzero(_was_ever_there(frame))
    STORE.keep_part(run, bucket, _slim(frame, rows, {name: frame[name][rows] for name in VERDICTS}))


def join_parts(run: Run) -> bool:
    """Make the run's frame ready of the parts its buckets left, before anybody asks; False where one is missing."""
    return STORE.join_parts(run, _buckets(run))


def _buckets(run: Run) -> list[int]:
    return list(RunBucket.objects.filter(run=run).order_by("bucket").values_list("bucket", flat=True))


def _thinned(frame: Frame, run_id: int) -> Frame:
    """Return who is in the run and was on the network in any of the months, with what ladders look at."""
    said = _verdicts(frame["id"], run_id)
    rows = np.flatnonzero(_was_ever_there(frame) & np.isin(frame["id"], said["customer_id"]))
    at = np.searchsorted(said["customer_id"], frame["id"][rows])
    return _slim(frame, rows, {name: said[name][at] for name in VERDICTS})


def _was_ever_there(frame: Frame) -> npt.NDArray[np.bool_]:
    was_there: npt.NDArray[np.bool_] = np.bitwise_or.reduce(frame.history["flags"][:MONTHS], axis=0) > 0
    return was_there | frame["is_in_network"]


def _slim(frame: Frame, rows: npt.NDArray[np.intp], said: Mapping[str, npt.NDArray[Any]]) -> Frame:
    """Return these rows with what ladders look at, in the narrowest types; `said` are the run's verdicts of them."""
    columns = {name: frame[name][rows] for name in COLUMNS}
    columns |= {name: said[name].astype(kind.replace("int", "i")) for name, kind in VERDICTS.items()}
    np.maximum(columns["kept_fen"], 0, out=columns["kept_fen"])
    history = {fact: frame.history[fact][:months, rows].astype(kind) for fact, (months, kind) in FACTS.items()}
    return Frame(frame.as_of, frame.month, columns, history)


def _verdicts(ids: npt.NDArray[Any], run_id: int) -> dict[str, npt.NDArray[Any]]:
    """Return what the run said of the customers from the first to the last of these, by customer."""
    span = {"first": int(ids[0]), "last": int(ids[-1])} if len(ids) else {"first": 1, "last": 0}
    with connection.cursor() as cursor:
        return bulk.read(
            cursor,
            f"select customer_id, {', '.join(VERDICTS)} from customers_standing where run_id = %(run)s"  # noqa: S608 constants
            " and customer_id between %(first)s and %(last)s order by customer_id",
            {"run": run_id, **span},
            [("customer_id", "int4"), *VERDICTS.items()],
        )


def _nobody(run: Run) -> Frame:
    columns = {name: np.zeros(0, np.int64) for name in (*COLUMNS, *VERDICTS)}
    columns |= {name: np.zeros(0, np.bool_) for name in ("is_in_network", "is_key_person", "is_special")}
    columns |= {name: np.zeros(0, np.bool_) for name in ("is_in_family", "is_black_listed")}
    history = {fact: np.zeros((months, 0), kind) for fact, (months, kind) in FACTS.items()}
    return Frame(run.as_of, month_of(run.month), columns, history)
