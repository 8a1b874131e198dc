"""Contact histories of other systems become contacts, once each."""

from __future__ import annotations

import datetime as dt

import pytest

from callcenter.models import Contact
from customers.tests.files import Desk
from offers.models import Offer

HEADER = ("接触流水号", "用户编码", "维系工号", "渠道", "方向", "开始时间", "结束时间", "接触结果", "拒绝原因")


@pytest.fixture
def desk(tmp_path, db):
    desk = Desk(tmp_path)
    desk.customers(2)
    return desk


def test_contacts_are_taken_in_once(desk):
    first = ("K1", "U1", "", "外呼", "呼出", "2026-11-01 10:00:00", "2026-11-01 10:03:00", "接通-拒绝", "资费高")
    second = ("K2", "U2", "0", "短信", "呼入", "2026-11-02 10:00:00", "", "无人接听", "")
    desk.take(desk.write("接触.csv", HEADER, first))

    result = desk.take(desk.write("接触2.csv", HEADER, first, second))

    assert (result.account.accepted, result.account.new, result.account.changed) == (2, 1, 0)
    assert list(
        Contact.objects.order_by("source_key").values_list("source_key", "outcome", "channel", "is_outbound")
    ) == [
        ("K1", "refused", "call", True),
        ("K2", "no_answer", "sms", False),
    ]
    assert Contact.objects.get(source_key="K2").ended_at == dt.datetime(2026, 11, 2, 2, tzinfo=dt.UTC)


def test_offer_of_a_contact_is_found_by_its_code(desk):
    row = ("K1", "U1", "", "外呼", "呼出", "2026-11-01 10:00:00", "", "接通-已办理", "")
    header, offer = (*HEADER, "受理优惠编码"), Offer.objects.get(code="RENEW-12")
    desk.take(desk.write("接触.csv", header, (*row, "RENEW-12"), ("K2", *row[1:], "")))
    wrong = desk.take(desk.write("接触2.csv", header, ("K3", *row[1:], "NO-SUCH")))
    desk.take(desk.write("接触3.csv", HEADER, (*row[:5], "2026-11-01 11:00:00", *row[6:])))  # without the column

    assert [(one.line, one.reason) for one in wrong.account.rejects] == [(2, "unknown_offer")]
    assert dict(Contact.objects.values_list("source_key", "offer_id")) == {"K1": offer.pk, "K2": 0}


def test_contacts_that_end_before_they_begin_are_rejected(desk):
    row = ("K1", "U1", "", "外呼", "呼出", "2026-11-01 10:00:00", "2026-11-01 09:00:00", "接通-拒绝", "")

    result = desk.take(desk.write("接触.csv", HEADER, row, ("K2", "U1", "nobody", *row[3:])))

    assert sorted((one.line, one.reason) for one in result.account.rejects) == [
        (2, "out_of_order"),
        (3, "unknown_staff"),
    ]
