"""A back-test of a live kind says what the nights wrote down, to the customer, the level and the evidence."""

import datetime as dt

import numpy as np
import pytest
from django.db import connection, transaction

from customers import blocks
from customers.models import Customer, Run, StandingChange
from customers.past import load_past
from cvm import nightly
from cvm.backtests import bucket
from cvm.backtests.bucket import logged, look_of, replayed
from cvm.backtests.plan import CannotBeTried, fix_plan, values_of
from cvm.lib.months import month_of
from lifecycle.models import KeyMoment, MomentKind
from lifecycle.moments import REGISTRY
from lifecycle.moments.terms import kinds_of
from lifecycle.policies import moment_rows
from tests.night.branches import CUSTOMERS, make_branch, spend

pytestmark = pytest.mark.usefixtures("no_tables_left")

DAYS = [dt.date(2026, 9, day) for day in (10, 11, 12, 29, 30)] + [dt.date(2026, 10, day) for day in (1, 2, 3)]
NEXT_BILLS_ON = dt.date(2026, 9, 30)
SIX = {"A2", "A3", "B3", "C1", "C4", "C5"}  # the ones this branch has something for
# the others look at what is kept only as it is now
REBUILT = {"A1", "A2", "A3", "A9", "B3", "B8", "B9", "C1", "C2", "C4", "C5", "C8"}
COOL_DOWNS = {"C4": 10, "B3": 60, "C1": 2, "C5": 25}


@pytest.fixture
def nights():
    """Spend eight nights: a month's bills come in between, people leave and come back, cool-downs run out."""
    make_branch(months=11)
    for code, days in COOL_DOWNS.items():
        MomentKind.objects.filter(code=code).update(cool_down_days=days)
    runs = []
    for day in DAYS:
        if day == NEXT_BILLS_ON:
            bring_next_bills()
        move_people(day)
        runs.append(spend(nightly.start_night(as_of=day)))
    assert {run.status for run in runs} == {Run.Status.PUBLISHED}
    return runs


def bring_next_bills():
    """Bring the bills of September: a third of the customers fall to a third, a third double."""
    month = dt.date(2026, 8, 1)
    with transaction.atomic(), connection.cursor() as cursor:
        for number in blocks.buckets_of(cursor, month=month):
            first = number * 64 + 1
            ids = np.arange(first, min(first + 64, CUSTOMERS + 1))
            history = blocks.read_history(cursor, number, ids, month=month_of(month), months=1)
            there = (history["flags"][0] & 1) != 0
            factor = np.choose(ids[there] % 3, [0.3, 1, 2])
            bills = {name: np.zeros(there.sum(), np.int64) for name, _type in blocks.BILL_COLUMNS}
            bills |= {"customer_id": ids[there], "state": np.ones(there.sum(), np.int64)}
            bills |= {"is_signed": np.ones(there.sum(), bool)}
            bills["arpu_fen"] = (history["arpu_fen"][0][there] * factor).astype(np.int64)
            blocks.write(month=dt.date(2026, 9, 1), bills=bills)


def move_people(day):
    """Have some customers leave before the night of a day, and come back before a later one."""
    here = Customer.objects.filter(pk__range=(day.day * 10, day.day * 10 + 9))
    here.filter(state=1).update(state=6)
    if day == dt.date(2026, 10, 2):
        Customer.objects.filter(pk__range=(100, 109), state=6).update(state=1)


def pasts(plan, run):
    noted = dt.date.fromisoformat(plan["noted_since"])
    first = dt.date.fromisoformat(plan["warm"])
    for number in range(run.buckets):
        yield load_past(bucket=number, run=run, first=first, noted_since=noted)


def plan_of(code, run):
    kind = MomentKind.objects.get(code=code)
    row = next(one for one in moment_rows() if one["code"] == code)
    return fix_plan(kind, draft=values_of(row), run=run)


def test_what_was_found_again_is_what_the_nights_wrote_down(nights):
    last = nights[-1]
    tried = set()
    for code in sorted(REGISTRY):
        try:
            plan = plan_of(code, last)
        except CannotBeTried:
            continue
        tried.add(code)
        look = look_of(kinds_of([plan["kinds"][-1] | {"is_enabled": True}])[0])
        assert [night["as_of"] for night in plan["log"]["nights"]] == [day.isoformat() for day in DAYS]
        found, written = 0, KeyMoment.objects.filter(kind__code=code).count()
        for past in pasts(plan, last):
            mine, theirs = logged(plan, past, nights=plan["log"]["nights"]), replayed(plan, past, look)
            said, again = bucket._alike(mine, theirs)
            assert sorted(said) == sorted(again), (code, past.frame["id"][0])
            found += len(theirs)
        assert found == written, code
        assert found > 0 or code not in SIX, code
    assert tried == REBUILT
    assert StandingChange.objects.filter(field=StandingChange.Field.STATE).exists()
    assert told_twice("C4") > 0  # its cool-down of ten days was over with the next bills
    assert told_twice("B3") == 0  # its cool-down of sixty days was not


def told_twice(code):
    """Return how many customers heard of a kind both before and after the bills of September."""
    told = KeyMoment.objects.filter(kind__code=code)
    again = told.filter(detected_on__gte=NEXT_BILLS_ON).values("customer_id")
    return told.filter(detected_on__lt=NEXT_BILLS_ON, customer_id__in=again).values("customer_id").distinct().count()
