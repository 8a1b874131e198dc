"""A branch whose customers have packed bills, so that stage thresholds can be tried on them."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from django.db import transaction

from callcenter.tests.branch import BranchBuilder, build_branch
from customers import blocks
from customers.models import Customer, Run, RunBucket, Staff
from cvm.lib.months import first_day, month_of
from segmentation.cohort import CohortTerms


@pytest.fixture
def branch() -> BranchBuilder:
    found = build_branch()
    plan = {"cohort": asdict(CohortTerms(year=2026)), "cohort_id": 0}
    Run.objects.filter(pk=found.run.pk).update(plan=plan, customers=9)
    found.run.refresh_from_db()
    return found


@pytest.fixture
def bill(branch):
    """Return `bill({customer: [fen, …]})`, see `give_months`."""
    return lambda monthly_fen: give_months(branch, monthly_fen)


@pytest.fixture
def admin(branch, client) -> Staff:
    person = branch.staff("admin", Staff.Role.ADMIN, branch.root)
    client.force_login(person)
    return person


@pytest.fixture
def second(branch) -> Staff:
    return branch.staff("second", Staff.Role.ADMIN, branch.root)


def give_months(branch: BranchBuilder, monthly_fen: dict[Customer, list[int]]) -> None:
    """Give customers a bill for each of the last months, the oldest first; equally many each."""
    ids = np.array([customer.pk for customer in monthly_fen])
    newest = month_of(branch.run.month)
    with transaction.atomic():
        for back, fen in enumerate(reversed(list(zip(*monthly_fen.values(), strict=True)))):
            facts = {name: np.zeros(len(ids), np.int64) for name, _type in blocks.BILL_COLUMNS}
            facts |= {"customer_id": ids, "state": np.ones(len(ids), np.int64), "is_signed": np.ones(len(ids), bool)}
            facts["arpu_fen"] = np.array(fen)
            blocks.write(month=first_day(newest - back), bills=facts)
    RunBucket.objects.get_or_create(run=branch.run, bucket=0)
