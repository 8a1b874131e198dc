"""Use of the running month and subscriptions: one row per customer and month, one per code; a code tells the arrears."""

from __future__ import annotations

import datetime as dt

from customers.importing.reasons import Reason
from customers.models import Customer, Subscription, UsageMonth
from customers.tests.files import why
from customers.tests.test_import_kinds import counts

USE = ("用户编码", "统计日期", "当月累计流量（GB）", "零次通话天数", "网内通话时长占比（%）")
TAKEN = ("订购编号", "用户编码", "增值业务名称", "是否免费体验", "功能费（元）", "订购时间", "失效时间")


def take(desk, name, header, *rows):
    return desk.take(desk.write(name, header, *rows))


def used():
    fields = ("customer_id", "month", "measured_on", "data_used_mb", "zero_call_days", "onnet_bp")
    return list(UsageMonth.objects.order_by("customer_id", "month").values_list(*fields))


def test_a_later_day_replaces_an_earlier_one_and_never_the_other_way_round(desk):
    desk.customers(2)
    month, first, second = dt.date(2026, 10, 1), dt.date(2026, 10, 10), dt.date(2026, 10, 20)

    result = take(desk, "当月用量1.csv", USE, ("U1", "2026-10-20", "2", "3", "61.5"), ("U2", "20261010", "", "", ""))
    assert counts(result) == (2, 0, 0, 0, 0)
    older = take(desk, "当月用量2.csv", USE, ("U1", "2026-10-10", "1", "0", "70"), ("U2", "2026-10-11", "1", "1", ""))

    assert counts(older) == (0, 1, 1, 0, 0)
    assert used() == [(1, month, second, 2048, 3, 6150), (2, month, first + dt.timedelta(days=1), 1024, 1, None)]


def test_a_share_above_one_hundred_percent_is_rejected(desk):
    desk.customers(1)

    result = take(desk, "当月用量.csv", USE, ("U1", "2026-10-20", "1", "1", "101"))

    assert why(result) == [(2, "网内通话时长占比（%）", Reason.OUT_OF_RANGE)]


def test_subscriptions_are_known_by_their_code_and_cannot_end_before_they_start(desk):
    desk.customers(1)
    good, bad = (
        ("D1", "U1", "视频彩铃", "是", "0", "2026-10-01", "2026-10-31"),
        ("D2", "U1", "x", "否", "6", "2026-10-05", "2026-10-01"),
    )

    result = take(desk, "增值订购.csv", TAKEN, good, bad)

    assert [reason for *_where, reason in why(result)] == [Reason.OUT_OF_ORDER]
    one = Subscription.objects.get()
    assert (one.code, one.is_trial, one.end_date) == ("D1", True, dt.date(2026, 10, 31))


def test_the_state_code_says_why_a_line_is_suspended(desk):
    desk.customers(3)
    rows = [("U1", "A"), ("U2", "2"), ("U3", "0")]

    take(desk, "客户资料.csv", ("用户编码", "用户状态"), *rows)

    assert list(Customer.objects.order_by("pk").values_list("state", "stop_reason")) == [(2, 1), (3, 3), (1, 0)]
