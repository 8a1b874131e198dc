"""A back-test of a live kind says what the nights wrote down, to the customer, the level and the evidence."""

import datetime as dt

import numpy as np
import pytest
from django.db import connection, transaction
from django.db.models import F

from customers import blocks
from customers.models import Customer, Run, StandingChange, UsageMonth
from cvm import nightly
from cvm.backtests import bucket
from cvm.backtests.bucket import logged, look_of, replayed
from cvm.backtests.plan import fix_plan, values_of
from cvm.lib.months import month_of
from lifecycle.models import KeyMoment, MomentKind
from lifecycle.moments import REGISTRY
from lifecycle.moments.terms import kinds_of
from lifecycle.policies import moment_rows
from tests.night.branches import CUSTOMERS, make_branch, spend

pytestmark = pytest.mark.usefixtures("no_tables_left")

DAYS = [dt.date(2026, 9, day) for day in (10, 11, 12, 29, 30)] + [dt.date(2026, 10, day) for day in (1, 2, 3)]
NEXT_BILLS_ON = dt.date(2026, 9, 30)
# the ones this branch and what becomes of its people have something for
SPEAKING = {"A2", "A3", "A4", "A5", "A6", "A7", "A8", "B1", "B2", "B3", "B4", "B5", "B6", "B7"}
SPEAKING |= {"C1", "C3", "C4", "C5", "C6", "C7", "C9"}
COOL_DOWNS = {"C4": 10, "B3": 60, "C1": 2, "C5": 25}


@pytest.fixture
def nights():
    """Spend eight nights: a month's bills come in between, people leave and come back, cool-downs run out."""
    make_branch(months=11)
    MomentKind.objects.filter(code="B6").update(thresholds={"weekday": 0})
    for code, days in COOL_DOWNS.items():
        MomentKind.objects.filter(code=code).update(cool_down_days=days)
    runs = []
    for day in DAYS:
        if day == NEXT_BILLS_ON:
            bring_next_bills()
        move_people(day)
        overwrite_profiles(day)
        count_use(day)
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


def overwrite_profiles(day):
    """Overwrite what is kept only as it is now: a fiftieth of the customers a night for each thing, all balances."""
    ahead = dt.timedelta(days=20)
    changes = [
        {"star_level": 6},
        {"handset_changed_on": day, "handset_months": 0, "handset_is_5g": 2, "plan_is_5g": 1},
        {"dual_sim": 4},
        {"points_expiring": 700, "points_expire_on": day + ahead},
        {"broadband_carrier": 1, "broadband_expires_on": day + ahead},
        {"plan_fee_fen": 88_00, "next_plan_fee_fen": 58_00},
        {"is_key_person": True, "duty": f"duty of {day}"},
        {"state": 3, "stop_reason": 1, "state_changed_on": day},
        {"is_special": True},
        {"last_call_date": day},
    ]
    for number, values in enumerate(changes):
        whose = Customer.objects.filter(state=1).annotate(rest=F("pk") % 50)
        whose.filter(rest=(5 * day.day + number) % 50).update(**values)
    Customer.objects.update(balance_fen=F("pk") * 7919 * day.day % 20_000)


def count_use(day):
    """Bring the use of the running month up to the day before, of every second customer; a later file replaces it."""
    yesterday = day - dt.timedelta(days=1)
    month = yesterday.replace(day=1)
    rows = [
        UsageMonth(
            customer_id=pk,
            month=month,
            measured_on=yesterday,
            data_used_mb=pk * 37 * yesterday.day % 9_000,
            voice_used_min=pk * 11 * yesterday.day % 300,
            zero_call_days=pk * day.day % 33,
            competitor_forward_days=pk % 40 == day.day,
            onnet_bp=5_000 if pk % 3 else None,
            province_roam_days=6 if pk % 29 == day.day % 7 else 0,
        )
        for pk in range(1, CUSTOMERS + 1, 2)
    ]
    written = [one.name for one in UsageMonth._meta.concrete_fields if one.name not in ("id", "customer", "month")]
    UsageMonth.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["month", "customer"], update_fields=written
    )


def pasts(plan, run, look):
    first = dt.date.fromisoformat(plan["warm"])
    for number in range(run.buckets):
        yield bucket.past_of(plan, bucket=number, run=run, first=first, names=look.columns)


def plan_of(code, run):
    kind = MomentKind.objects.get(code=code)
    row = next(one for one in moment_rows() if one["code"] == code)
    return fix_plan(kind, draft=values_of(row), run=run)


def test_what_was_found_again_is_what_the_nights_wrote_down(nights):
    last = nights[-1]
    for code in sorted(REGISTRY):
        plan = plan_of(code, last)
        look = look_of(kinds_of([plan["kinds"][-1] | {"is_enabled": True}])[0])
        assert [night["as_of"] for night in plan["log"]["nights"]] == [day.isoformat() for day in DAYS]
        found, written = 0, KeyMoment.objects.filter(kind__code=code).count()
        for past in pasts(plan, last, look):
            mine, theirs = logged(plan, past, nights=plan["log"]["nights"]), replayed(plan, past, look)
            said, again = bucket._alike(mine, theirs)
            assert sorted(said) == sorted(again), (code, past.frame["id"][0])
            found += len(theirs)
        assert found == written, code
        assert found > 0 or code not in SPEAKING, code
    assert StandingChange.objects.filter(field=StandingChange.Field.STATE).exists()
    assert told_twice("C4") > 0  # its cool-down of ten days was over with the next bills
    assert told_twice("B3") == 0  # its cool-down of sixty days was not


def told_twice(code):
    """Return how many customers heard of a kind both before and after the bills of September."""
    told = KeyMoment.objects.filter(kind__code=code)
    again = told.filter(detected_on__gte=NEXT_BILLS_ON).values("customer_id")
    return told.filter(detected_on__lt=NEXT_BILLS_ON, customer_id__in=again).values("customer_id").distinct().count()
