"""What the key moments look at comes into the frame as the rows say it: use, fees, network, ties, subscriptions."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection

from customers.frames import load_frame
from customers.marks import before, marks
from customers.models import (
    Branch,
    Bundle,
    Complaint,
    Customer,
    Event,
    Family,
    GroupAccount,
    MonthlyBill,
    NetworkQuality,
    Subscription,
    UsageMonth,
)
from customers.partitions import ensure_partition
from cvm.lib.months import day_number, month_of

AS_OF = dt.date(2026, 11, 22)
DAY = day_number(AS_OF)
HERE = dt.timezone(dt.timedelta(hours=8))

pytestmark = pytest.mark.django_db


def at(days_ago, hour=12):
    return dt.datetime.combine(AS_OF - dt.timedelta(days=days_ago), dt.time(hour), HERE)


@pytest.fixture
def county():
    root = Branch.objects.create(code="b", name="B", kind=Branch.Kind.BRANCH)
    return Branch.objects.create(code="c", name="C", kind=Branch.Kind.COUNTY, parent=root)


def add(number, county, **columns):
    values = {"user_code": f"U{number}", "msisdn": f"138{number:08d}", "join_date": dt.date(2020, 1, 31)}
    return Customer.objects.create(**{"id": number, "county": county, **values, **columns})


def load(*names):
    frame = load_frame(bucket=0, as_of=AS_OF, month=month_of(dt.date(2026, 10, 1)), months=3)
    return {name: frame[name].tolist() for name in names}


def use(customer, month, day, **columns):
    UsageMonth.objects.create(
        customer=customer, month=dt.date(2026, month, 1), measured_on=dt.date(2026, month, day), **columns
    )


def test_use_is_that_of_the_running_month_beside_the_month_before(county):
    one, two, _three = (add(number, county) for number in (1, 2, 3))
    use(one, 11, 20, data_used_mb=900, data_quota_mb=1000, zero_call_days=8, onnet_bp=4000, province_roam_days=6)
    use(one, 10, 31, data_used_mb=5, onnet_bp=6000)
    use(two, 11, 20, competitor_hotline_calls=2)
    use(two, 8, 31, province_roam_days=1)

    assert load("usage_day", "used_data_mb", "month_data_quota_mb", "zero_call_days", "competitor_hotline_calls") == {
        "usage_day": [day_number(dt.date(2026, 11, 20))] * 2 + [0],
        "used_data_mb": [900, 0, 0],
        "month_data_quota_mb": [1000, 0, 0],
        "zero_call_days": [8, 0, 0],
        "competitor_hotline_calls": [0, 2, 0],
    }
    assert load("onnet_bp", "previous_onnet_bp", "province_roam_days", "has_roamed_before") == {
        "onnet_bp": [4000, 0, 0],
        "previous_onnet_bp": [6000, 0, 0],
        "province_roam_days": [6, 0, 0],
        "has_roamed_before": [False, True, False],
    }


def test_a_share_nobody_measured_this_month_has_not_fallen(county):
    one = add(1, county)
    use(one, 11, 20)
    use(one, 10, 31, onnet_bp=6000)

    assert load("onnet_bp", "previous_onnet_bp") == {"onnet_bp": [6000], "previous_onnet_bp": [6000]}


def test_before_the_first_count_of_a_month_the_month_before_stands(county):
    use(add(1, county), 10, 31, zero_call_days=9)
    use(add(2, county), 11, 23, zero_call_days=9)  # measured after the day asked about

    assert load("zero_call_days") == {"zero_call_days": [9, 0]}


def test_fees_beyond_the_plan_are_counted_by_month_and_kind(county):
    one = add(1, county)
    with connection.cursor() as cursor:
        for month in (7, 8, 9, 10):
            ensure_partition(cursor, month=dt.date(2026, month, 1))
    for month, voice, data in ((7, 1, 1), (8, 0, 500), (9, 0, 0), (10, 300, 500)):
        MonthlyBill.objects.create(
            month=dt.date(2026, month, 1), customer=one, state=1, arpu_fen=50_00, batch_id=0,
            over_voice_fee_fen=voice, over_data_fee_fen=data,
        )  # fmt: skip

    assert load("over_data_months", "over_voice_months") == {"over_data_months": [2], "over_voice_months": [1]}


def test_network_trouble_is_summed_over_thirty_days(county):
    one = add(1, county)
    for days_ago, ended in ((30, None), (29, at(2)), (0, None)):
        NetworkQuality.objects.create(
            customer=one,
            measured_on=AS_OF - dt.timedelta(days=days_ago),
            poor_voice=2,
            poor_data=3,
            outage_ended_at=ended,
        )

    assert load("poor_events_30d", "outage_ended_day") == {"poor_events_30d": [10], "outage_ended_day": [DAY - 2]}


def test_leavers_of_group_and_family_are_counted_for_those_who_stay(county):
    group = GroupAccount.objects.create(code="g", name="G", group_class=1)
    family = Family.objects.create(code="f")
    add(1, county, group=group, family=family, family_role=Customer.FamilyRole.MEMBER)
    add(2, county)
    for number, days_ago, state in ((3, 29, 8), (4, 5, 8), (5, 30, 8), (6, 5, 6)):
        add(number, county, group=group, state=state, leave_date=AS_OF - dt.timedelta(days=days_ago))
    left = AS_OF - dt.timedelta(days=3)
    add(7, county, family=family, family_role=Customer.FamilyRole.PAYER, state=6, leave_date=left)

    found = load("group_ported_30d", "payer_left_day")
    assert (found["group_ported_30d"][:2], found["payer_left_day"][:2]) == ([2, 0], [DAY - 3, 0])


def test_ends_of_subscriptions_and_unified_pay_are_the_nearest_still_running(county):
    one = add(1, county)
    for code, days, trial, status in (("a", 9, False, 1), ("b", 4, False, 1), ("c", 2, False, 3), ("d", 6, True, 1)):
        Subscription.objects.create(
            code=code, customer=one, product_name="x", start_date=dt.date(2026, 1, 1), is_trial=trial, status=status,
            end_date=AS_OF + dt.timedelta(days=days),
        )  # fmt: skip
    Bundle.objects.create(
        code="p", customer=one, product_name="x", kind=Bundle.Kind.GROUP_PAY, start_date=dt.date(2026, 1, 1),
        end_date=AS_OF + dt.timedelta(days=40),
    )  # fmt: skip

    assert load("subscription_end_day", "trial_end_day", "unified_pay_end_day", "has_handset_bundle") == {
        "subscription_end_day": [DAY + 4],
        "trial_end_day": [DAY + 6],
        "unified_pay_end_day": [DAY + 40],
        "has_handset_bundle": [False],
    }


def test_rare_values_come_only_where_they_say_something(county):
    soon, past = AS_OF + dt.timedelta(days=9), AS_OF - dt.timedelta(days=9)
    add(1, county, points_expiring=700, points_expire_on=soon, plan_fee_fen=58_00, next_plan_fee_fen=38_00)
    add(2, county, points_expiring=700, points_expire_on=past, plan_fee_fen=58_00, next_plan_fee_fen=88_00)
    add(3, county, handset_changed_on=past, broadband_expires_on=soon, balance_fen=0)

    assert load(
        "points_expire_day", "next_plan_fee_fen", "handset_changed_day", "broadband_end_day", "has_balance"
    ) == {
        "points_expire_day": [DAY + 9, 0, 0],
        "next_plan_fee_fen": [38_00, 0, 0],
        "handset_changed_day": [0, 0, DAY - 9],
        "broadband_end_day": [0, 0, DAY + 9],
        "has_balance": [False, False, True],
    }


def test_events_and_cases_of_yesterday_and_today(county):
    one = add(1, county)
    for number, (kind, days_ago) in enumerate(((8, 0), (9, 2), (10, 3), (15, 1))):
        Event.objects.create(customer=one, kind=kind, occurred_at=at(days_ago), source_key=f"e{number}")
    Complaint.objects.create(
        case_code="k", customer=one, opened_at=at(9), closed_at=at(1), level=3, status=Complaint.Status.CLOSED
    )

    wanted = (
        "contact_day",
        "hall_visit_day",
        "roam_day",
        "arrears_stop_day",
        "complaint_closed_day",
        "major_complaint_day",
    )
    assert load(*wanted) == {
        "contact_day": [DAY],
        "hall_visit_day": [DAY],
        "roam_day": [DAY - 3],
        "arrears_stop_day": [DAY - 1],
        "complaint_closed_day": [DAY - 1],
        "major_complaint_day": [DAY - 9],
    }


def test_marks_keep_what_the_next_night_compares_with(county):
    add(1, county, star_level=5, vip_card=3, dual_sim=4, vnet=2, state=3, duty="总经理")
    add(2, county, duty="财务负责人")
    frame = load_frame(bucket=0, as_of=AS_OF, month=month_of(dt.date(2026, 10, 1)), months=3)
    packed = marks(frame)

    assert [before(packed, name).tolist()[0] for name in ("star_level", "vip_card", "dual_sim", "vnet", "state")] == [
        5,
        3,
        4,
        2,
        3,
    ]
    assert before(packed, "duty_mark").tolist() == frame["duty_mark"].tolist()
    assert frame["duty_mark"][0] != frame["duty_mark"][1]
    assert before(0 * packed, "star_level").tolist() == [-1, -1]
