"""Imports on a real worker: killed in the middle, delivered twice, cancelled, six at once. Never half a file."""

import io
import os
import signal
import time

import psutil
import pytest
from django.utils import timezone

from customers.importing import intake, spool
from customers.importing.templates import install_templates
from customers.models import Customer, HistoryBlock, ImportBatch, ImportChange, ImportReject, MonthlyBill
from customers.tests.files import Desk
from cvm.imports import tasks
from cvm.lib.months import label, month_of

Status = ImportBatch.Status
SECONDS = 90
CUSTOMERS = 400
MANY_ROWS = 60_000


@pytest.fixture
def desk(tmp_path, celery_worker_process):
    install_templates()
    desk = Desk(tmp_path)
    desk.customers(CUSTOMERS)
    return desk


def last_month():
    return label(month_of(timezone.localdate()) - 1).replace("-", "")


def bills(*, rejected=0, arpu="88.80"):
    """Return a file of last month with a good row for every customer and some rows of nobody."""
    good = [f"{last_month()},U{n},{arpu},{n % 900}" for n in range(1, CUSTOMERS + 1)]
    bad = [f"{last_month()},NOBODY{n},1,1" for n in range(rejected)]
    return ("\n".join(["账期,用户编码,当月ARPU,主叫MOU（分）", *good, *bad]) + "\n").encode()


def given(content):
    spooled = spool.take(io.BytesIO(content), name="月账单.csv")
    return intake.submit(spooled, file_name="月账单.csv", source=ImportBatch.Source.API, now=timezone.now()).batch


def reach(batch, *statuses):
    """Wait until the batch stands there, and return it."""
    deadline = time.monotonic() + SECONDS
    while batch.status not in statuses:
        assert time.monotonic() < deadline, (batch.status, batch.error)
        time.sleep(0.01)
        batch.refresh_from_db()
    return batch


def ready(content):
    batch = given(content)
    tasks.send_check(batch.pk)
    return reach(batch, Status.READY, Status.FAILED)


def queued(content):
    return intake.confirm(ready(content), by=None, now=timezone.now())


def balances():
    """I-01: every stored bill belongs to a committed receipt, whose rows add up."""
    stored = MonthlyBill.objects.count()
    committed = ImportBatch.objects.filter(kind="bills", status=Status.COMMITTED)
    return stored == sum(one.rows_new for one in committed) and all(
        one.rows_read == one.rows_accepted + one.rows_rejected + one.rows_duplicate for one in committed
    )


def nothing_is_stored():
    tables = (MonthlyBill, HistoryBlock, ImportReject)
    changes = ImportChange.objects.filter(batch__kind="bills")
    return not any(table.objects.exists() for table in tables) and not changes.exists()


def test_file_goes_through_check_and_commit(desk):
    batch = ready(bills(rejected=3))
    assert (batch.status, batch.preview["rows_new"], batch.preview["rows_rejected"]) == (Status.READY, CUSTOMERS, 3)
    assert nothing_is_stored()

    intake.confirm(batch, by=None, now=timezone.now())
    tasks.send_commit(batch.pk)

    batch = reach(batch, Status.COMMITTED, Status.FAILED)
    assert (batch.status, batch.rows_new, batch.rows_rejected) == (Status.COMMITTED, CUSTOMERS, 3)
    assert balances()


def test_task_delivered_twice_stores_once(desk):
    batch = queued(bills())

    for _ in range(3):
        tasks.commit_batch.delay(batch.pk)
        tasks.check_batch.delay(batch.pk)

    reach(batch, Status.COMMITTED, Status.FAILED)
    other = queued(bills(arpu="90"))
    tasks.send_commit(other.pk)
    reach(other, Status.COMMITTED, Status.FAILED)
    assert (MonthlyBill.objects.count(), other.rows_new, other.rows_changed) == (CUSTOMERS, 0, CUSTOMERS)


def test_same_file_six_at_once_loads_once(desk):
    waiting = [queued(bills()) for _ in range(6)]

    for batch in waiting:
        tasks.commit_batch.delay(batch.pk)

    done = [reach(batch, Status.COMMITTED, Status.FAILED) for batch in waiting]
    assert [one.status for one in done].count(Status.COMMITTED) == 1
    loaded = next(one for one in done if one.status == Status.COMMITTED)
    referring = {one.error_detail.get("batch") for one in done if one is not loaded}
    assert (referring, MonthlyBill.objects.count(), balances()) == ({loaded.pk}, CUSTOMERS, True)


def test_worker_killed_while_it_stores_leaves_nothing_and_the_next_completes(desk, celery_worker_process):
    batch = queued(bills(rejected=MANY_ROWS))
    tasks.send_commit(batch.pk)
    reach(batch, Status.RUNNING)

    celery_worker_process.kill()

    batch.refresh_from_db()
    assert (batch.status, nothing_is_stored()) == (Status.RUNNING, True)
    celery_worker_process.start()
    reach(batch, Status.COMMITTED, Status.FAILED)
    assert (batch.status, batch.rows_new, MonthlyBill.objects.count()) == (Status.COMMITTED, CUSTOMERS, CUSTOMERS)
    assert balances()


def test_worker_child_killed_while_it_stores_is_replaced_and_completes(desk, celery_worker_process):
    batch = queued(bills(rejected=MANY_ROWS))
    tasks.send_commit(batch.pk)
    reach(batch, Status.RUNNING)

    for child in psutil.Process(celery_worker_process.pid).children():
        os.kill(child.pid, signal.SIGKILL)

    reach(batch, Status.COMMITTED, Status.FAILED)
    assert (batch.status, MonthlyBill.objects.count(), balances()) == (Status.COMMITTED, CUSTOMERS, True)


def test_cancel_in_the_middle_stores_nothing(desk):
    batch = queued(bills(rejected=MANY_ROWS))
    tasks.send_commit(batch.pk)
    reach(batch, Status.RUNNING)

    intake.cancel(batch, by=None, now=timezone.now())

    reach(batch, Status.CANCELLED, Status.COMMITTED, Status.FAILED)
    assert (batch.status, nothing_is_stored()) == (Status.CANCELLED, True)
    assert Customer.objects.count() == CUSTOMERS


def test_lost_tasks_are_sent_again_by_the_sweep(desk):
    first, second = given(bills()), queued(bills(arpu="70"))

    tasks.sweep()

    reach(second, Status.COMMITTED, Status.FAILED)
    reach(first, Status.READY, Status.FAILED)
    assert (second.status, first.status) == (Status.COMMITTED, Status.READY)
