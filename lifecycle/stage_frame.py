"""Everybody as the stage rule wants them, kept in memory while thresholds are being tried: the same rule, many times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np
from django.db import connection
from django.db.models import Min

from customers.features import features
from customers.frame import Frame
from customers.frames import HISTORY_MONTHS, load_life
from customers.history import SIGNAL_DAY
from customers.loading.aliases import place_of
from customers.models import HistoryBlock, Run, RunBucket
from cvm.lib.months import month_of
from lifecycle.signs import with_changes
from segmentation.cohort import CohortTerms, cohort
from segmentation.frozen import frozen_entry

BACK_TEST_MONTHS = 12
KEPT_CUSTOMERS = 1_200_000  # about 400 MB by 24 months; a larger branch is read bucket by bucket each time
COLUMNS = ("id", "county_id", "state", "cum3_fen", "is_in_network", "tenure_at_month", "low_bits")
EVENTS = ("porting_eligible_day", "downgrade_day")
MOST_MB = 2000  # silence asks for less than 1,024
# the narrowest type each fact fits in without changing what the rule computes; of calls and messages it only asks
# whether any, and what three months of them were against three others is worked out before (signs.with_changes)
FACTS = {
    "arpu_fen": np.int32,
    "flags": np.uint8,
    "voice_min": np.bool_,
    "data_mb": np.int16,
    "sms_count": np.bool_,
    "active_days": np.int8,
    SIGNAL_DAY: np.int8,
    **dict.fromkeys(("bill_growth", "bill_fall", "voice_fall", "data_fall"), np.int8),
}


def stage_frames(run: Run) -> Iterator[Frame]:
    """Yield the run's customers bucket by bucket, as its night judged their stages: the night's months of history."""
    for frame in _frames(run):
        yield newest_months(frame, HISTORY_MONTHS)


def past_frames(run: Run) -> Iterator[Frame]:
    """Yield the run's customers with the months a back-test of a year looks at, as far as the history reaches."""
    reach = _reach(month_of(run.month))
    for frame in _frames(run):
        yield newest_months(frame, reach)


def newest_months(frame: Frame, months: int) -> Frame:
    """Return the frame with so many months of history at most."""
    return replace(frame, history={fact: matrix[:months] for fact, matrix in frame.history.items()})


def _frames(run: Run) -> Iterator[Frame]:
    yield from kept_frames(run.pk) if is_kept(run) else _read(run)


def is_kept(run: Run) -> bool:
    """Tell whether a run's customers are kept in memory."""
    return run.customers <= KEPT_CUSTOMERS


@lru_cache(maxsize=1)
def kept_frames(run_id: int) -> list[Frame]:
    """Return the newest run's customers, read once; 16 bytes each for every month of history, and few more."""
    return list(_read(Run.objects.get(pk=run_id)))


def _read(run: Run) -> Iterator[Frame]:
    month = month_of(run.month)
    months = max(HISTORY_MONTHS, min(HISTORY_MONTHS + BACK_TEST_MONTHS, _reach(month)))
    for bucket in RunBucket.objects.filter(run=run).order_by("bucket").values_list("bucket", flat=True):
        frame = features(load_life(bucket=bucket, as_of=run.as_of, month=month, months=months))
        with connection.cursor() as cursor:
            place = place_of(cursor, frame["id"])
            frame = frame.with_columns(frozen_entry=frozen_entry(cursor, place, cohort_id=run.plan["cohort_id"]))
        yield _thinned(cohort(frame, CohortTerms(**run.plan["cohort"])))


def _reach(month: int) -> int:
    oldest = HistoryBlock.objects.aggregate(oldest=Min("month"))["oldest"]
    return month - month_of(oldest) + 1 if oldest else 1


def _thinned(frame: Frame) -> Frame:
    history = with_changes(frame).history
    history = {**history, "data_mb": np.clip(history["data_mb"], -1, MOST_MB)}
    return Frame(
        frame.as_of,
        frame.month,
        {name: frame[name] for name in (*COLUMNS, *EVENTS)},
        {fact: history[fact].astype(kind) for fact, kind in FACTS.items()},
    )
