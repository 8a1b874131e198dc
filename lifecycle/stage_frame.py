"""Everybody as the stage rule wants them, kept while thresholds are being tried: the same rule, many times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np
from django.conf import settings
from django.db import connection
from django.db.models import Min

from customers.features import features
from customers.frame import Frame, joined
from customers.frame_store import FrameStore
from customers.frames import HISTORY_MONTHS, load_life
from customers.history import SIGNAL_DAY
from customers.loading.aliases import place_of
from customers.models import HistoryBlock, Run, RunBucket
from cvm.lib.months import month_of
from lifecycle.signs import with_changes
from segmentation.cohort import CohortTerms, cohort
from segmentation.frozen import frozen_entry

BACK_TEST_MONTHS = 12
KEPT_CUSTOMERS = 1_200_000  # without a folder about 400 MB; a larger branch is then read bucket by bucket each time
SLICE = 1 << 19  # customers judged in one go: bits of a sign, 64 KB, that stay near the processor
STORE, PAST = FrameStore("stages-"), FrameStore("stages-past-")
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
    """Yield the run's customers slice by slice, as its night judged their stages: the night's months of history."""
    yield from _frames(run, HISTORY_MONTHS)


def past_frames(run: Run) -> Iterator[Frame]:
    """Yield the run's customers with the months a back-test of a year looks at, as far as the history reaches."""
    reach = min(HISTORY_MONTHS + BACK_TEST_MONTHS, _reach(month_of(run.month)))
    for frame in _frames(run, max(HISTORY_MONTHS, reach)):
        yield newest_months(frame, reach)


def newest_months(frame: Frame, months: int) -> Frame:
    """Return the frame with so many months of history at most."""
    return replace(frame, history={fact: matrix[:months] for fact, matrix in frame.history.items()})


def is_kept(run: Run) -> bool:
    """Tell whether a run's customers are kept: in files, or in memory where they are not too many."""
    return settings.LADDER_DIR is not None or run.customers <= KEPT_CUSTOMERS


@lru_cache(maxsize=2)
def kept_frame(run_id: int, months: int) -> Frame:
    """Return a run's customers with so many months: those of the night it has left itself, more are read once.

    About 16 bytes for each month of a customer, once on a machine (customers/frame_store.py); the arrays are read only.
    """
    run = Run.objects.get(pk=run_id)
    store = STORE if months == HISTORY_MONTHS else PAST
    return store.kept(run, lambda: joined([_read(run, bucket, months) for bucket in _buckets(run)]))


def keep_part(run: Run, bucket: int, frame: Frame) -> None:
    """Leave a bucket's part of the run's frame, from the customers as its night has judged them."""
    STORE.keep_part(run, bucket, _thinned(frame))


def join_parts(run: Run) -> bool:
    """Make the run's frame ready of the parts its buckets left, before anybody asks; False where one is missing."""
    return STORE.join_parts(run, _buckets(run))


def _frames(run: Run, months: int) -> Iterator[Frame]:
    buckets = _buckets(run)
    if not is_kept(run) or not buckets:
        yield from (_read(run, bucket, months) for bucket in buckets)
        return
    frame = kept_frame(run.pk, months)
    for first in range(0, len(frame), SLICE):
        yield frame.take(slice(first, first + SLICE))


def _buckets(run: Run) -> list[int]:
    return list(RunBucket.objects.filter(run=run).order_by("bucket").values_list("bucket", flat=True))


def _read(run: Run, bucket: int, months: int) -> Frame:
    frame = features(load_life(bucket=bucket, as_of=run.as_of, month=month_of(run.month), months=months))
    with connection.cursor() as cursor:
        place = place_of(cursor, frame["id"])
        frame = frame.with_columns(frozen_entry=frozen_entry(cursor, place, cohort_id=run.plan["cohort_id"]))
    return _thinned(cohort(frame, CohortTerms(**run.plan["cohort"])))


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
