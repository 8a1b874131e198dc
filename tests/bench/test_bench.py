"""The bench makes the same branch twice, runs the real night on it, and reads its own figures right."""

import pytest

from customers.models import Customer, HistoryBlock
from cvm.bench import report
from cvm.bench.meter import Cost
from tests.night.branches import CUSTOMERS, MONTHS, make_branch


@pytest.mark.django_db
def test_branch_is_the_same_wherever_it_is_made():
    make_branch()

    assert Customer.objects.count() == CUSTOMERS
    assert HistoryBlock.objects.values("month").distinct().count() == MONTHS
    block = HistoryBlock.objects.order_by("-month", "bucket").first()
    assert block.bill_count > 0
    assert block.size <= 64


def measured(client, postgres=0.0, wall=1.0):
    cost = {"wall": wall, "client": client, "postgres": postgres, "wal": 2_000_000}
    night = {
        "stages": {"train": cost, "buckets": cost},
        "total": cost,
        "parts": {"load": 0.5},
        "peak_client": 300_000_000,
        "peak_postgres": 20_000_000,
        "table_bytes": 90_000_000,
    }
    floor = {"stages": {"copy": [0.5, 0.4]}, "wall": 2.0, "client": 0.5, "postgres": 0.5, "wal": 1}
    return {"first": night, "second": night, "floor": floor, "load": 0.1}


def test_report_compares_night_and_floor():
    assert report.ratio(measured(1.5, 0.5)) == 2.0
    assert report.wall_ratio(measured(1.0, wall=3.0)) == 1.5
    assert report.exponent((100, measured(1.0)), (1000, measured(10.0))) == pytest.approx(1.0)


def test_report_prints_every_stage():
    text = "\n".join(report.lines(1000, 24, measured(1.0)))

    assert [word for word in ("train", "buckets", "night", "floor", "largest client 300 MB") if word not in text] == []


def test_costs_add_and_subtract():
    assert Cost(3.0, 2.0, 1.0, 10) - Cost(1.0, 1.0, 1.0, 4) == Cost(2.0, 1.0, 0.0, 6)
    assert (Cost(1.0, 2.0, 3.0, 4) + Cost()).processor == 5.0
