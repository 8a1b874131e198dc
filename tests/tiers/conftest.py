"""A branch whose customers have packed bills, so that a ladder can be tried on them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from django.db import transaction

from callcenter.tests.branch import BranchBuilder, build_branch
from customers import blocks
from customers.history import bucket_of
from customers.models import Customer, RunBucket, Standing

MONTHS = [dt.date(2026, month, 1) for month in range(4, 11)]  # the run's newest bill month is 2026-10


@pytest.fixture
def branch() -> BranchBuilder:
    return build_branch()


@pytest.fixture
def bill(branch):
    """Return `bill({customer: fen, …})`, see `give_bills`."""
    return lambda monthly_fen: give_bills(branch, monthly_fen)


def give_bills(branch: BranchBuilder, monthly_fen: dict[Customer, int]) -> None:
    """Give customers a steady monthly bill each, and a standing in the run where they have none."""
    ids = np.array([customer.pk for customer in monthly_fen])
    facts = {name: np.zeros(len(ids), np.int64) for name, _type in blocks.BILL_COLUMNS}
    facts |= {"customer_id": ids, "state": np.ones(len(ids), np.int64), "is_signed": np.ones(len(ids), bool)}
    facts["arpu_fen"] = np.array(list(monthly_fen.values()))
    with transaction.atomic():
        for month in MONTHS:
            blocks.write(month=month, bills=facts)
    for bucket in range(bucket_of(int(ids.max())) + 1):
        RunBucket.objects.get_or_create(run=branch.run, bucket=bucket)
    known = set(Standing.objects.filter(run=branch.run).values_list("customer_id", flat=True))
    for customer in monthly_fen:
        if customer.pk not in known:
            branch.standing(customer, county_id=customer.county_id)
