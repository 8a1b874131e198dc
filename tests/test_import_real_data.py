"""The real data sets go in whole, where they are present."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Sum

from customers import blocks
from customers.models import Bundle, Customer, Event, ImportBatch, MonthlyBill
from cvm.lib.months import parse_label

FOLDER = Path(__file__).resolve().parent.parent.parent / "shared" / "data"

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the real data sets are not on this machine"),
]


def column(file, name):
    return pq.read_table(FOLDER / f"{file}.parquet", columns=[name]).column(0).to_numpy()


def take(dataset, **options):
    call_command("import", str(FOLDER), dataset=dataset, **options)
    with connection.cursor() as cursor:
        blocks.check(cursor)
    return {batch.kind: batch for batch in ImportBatch.objects.all()}


def total_fen():
    return MonthlyBill.objects.aggregate(total=Sum("arpu_fen"))["total"]


def test_card_holders_with_bills_and_late_payments(capsys):
    batches = take("uci_credit_monthly_60")

    late = int((column("uci_credit_monthly_60", "status") >= 1).sum())
    assert {kind: batch.rows_accepted for kind, batch in batches.items()} == {
        "profile": 18_000,
        "bills": 108_000,
        "events": late,
    }
    assert total_fen() == round(column("uci_credit_monthly_60", "bill").sum() * 100)
    assert Event.objects.filter(kind=Event.Kind.PAYMENT_DELAY).count() == late
    assert Customer.objects.order_by("-id").values_list("id", flat=True)[0] == 18_000


def test_shoppers_without_the_month_that_was_cut_short(capsys):
    batches = take("online_retail_monthly")

    cut = int((column("online_retail_monthly", "month") == "2011-12").sum())
    bills = batches["bills"]
    assert (bills.rows_read, bills.rows_accepted, bills.rows_rejected) == (13_054, 13_054 - cut, cut)
    values = column("online_retail_monthly", "value")
    assert bills.money_accepted_fen + bills.money_rejected_fen == int(np.rint(values * 100).sum())
    orders = column("online_retail_monthly", "orders")[column("online_retail_monthly", "month") != "2011-12"]
    assert Event.objects.filter(kind=Event.Kind.ORDER).count() == int(orders.sum())


def test_subscribers_with_bills_spread_over_their_tenure(capsys):
    batches = take("ibm_telco_60", month=parse_label("2026-10"))

    tenure = column("ibm_telco_60", "tenure")
    contract = column("ibm_telco_60", "contract")
    assert batches["bills"].rows_accepted == int(np.minimum(tenure, 6).sum())
    assert Bundle.objects.count() == int((contract != "Month-to-month").sum())
    assert Customer.objects.count() == len(tenure)
