"""Packed history says exactly what the bill rows say, and the check notices when it does not."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from customers import blocks
from customers.history import ARREARS, FACTS, HAS_BILL, IN_NETWORK, PORTED, PRE_CANCEL, SIGNED, SUSPENDED
from customers.models import Customer, HistoryBlock, HistoryCheck, MonthlyBill
from customers.partitions import ensure_partition, partition_months
from customers.tasks import check_history
from cvm.lib.months import month_of

OCTOBER = dt.date(2026, 10, 1)
State = Customer.State


def bills(ids, arpu=100, **columns):
    count = len(ids)
    whole = {
        "customer_id": np.array(ids, np.int32),
        "state": np.full(count, State.NORMAL, np.int16),
        "is_signed": np.ones(count, np.bool_),
        "arpu_fen": np.arange(count, dtype=np.int32) + arpu,
        "owed_fen": np.zeros(count, np.int32),
        "voice_min": np.arange(count, dtype=np.int32),
        "data_mb": np.arange(count, dtype=np.int32) * 7,
        "sms_count": np.ones(count, np.int32),
        "active_days": np.full(count, 30, np.int16),
        "over_fee_fen": np.zeros(count, np.int32),
    }
    return {**whole, **columns}


def read(ids, month=OCTOBER, months=1):
    with connection.cursor() as cursor:
        bucket = (ids[0] - 1) // settings.CVM_BUCKET_SIZE
        return blocks.read_history(cursor, bucket, np.array(ids, np.int32), month=month_of(month), months=months)


@pytest.mark.parametrize(
    ("state", "owed", "bits"),
    [
        (State.NORMAL, 0, IN_NETWORK),
        (State.NORMAL, 5, IN_NETWORK),
        (State.ONE_WAY, 5, IN_NETWORK | SUSPENDED | ARREARS),
        (State.SUSPENDED, 0, IN_NETWORK | SUSPENDED),
        (State.KEEP_NUMBER, 0, IN_NETWORK | SUSPENDED),
        (State.PRE_CANCEL, 0, IN_NETWORK | PRE_CANCEL),
        (State.CANCELLED_ACTIVE, 0, 0),
        (State.CANCELLED_ARREARS, 5, 0),
        (State.PORTED_OUT, 0, PORTED),
    ],
)
def test_flags_of_every_state(state, owed, bits):
    for signed in (False, True):
        flags = blocks.flags_of(state=np.array([state]), is_signed=np.array([signed]), owed_fen=np.array([owed]))

        assert flags.tolist() == [HAS_BILL | bits | (SIGNED if signed else 0)]


@pytest.mark.django_db
def test_customers_far_apart_are_read_together_as_each_alone():
    size = settings.CVM_BUCKET_SIZE
    blocks.write(month=OCTOBER, bills=bills([3, 1, size + 2, size + 5]))
    blocks.write(month=dt.date(2026, 8, 1), bills=bills([size + 2]))
    ids = [1, 2, 4, size + 2, 3 * size]  # known, a gap, past the end of a block, in two months, of no block at all

    with connection.cursor() as cursor:
        few = blocks.read_few(cursor, np.array(ids, np.int32), month=month_of(OCTOBER), months=4)

    for position, one in enumerate(ids):
        for fact, alone in read([one], months=4).items():
            assert few[fact][:, position].tolist() == alone[:, 0].tolist(), (fact, one)
    assert (few["flags"] > 0).sum(axis=1).tolist() == [2, 0, 1, 0]


@pytest.mark.django_db
def test_blocks_keep_every_fact_of_every_bucket_in_any_order():
    size = settings.CVM_BUCKET_SIZE
    ids = [size + 3, 2, 1, size + 1]

    blocks.write(month=OCTOBER, bills=bills(ids))

    first, second = read([1, 2]), read([size + 1, size + 2, size + 3])
    assert first["arpu_fen"].tolist() == [[102, 101]]
    assert second["arpu_fen"].tolist() == [[103, 0, 100]]
    assert second["flags"].tolist() == [[7, 0, 7]]
    assert second["data_mb"].tolist() == [[21, 0, 0]]
    assert list(HistoryBlock.objects.order_by("bucket").values_list("bucket", "size", "bill_count")) == [
        (0, 2, 2),
        (1, 3, 2),
    ]


@pytest.mark.django_db
def test_history_pads_missing_months_and_short_blocks_with_zeros():
    blocks.write(month=dt.date(2026, 8, 1), bills=bills([1, 2, 3]))
    blocks.write(month=OCTOBER, bills=bills([1]))

    history = read([1, 3, 5], months=3)

    assert set(history) == set(FACTS)
    assert history["arpu_fen"].tolist() == [[100, 0, 0], [0, 0, 0], [100, 102, 0]]


@pytest.mark.django_db
def test_history_of_a_range_is_its_slice_of_the_bucket():
    blocks.write(month=OCTOBER, bills=bills(list(range(1, 41))))

    whole, part = read(list(range(1, 41))), read([7, 8, 30])

    assert all(part[fact].tolist() == whole[fact][:, [6, 7, 29]].tolist() for fact in FACTS)


@pytest.mark.django_db
def test_block_written_again_with_the_same_facts_keeps_its_revision():
    blocks.write(month=OCTOBER, bills=bills([1, 2]))
    blocks.write(month=OCTOBER, bills=bills([1, 2]))
    assert HistoryBlock.objects.get().revision == 1

    blocks.write(month=OCTOBER, bills=bills([1, 2], arpu=5))
    assert HistoryBlock.objects.values_list("revision", "arpu_sum_fen").get() == (2, 11)


@pytest.fixture
def stored():
    """Three bills in two buckets, as rows and as blocks."""
    ids = [1, 2, settings.CVM_BUCKET_SIZE + 2]
    with connection.cursor() as cursor:
        ensure_partition(cursor, month=OCTOBER)
    MonthlyBill.objects.bulk_create(
        [
            MonthlyBill(month=OCTOBER, customer_id=number, state=1, arpu_fen=100, voice_min=3, batch_id=1)
            for number in ids
        ]
    )
    call_command("rebuild_history")
    return ids


@pytest.mark.django_db
def test_rebuilt_history_agrees_with_the_rows(stored, capsys):
    call_command("check_history")

    assert HistoryBlock.objects.count() == 2
    assert read([1, 2])["voice_min"].tolist() == [[3, 3]]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "spoil",
    [
        lambda: MonthlyBill.objects.filter(customer_id=2).update(voice_min=4),
        lambda: MonthlyBill.objects.filter(customer_id=2).update(arpu_fen=1),
        lambda: MonthlyBill.objects.filter(customer_id=2).delete(),
        lambda: HistoryBlock.objects.filter(bucket=1).delete(),
        lambda: HistoryBlock.objects.filter(bucket=0).update(sms_count=b"\1\0\0\0\1\0\0\0"),
        lambda: HistoryBlock.objects.filter(bucket=0).update(checksum="0" * 64),
    ],
)
def test_check_notices_every_departure_and_rebuild_mends_it(stored, spoil, capsys):
    spoil()

    with pytest.raises(CommandError):
        call_command("check_history")
    HistoryBlock.objects.update(checksum="")
    call_command("rebuild_history", month="2026-10")
    call_command("check_history")


@pytest.mark.django_db
def test_rebuild_removes_blocks_without_rows(stored, capsys):
    MonthlyBill.objects.filter(customer_id=stored[-1]).delete()

    call_command("rebuild_history")

    assert list(HistoryBlock.objects.values_list("bucket", flat=True)) == [0]


@pytest.mark.django_db
def test_partition_is_made_once():
    with connection.cursor() as cursor:
        made = [ensure_partition(cursor, month=OCTOBER) for _ in range(2)]

        assert (made, partition_months(cursor)) == ([True, False], [OCTOBER])


@pytest.mark.django_db
def test_nightly_check_leaves_its_result(stored, capsys):
    check_history()
    MonthlyBill.objects.filter(customer_id=2).update(voice_min=4)
    check_history()

    before, after = HistoryCheck.objects.order_by("pk")
    assert (before.months, before.differences, before.examples) == (1, 0, [])
    assert (after.months, after.differences) == (1, 1)
    assert "2026-10" in after.examples[0]
