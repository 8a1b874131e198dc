"""The least the night's work can cost: one process, no queue, no ledger, no checks, nothing kept beside the result.

It reads the same packed months, derives the same kinds of columns with the fewest array passes we found, asks the same
model, copies rows as wide as the night's into a table and builds the same indexes. It decides less than the night does
(four moments, a shorter stage path, a warning from score, bundle and silence, no evidence), so the ratio errs on its side.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from typing import Any

import django
import numpy as np
import numpy.typing as npt

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from customers import blocks  # noqa: E402
from customers.frame import Frame  # noqa: E402
from customers.history import HAS_BILL, IN_NETWORK, id_range  # noqa: E402
from customers.models import Customer, Run  # noqa: E402
from cvm.lib import bulk  # noqa: E402
from cvm.lib.months import month_of  # noqa: E402
from cvm.night.partition import ANALYZE, INDEXES, PARENT  # noqa: E402
from cvm.night.standing import WIRE  # noqa: E402
from cvm.night.training import scorer_of  # noqa: E402
from retention import churn  # noqa: E402
from retention.churn_features import churn_features  # noqa: E402

TABLE = "bench_floor"
MONTHS = 24
BLOCK = 8192

PROFILE = """
select id, county_id::int, coalesce(hall_id, 0)::int, coalesce(manager_id, 0)::int, state, vip_card,
       join_date - '1970-01-01'::date, coalesce(last_call_date - '1970-01-01'::date, 0)
