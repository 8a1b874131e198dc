"""Late corrections (F-59): a revision, said to lie under a frozen cohort, which a later night leaves as it is."""

import datetime as dt
import io

import numpy as np
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from customers import blocks
from customers.history import FACTS, HAS_BILL, IN_NETWORK, SIGNED
from customers.importing import intake, spool
from customers.importing.templates import install_templates
from customers.models import Customer, HistoryBlock, ImportBatch, ImportChange, MonthlyBill, Run
from customers.partitions import ensure_partition
from cvm import nightly
from cvm.lib.months import first_day, label, month_of
from segmentation.models import CohortMember, LedgerEntry
from tests.night.branches import AS_OF, make_branch, spend

pytestmark = pytest.mark.usefixtures("no_tables_left")


BEFORE_LAST = dt.date(2026, 7, 1)  # two months before AS_OF


def publish():
    run = spend(nightly.start_night(as_of=AS_OF))
    assert (run.status, run.error) == (Run.Status.PUBLISHED, "")
    return run


def members():
    return sorted(CohortMember.objects.values_list("cohort__year", "customer_id", "entry_month"))


def with_rows(month):
    """Give a month of the made-up branch, which has packed history only, its bills as rows."""
    with transaction.atomic(), connection.cursor() as cursor:
        ensure_partition(cursor, month=month)
        for block in HistoryBlock.objects.filter(month=month):
            facts = {name: np.frombuffer(getattr(block, name), blocks.FACT_TYPE) for name in FACTS}
            has_bill = np.flatnonzero(facts["flags"] & HAS_BILL)
            MonthlyBill.objects.bulk_create(
                MonthlyBill(
                    month=month,
                    customer_id=block.bucket * settings.CVM_BUCKET_SIZE + place + 1,
                    state=1 if facts["flags"][place] & IN_NETWORK else 6,
                    is_signed=bool(facts["flags"][place] & SIGNED),
                    batch_id=0,
                    **{name: int(facts[name][place]) for name in FACTS if name != "flags"},
                )
                for place in has_bill.tolist()
            )
            blocks.rebuild(cursor, month=month, buckets=[block.bucket])


def corrected(month, customers):
    """Import the bills of these customers in a month as one yuan, and return the batch."""
    lines = [f"{label(month).replace('-', '')},{code},1" for code in customers.values_list("user_code", flat=True)]
    content = ("\n".join(["账期,用户编码,当月ARPU", *lines]) + "\n").encode()
    spooled = spool.take(io.BytesIO(content), name="月账单更正.csv")
    now = timezone.now()
    batch = intake.submit(spooled, file_name="月账单更正.csv", source=ImportBatch.Source.UPLOAD, now=now).batch
    intake.check(batch.pk, clock=timezone.now)
    batch.refresh_from_db()
    intake.confirm(batch, by=None, now=now)
    intake.commit(batch.pk, clock=timezone.now)
    batch.refresh_from_db()
    return batch


def test_late_correction_is_said_to_lie_under_the_frozen_cohort_which_stays():
    install_templates()
    make_branch()
    with_rows(BEFORE_LAST)
    first = publish()
    frozen = members()
    month = month_of(BEFORE_LAST)
    ids = [customer for _, customer, entry in frozen if entry <= month][:5]
    assert ids

    batch = corrected(month, Customer.objects.filter(pk__in=ids))
    second = publish()

    assert (batch.status, batch.error) == (ImportBatch.Status.COMMITTED, "")
    assert batch.rows_changed == len(ids)
    assert {"month": label(month), "cohort": first.month.year, "rows": len(ids)} in batch.preview["frozen"]
    assert "frozen_month" in [warning["code"] for warning in batch.preview["warnings"]]
    assert members() == frozen
    stored = MonthlyBill.objects.filter(month=first_day(month), customer_id__in=ids)
    assert set(stored.values_list("arpu_fen", flat=True)) == {100}

    # Both values stay: the books of the first run say what was, those of the second what is now.
    books = [
        sum(LedgerEntry.objects.filter(run=run, month=month).values_list("reached", flat=True))
        for run in (first, second)
    ]
    assert books[1] < books[0]


def test_published_night_ends_the_undoing_of_earlier_imports():
    install_templates()
    make_branch()
    with_rows(BEFORE_LAST)
    batch = corrected(month_of(BEFORE_LAST), Customer.objects.filter(pk__lte=3))
    assert ImportChange.objects.filter(batch=batch).exists()

    publish()

    assert not ImportChange.objects.exists()
