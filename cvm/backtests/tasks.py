"""The worker's side of a back-test. As in the night, the rows decide what is to do, never the queue.

One bucket is one transaction and one short task of the lowest priority: whatever else waits, a night above all, goes
first. A killed worker's bucket is still open and is done again; a task that comes twice finds nothing to do.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from functools import partial
from typing import Any

import numpy as np
from celery import shared_task
from celery.signals import worker_ready
from django.db import InterfaceError, OperationalError, transaction
from django.db.models.signals import post_migrate
from django.utils import timezone
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from cvm.celery import app
from cvm.night.parcel import Arrays, pack, unpack

log = logging.getLogger(__name__)

BUCKET = "cvm.backtests.bucket"
SWEEP = "cvm: back-tests that stand still"
LOWEST = 9  # of Celery's priorities on Redis; everything else goes at 0, the highest
STANDS_STILL = dt.timedelta(minutes=2)
MOST_ATTEMPTS = 5
KEEPS_FAILING, WENT_WRONG = "keeps_failing", "went_wrong"  # BackTest.error; their words: cvm/backtests/words.py


@shared_task(name=BUCKET, autoretry_for=(OperationalError, InterfaceError), retry_backoff=1, max_retries=3)
def bucket(back_test_id: int, number: int) -> None:
    """Work one bucket out; whoever does the last one adds everything up."""
    try:
        if _count_attempt(back_test_id, number):
            _work(back_test_id, number)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # the page must not say "running" for ever for a reason nobody thought of
        log.exception("back-test %s failed at bucket %s", back_test_id, number)
        _fail(back_test_id, WENT_WRONG)


@shared_task(name="cvm.backtests.sweep")
def sweep(*, is_start: bool = False) -> None:
    """Send again what stands still: at once when a worker starts, else after two minutes."""
    from lifecycle.models import BackTest

    for one in BackTest.objects.filter(status=BackTest.Status.RUNNING).only("moved_at"):
        if is_start or timezone.now() - one.moved_at > STANDS_STILL:
            send(one.pk)


@worker_ready.connect
def _sweep_at_start(**_: Any) -> None:
    sweep.delay(is_start=True)


def send_after_commit(back_test_id: int) -> None:
    """Have the workers do the buckets once the request is durable; `sweep` sends again what the queue loses."""
    transaction.on_commit(partial(send, back_test_id))


def send(back_test_id: int) -> None:
    """Send every bucket nobody has done."""
    from lifecycle.models import BackTestBucket

    waiting = BackTestBucket.objects.filter(back_test=back_test_id, is_done=False).order_by("bucket")
    try:
        for number in waiting.values_list("bucket", flat=True):
            app.send_task(BUCKET, [back_test_id, number], priority=LOWEST, retry=False)
    except (KombuError, RedisError, OSError) as error:
        log.warning("back-test %s waits for the sweep: %s", back_test_id, type(error).__name__)


def _count_attempt(back_test_id: int, number: int) -> bool:
    """Count an attempt before the work, so that a killed worker counts too; False when there is nothing to do."""
    with transaction.atomic():
        row = _open(back_test_id, number)
        if row is None:
            return False
        row.attempts += 1
        row.save(update_fields=["attempts"])
    if row.attempts > MOST_ATTEMPTS:
        _fail(back_test_id, KEEPS_FAILING)
        return False
    return True


@transaction.atomic
def _work(back_test_id: int, number: int) -> None:
    from cvm.backtests.bucket import work
    from lifecycle.models import BackTest

    row = _open(back_test_id, number)
    if row is None:
        return
    began = time.perf_counter()
    arrays, row.customers = work(row.back_test.plan, bucket=number)
    row.partial, row.is_done, row.seconds = pack(arrays), True, round(time.perf_counter() - began, 3)
    # the buckets pass here one by one, so exactly one of them is the last; a cancelled one keeps nothing
    test = BackTest.objects.select_for_update(no_key=True).defer("plan").get(pk=back_test_id)
    if test.status != BackTest.Status.RUNNING:
        return
    row.save(update_fields=["partial", "is_done", "seconds", "customers"])
    test.moved_at = timezone.now()
    if not test.bucket_rows.filter(is_done=False).exists():
        test.result, test.status, test.finished_at = pack(_total(test)), BackTest.Status.DONE, test.moved_at
        test.bucket_rows.update(partial=b"")
    test.save(update_fields=["moved_at", "result", "status", "finished_at"])


def _total(test: Any) -> Arrays:
    """Return the sums over all buckets."""
    total: Arrays = {}
    for parcel in test.bucket_rows.order_by("bucket").values_list("partial", flat=True).iterator(chunk_size=8):
        arrays = unpack(parcel)
        total = {name: np.add(total[name], arrays[name]) for name in total} if total else arrays
    return total


def _open(back_test_id: int, number: int) -> Any:
    from lifecycle.models import BackTest, BackTestBucket

    rows = BackTestBucket.objects.filter(back_test=back_test_id, bucket=number, is_done=False)
    rows = rows.filter(back_test__status=BackTest.Status.RUNNING).select_related("back_test")
    return rows.select_for_update(skip_locked=True, of=("self",)).defer("partial", "back_test__result").first()


def _fail(back_test_id: int, why: str) -> None:
    from lifecycle.models import BackTest

    running = BackTest.objects.filter(pk=back_test_id, status=BackTest.Status.RUNNING)
    running.update(status=BackTest.Status.FAILED, error=why, finished_at=timezone.now())


def ensure_schedule() -> None:
    """Register the sweep for beat, once; what an administrator changed since stays as it is."""
    from django_celery_beat.models import IntervalSchedule, PeriodicTask

    often, _ = IntervalSchedule.objects.get_or_create(every=2, period=IntervalSchedule.MINUTES)
    PeriodicTask.objects.get_or_create(name=SWEEP, defaults={"task": sweep.name, "interval": often})


def connect() -> None:
    """Lay the schedule whenever the tables have been migrated."""
    post_migrate.connect(_after_migrate, dispatch_uid="cvm.backtests.schedule")


def _after_migrate(app_config: Any, **_: Any) -> None:
    if app_config.name == "django_celery_beat":
        ensure_schedule()