from customers_customer where id between %(first)s and %(last)s order by id
"""
PROFILE_COLUMNS = [
    ("id", "int4"),
    ("county_id", "int4"),
    ("hall_id", "int4"),
    ("manager_id", "int4"),
    ("state", "int2"),
    ("vip_card", "int2"),
    ("join_day", "int4"),
    ("last_call_day", "int4"),
]
BUNDLES = """
select customer_id, end_date - '1970-01-01'::date from customers_bundle
where customer_id between %(first)s and %(last)s and end_date is not null
"""

Array = npt.NDArray[np.generic]


def main() -> None:
    """Spend the floor's night and print its seconds as JSON: wall and own processor time, by stage."""
    run = Run.objects.get(is_current=True)
    scorer = scorer_of(**run.plan["model"])
    customers = Customer.objects.count()
    watch = _Watch()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"drop table if exists {TABLE}; create table {TABLE} (like {PARENT})")
        for bucket in range(-(-customers // settings.CVM_BUCKET_SIZE)):
            columns = decide(read(cursor, bucket, run.as_of, month_of(run.month)), scorer)
            watch("read and decide")
            bulk.write(cursor, TABLE, WIRE, columns)
            watch("copy")
        for statement in (*INDEXES.values(), ANALYZE):
            cursor.execute(statement.format(table=TABLE))
        watch("index")
    watch("commit")
    print(json.dumps(watch.seconds))  # noqa: T201 - the parent reads it
    with connection.cursor() as cursor:
        cursor.execute(f"drop table {TABLE}")


class _Watch:
    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}
        self.last = (time.perf_counter(), time.process_time())

    def __call__(self, stage: str) -> None:
        now = (time.perf_counter(), time.process_time())
        so_far = self.seconds.setdefault(stage, [0.0, 0.0])
        for place in (0, 1):
            so_far[place] += now[place] - self.last[place]
        self.last = now


def read(cursor, bucket: int, as_of: dt.date, month: int) -> Frame:
    """Return a bucket with the few columns the floor decides by."""
    first, last = id_range(bucket)
    columns = bulk.read(cursor, PROFILE, {"first": first, "last": last}, PROFILE_COLUMNS)
    bundles = bulk.read(cursor, BUNDLES, {"first": first, "last": last}, [("owner", "int4"), ("end", "int4")])
    columns["bundle_end_day"] = np.zeros(len(columns["id"]), np.int32)
    columns["bundle_end_day"][np.searchsorted(columns["id"], bundles["owner"])] = bundles["end"]
    history = blocks.read_history(cursor, bucket, columns["id"], month=month, months=MONTHS)
    return Frame(as_of=as_of, month=month, columns=columns, history=history)


def decide(frame: Frame, scorer: churn.Scorer) -> dict[str, Array]:
    """Return the columns of a standing, each from as few passes over the arrays as it takes."""
    bills, flags = frame.history["arpu_fen"], frame.history["flags"]
    here = ((flags[0] & IN_NETWORK) != 0) & (frame["state"] <= 5)
    cum3, last3, before = (bills[back : back + 3].sum(axis=0, dtype=np.int64) for back in (0, 1, 3))
    lines = 3 * np.array([5000, 8000, 12000, 20000])
    band = (np.searchsorted(lines, cum3, side="right") + 1) * here
    previous = (np.searchsorted(lines, last3, side="right") + 1) * ((flags[1] & IN_NETWORK) != 0)
    entry, low = _cohort(frame)
    tenure = frame.month - _month(frame["join_day"]) + 1
    stage, since = _stage(frame, tenure)
    ppm = _score(frame, scorer, here)
    score = churn.to_score(ppm, base_rate=scorer.base_rate)
    left = frame["bundle_end_day"] - frame.today
    silent = frame.today - frame["last_call_day"]
    ending = (left >= 0) & (left <= 90)
    warning = np.maximum.reduce([score // 20 - 1, ending * 1, (silent >= 15) * 2]).clip(0, 3) * here
    falls = (5 * cum3 <= 4 * before) & (before > 9000)
    bits = (ending | falls << 1 | (cum3 >= 2 * before) << 2 | (low > 0) << 3) * here
    code = np.where((band >= 4) & (tenure >= 12), np.where(band == 5, 1, 2), 3)
    offer = np.where((warning > 0) | (bits > 0), 1 + (code - 1) + 3 * (band > 3), 0)
    kept = ppm.astype(np.int64) * 3 // 10 * (cum3 * 2) // 1_000_000 - 600
    zero = np.zeros(len(frame), np.int32)
    found = {
        "run_id": zero,
        "customer_id": frame["id"],
        **{name: frame[name] for name in ("county_id", "hall_id", "manager_id", "state")},
        "tenure_months": tenure,
        "arpu_fen": bills[0],
        "cum3_fen": cum3,
        "previous_cum3_fen": before,
        "sum12_fen": bills[:12].sum(axis=0, dtype=np.int64),
        "band": band,
        "previous_band": previous,
        "code": code,
        "code_reason": code,
        "layer": np.where(frame["vip_card"] > 0, 1, np.where(entry > 0, 3, 4)),
        "cohort_entry": entry,
        "cohort_state": (entry > 0) * np.where(here, np.where(low >= 3, 3, 1), 2),
        "low_months": low,
        "stage": stage,
        "stage_reason": stage,
        "stage_since": since,
        "growth_bp": (10_000 * (cum3 - before) // np.maximum(before, 1)).clip(-99_999, 99_999),
        "moments": bits,
        "churn_ppm": ppm,
        "score": score,
        "warning": warning,
        "warning_day": np.where(warning > 0, frame.today, 0),
        "reason_1": warning,
        "value_1": left,
        "offer_id": offer,
        "kept_fen": kept,
    }
    return {name: found.get(name, zero) for name, _ in WIRE}


def _cohort(frame: Frame) -> tuple[Array, Array]:
    bills, flags = frame.history["arpu_fen"], frame.history["flags"]
    entry, low = np.zeros(len(frame), np.int32), np.zeros(len(frame), np.int32)
    for month in range(frame.month // 12 * 12 - 1, frame.month + 1):
        back = frame.month - month
        low += (entry > 0) & (bills[back] < 5000) & (flags[back] & IN_NETWORK != 0)
        three = flags[back] & flags[back + 1] & flags[back + 2]
        reached = (bills[back : back + 3].sum(axis=0) >= 36000) & (three & HAS_BILL != 0)
        entry[(entry == 0) & reached] = month
    return entry, low * (entry > 0)


def _stage(frame: Frame, tenure: Array) -> tuple[Array, Array]:
    """Return the stage after a walk over all months with two-month hysteresis on the three-month sums."""
    bills, size = frame.history["arpu_fen"], len(frame)
    stage, since, falling = np.full(size, 3, np.int8), np.zeros(size, np.int32), np.zeros(size, np.int8)
    for back in range(MONTHS - 6, -1, -1):
        now, before = bills[back : back + 3].sum(axis=0), bills[back + 3 : back + 6].sum(axis=0)
        falling = (falling + 1) * (5 * now <= 4 * before)
        new = np.where(falling >= 2, 4, np.where(20 * now >= 19 * before, 3, stage)).astype(np.int8)
        since[new != stage] = frame.month - back
        stage = new
    stage = np.where(tenure <= 3, 1, np.where((tenure <= 12) & (stage == 3), 2, stage))
    gone = frame.history["flags"][0] & IN_NETWORK == 0
    return np.where(gone, 5, stage), since


def _score(frame: Frame, scorer: churn.Scorer, here: Array) -> Array:
    """Return churn in parts per million by the run's own model; the score card's stand-in costs next to nothing."""
    if scorer.estimator is None:
        return np.where(here, 24_600, 0).astype(np.int32)
    probability = np.empty(len(frame))
    for start in range(0, len(frame), BLOCK):
        rows: Any = slice(start, start + BLOCK)
        block = frame.take(rows)
        features = churn_features(block, window=scorer.window)
        probability[start : start + BLOCK] = churn.probabilities(scorer, features)
    return np.rint(probability * here * 1_000_000).astype(np.int32)


def _month(days: Array) -> Array:
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12


if __name__ == "__main__":
    main()
