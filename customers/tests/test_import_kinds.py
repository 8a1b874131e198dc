"""Key persons, network quality, service logs, the words of complaints, and events only we may make."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from customers.importing.reasons import Reason
from customers.importing.targets import kinds, target_of
from customers.importing.templates import FOLDER, ORDER
from customers.models import Complaint, Customer, Event, GroupAccount, MappingTemplate, NetworkQuality, ServiceLog
from customers.tests.files import why

WHO = "用户编码"


def counts(result):
    """Return new, changed, unchanged, rejected, duplicate; together they are the rows read."""
    account = result.account
    found = (account.new, account.changed, account.unchanged, len(account.rejects), account.duplicate)
    assert sum(found) == account.read
    return found


@pytest.fixture
def group(desk):
    desk.customers(3)
    return GroupAccount.objects.create(code="JT1", name="江城第一中学", group_class=2)


def test_every_kind_of_an_operator_file_has_a_target():
    shipped = [json.loads(path.read_text("utf-8")) for path in FOLDER.glob("operator_*.json")]
    for one in shipped:
        known = {field.name for field in target_of(one["kind"]).fields}
        assert one["spec"]["fields"].keys() <= known
    assert {one["kind"] for one in shipped} <= set(kinds()) <= set(MappingTemplate.Kind.values) == set(ORDER)


# --- key persons ---------------------------------------------------------------------------------

KEY_PERSONS = ("集团编号", WHO, "职务")


def key_persons(desk, *rows, header=KEY_PERSONS, name="关键人.csv"):
    return desk.take(desk.write(name, header, *rows))


def person(pk):
    return Customer.objects.values_list("group__code", "is_key_person", "duty").get(pk=pk)


def test_key_persons_join_their_group_with_their_duty(desk, group):
    result = key_persons(desk, ("JT1", "U1", "办公室主任"), ("JT1", "U2", ""))

    assert (counts(result), person(1), person(2), person(3)) == (
        (0, 2, 0, 0, 0),
        ("JT1", True, "办公室主任"),
        ("JT1", True, ""),
        (None, False, ""),
    )


def test_key_persons_again_change_nothing(desk, group):
    key_persons(desk, ("JT1", "U1", "主任"))

    result = key_persons(desk, ("JT1", "U1", "主任"), ("JT1", "U1", "主任"), name="关键人2.csv")

    assert counts(result) == (0, 0, 1, 0, 1)


def test_key_persons_reject_who_is_unknown_and_who_is_named_twice_differently(desk, group):
    result = key_persons(desk, ("JT9", "U1", ""), ("JT1", "U9", ""), ("JT1", "U2", "甲"), ("JT1", "U2", "乙"))

    assert sorted(why(result)) == [
        (2, "集团编号", Reason.UNKNOWN_GROUP),
        (3, WHO, Reason.UNKNOWN_CUSTOMER),
        (5, WHO, Reason.CONFLICT),
    ]
    assert counts(result) == (0, 1, 0, 3, 0)


def test_absent_columns_of_key_persons_wipe_nothing(desk, group):
    key_persons(desk, ("JT1", "U1", "主任"))

    result = key_persons(desk, ("U1", "否"), header=(WHO, "是否关键人"), name="关键人2.csv")

    assert (counts(result), person(1)) == ((0, 1, 0, 0, 0), ("JT1", False, "主任"))


# --- network quality -----------------------------------------------------------------------------

NETWORK = ("手机号码", "统计日期", "语音质差次数", "上网质差次数", "断网恢复时间", "小区")


def network(desk, *rows, header=NETWORK, name="网络质量.csv"):
    return desk.take(desk.write(name, header, *rows))


def measured():
    fields = ("customer_id", "measured_on", "poor_voice", "poor_data", "cell")
    return list(NetworkQuality.objects.order_by("customer_id", "measured_on").values_list(*fields))


def test_network_quality_is_one_row_per_customer_and_day(desk):
    desk.customers(2)

    result = network(
        desk,
        ("13800000001", "2026-10-31", "3", "12", "2026-10-30 08:15:00", "城关-3"),
        ("13800000001", "2026-11-20", "0", "1", "", ""),
        ("13800000002", "20261031", "", "", "", ""),
    )

    october, november = dt.date(2026, 10, 31), dt.date(2026, 11, 20)
    assert counts(result) == (3, 0, 0, 0, 0)
    assert measured() == [(1, october, 3, 12, "城关-3"), (1, november, 0, 1, ""), (2, october, 0, 0, "")]
    assert NetworkQuality.objects.get(poor_voice=3).outage_ended_at == dt.datetime(2026, 10, 30, 0, 15, tzinfo=dt.UTC)


def test_network_quality_again_changes_only_what_differs(desk):
    desk.customers(2)
    rows = [(f"1380000000{n}", "2026-10-31", "3", "12", "", "城关-3") for n in (1, 2)]
    network(desk, *rows)

    again = network(desk, *rows, rows[0], name="网络质量2.csv")
    fewer_columns = network(desk, (rows[0][0], rows[0][1], "5"), header=NETWORK[:3], name="网络质量3.csv")

    assert (counts(again), counts(fewer_columns)) == ((0, 0, 2, 0, 1), (0, 1, 0, 0, 0))
    assert measured()[0] == (1, dt.date(2026, 10, 31), 5, 12, "城关-3")


def test_network_quality_rejects_what_cannot_be(desk):
    desk.customers(1)

    result = network(
        desk,
        ("13800000001", "", "1", "1", "", ""),
        ("13800000001", "2026-10-31", "-1", "1", "", ""),
        ("13900000001", "2026-10-31", "1", "1", "", ""),
        ("13800000001", "2026-10-31", "1", "1", "昨天", ""),
    )

    assert sorted(why(result)) == [
        (2, "统计日期", Reason.MISSING),
        (3, "语音质差次数", Reason.OUT_OF_RANGE),
        (4, "手机号码", Reason.UNKNOWN_CUSTOMER),
        (5, "断网恢复时间", Reason.NOT_A_DATE),
    ]


# --- service logs --------------------------------------------------------------------------------

SERVICE = ("服务流水号", WHO, "服务时间", "服务渠道", "服务类型", "服务内容", "服务工号")


def service(desk, *rows, name="服务记录.csv", **options):
    return desk.take(desk.write(name, SERVICE, *rows, **options))


def test_service_logs_are_known_by_their_key(desk):
    desk.customers(1)
    row = ("F1", "U1", "2026-11-02 09:30:00", "10086", "资费咨询", "问家庭套餐|费用", "8001")

    first = service(desk, row, separator="\t")
    again = service(desk, row, row, name="服务记录2.csv")
    changed = service(desk, (*row[:5], "问携号转网", "8001"), name="服务记录3.csv")

    assert [counts(one) for one in (first, again, changed)] == [(1, 0, 0, 0, 0), (0, 0, 1, 0, 1), (0, 1, 0, 0, 0)]
    (log,) = ServiceLog.objects.all()
    assert (log.customer_id, log.channel, log.category, log.content, log.agent) == (
        1,
        "10086",
        "资费咨询",
        "问携号转网",
        "8001",
    )


def test_service_logs_reject_what_names_nobody_or_no_time(desk):
    desk.customers(1)

    result = service(
        desk,
        ("F1", "U9", "2026-11-02", "", "", "", ""),
        ("F2", "U1", "", "", "", "", ""),
        ("", "U1", "2026-11-02", "", "", "", ""),
        ("F3", "U1", "2026-11-02", "", "", "长" * 4001, ""),
        ("F4", "U1", "2026-11-02", "", "", "长" * 4000, ""),
    )

    assert sorted(why(result)) == [
        (2, WHO, Reason.UNKNOWN_CUSTOMER),
        (3, "服务时间", Reason.MISSING),
        (4, "服务流水号", Reason.MISSING),
        (5, "服务内容", Reason.TOO_LONG),
    ]
    assert ServiceLog.objects.get().source_key == "F4"


# --- complaints and events -----------------------------------------------------------------------


def test_complaints_bring_their_words(desk):
    desk.customers(1)
    header = ("工单编号", WHO, "受理时间", "投诉类别", "投诉内容")

    desk.take(desk.write("投诉.csv", header, ("T1", "U1", "2026-11-02", "资费争议", "多扣了增值费")))
    desk.take(desk.write("投诉2.csv", header[:4], ("T1", "U1", "2026-11-02", "资费")))

    assert Complaint.objects.values_list("category", "content").get() == ("资费", "多扣了增值费")


def test_transfers_of_ownership_are_ours_to_find(desk):
    desk.customers(1)
    template = MappingTemplate.objects.get(kind="events", name="operator")
    template.spec["fields"]["kind"]["words"] |= {"过户": Event.Kind.OWNER_CHANGED.value}
    template.save()

    header = ("流水号", WHO, "事件类型", "发生时间")
    rows = (("1", "U1", "过户", "2026-11-02"), ("2", "U1", "到厅", "2026-11-02"))
    result = desk.take(desk.write("事件.csv", header, *rows))

    assert why(result) == [(2, "事件类型", Reason.UNKNOWN_WORD)]
    assert Event.objects.get().kind == Event.Kind.HALL_VISIT


# --- groups --------------------------------------------------------------------------------------


def test_groups_are_spelled_for_the_search_box(desk):
    header = ("集团编号", "集团名称", "集团类别")
    desk.take(desk.write("集团.csv", header, ("JT1", "单县一中", "A")))
    renamed = desk.take(desk.write("集团2.csv", header, ("JT1", "江城一中", "A")))
    again = desk.take(desk.write("集团3.csv", header, ("JT1", "江城一中", "A"), ("JT1", "江城一中", "A")))

    spelled = GroupAccount.objects.values_list("name_pinyin", "name_initials").get()
    assert (spelled, counts(renamed), counts(again)) == (
        ("jiangchengyizhong", "jcyz"),
        (0, 1, 0, 0, 0),
        (0, 0, 1, 0, 1),
    )
