"""A file's mapping is guessed from its headers and its first rows, and each guess says what it rests on."""

from __future__ import annotations

import pytest

from customers.importing import guessing, targets
from customers.importing.looks import data_unit, look_of, money_unit, voice_unit

BILLS = ("账期", "用户编码", "手机号码", "当月ARPU（元）", "主叫MOU（分）", "DOU（GB）")
ROWS = tuple(("202610", f"U{n:06d}", f"1380013{n:04d}", f"{60 + n}.50", "120", "8") for n in range(9))


@pytest.fixture(scope="module")
def known():
    return guessing.dictionary({kind: targets.target_of(kind).fields for kind in targets.kinds()})


def fields_of(found):
    return [(column.field, column.unit, column.why) for column in found.columns]


def test_known_headers_give_kind_fields_and_units(known):
    found = guessing.guess((BILLS, *ROWS), known)

    assert (found.kind, found.has_header, found.missing) == ("bills", True, ())
    assert fields_of(found) == [
        ("month", "", "same"),
        ("user_code", "", "same"),
        ("msisdn", "", "same"),
        ("arpu_fen", "yuan", "same"),
        ("voice_min", "min", "same"),
        ("data_mb", "GB", "same"),
    ]
    assert [column.date_format for column in found.columns] == ["YYYYMM", "", "", "", "", ""]


def test_file_without_header_is_read_by_its_values(known):
    found = guessing.guess(ROWS, known)

    assert (found.kind, found.has_header) == ("bills", False)
    assert fields_of(found)[:4] == [
        ("month", "", "content"),
        ("user_code", "", "place"),
        ("msisdn", "", "content"),
        ("arpu_fen", "yuan", "place"),
    ]
    assert [column.position for column in found.columns] == [1, 2, 3, 4, 5, 6]


def test_real_list_headers_find_their_fields_and_the_others_say_why_not(known):
    headers = (
        "手机号码",
        "用户编码\n",
        "用户状态",
        "姓名（模糊化）",
        "归属县市：",
        "贵宾卡级别",
        "近期常去渠道网点",
        "最新话费余额（元）",
        "近三个月平均消费",
        "2022年价值拍照客户",
        "24年拍照高价值客户",
        "avg_arpu_2023",
        "谁也不认识的列",
    )

    found = guessing.guess((headers,), known)

    assert found.kind == "profile"
    assert [(column.field, column.why) for column in found.columns] == [
        ("msisdn", "same"),
        ("user_code", "same"),
        ("state", "same"),
        ("name", "same"),
        ("county", "same"),
        ("vip_card", "same"),
        ("hall", "same"),
        ("balance_fen", "same"),
        ("", "not_stored"),
        ("", "year"),
        ("", "year"),
        ("", "year"),
        ("", "none"),
    ]


def test_usage_headers_of_a_provincial_list_are_bills(known):
    found = guessing.guess((("统计月", "服务号码", "上月消费（元）", "上月计费时长（分）", "当月累计-流量"),), known)

    assert found.kind == "bills"
    assert [column.field for column in found.columns] == ["month", "msisdn", "arpu_fen", "voice_min", "data_mb"]


def test_header_that_contains_a_known_one_is_likely_not_sure(known):
    found = guessing.guess((("账期", "用户编码", "本月当月出账收入"), ("202610", "U1", "66")), known)

    bill = found.fields["arpu_fen"]
    assert (bill.header, bill.why) == ("本月当月出账收入", "alike")
    assert 40 <= bill.confidence < 90


def test_a_column_fills_one_field_and_a_field_takes_one_column(known):
    found = guessing.guess((("账期", "用户编码", "当月ARPU", "上月消费", "出账收入"),), known)

    named = [column.field for column in found.columns if column.field]
    assert sorted(named) == sorted(set(named))


def test_values_against_the_header_lower_the_confidence(known):
    honest = guessing.guess((("账期", "用户编码", "当月ARPU"), ("202610", "U1", "5")), known).fields["arpu_fen"]
    doubtful = guessing.guess((("账期", "用户编码", "当月ARPU"), ("202610", "U1", "高")), known).fields["arpu_fen"]

    assert (honest.confidence, doubtful.confidence) == (100, 50)


def test_file_name_decides_between_kinds_with_the_same_columns(known):
    rows = (("用户编码", "渠道", "时间"),)

    assert guessing.guess(rows, known, file_name="事件_202610.csv").kind == "events"
    assert guessing.guess(rows, known, file_name="接触_202610.csv").kind == "contacts"


def test_person_decides_kind_and_header(known):
    found = guessing.guess((BILLS, *ROWS), known, kind="profile", has_header=False)

    assert (found.kind, found.has_header) == ("profile", False)
    assert found.missing == ()


def test_required_fields_that_are_not_there_are_named(known):
    found = guessing.guess((("账期", "短信条数"), ("202610", "3")), known, kind="bills")

    assert found.missing == ("user_code", "arpu_fen")


@pytest.mark.parametrize("rows", [(), ((),), (("",),), (("", ""), ("", ""))])
def test_empty_file_has_no_columns_to_guess(known, rows):
    found = guessing.guess(rows, known)

    assert not found.has_header
    assert all(not column.field for column in found.columns)


@pytest.mark.parametrize(
    ("cells", "kind", "pattern"),
    [
        (["13800138000", "13900138001.0", "1.38E+10"], "phone", ""),
        (["138****8000"], "phone", ""),
        (["202610", "202609"], "month", "YYYYMM"),
        (["2026-10", "2026年9月"], "month", "YYYY-MM"),
        (["20261022"], "day", "YYYYMMDD"),
        (["2026/10/2", "2026年10月3日"], "day", "YYYY-MM-DD"),
        (["2026-10-22 10:00:00", "20991231235959"], "instant", "YYYY-MM-DD hh:mm"),
        (["是", "否", "-"], "flag", ""),
        (["12.5", "1,200", "¥3"], "number", ""),
        (["U000001"], "code", ""),
        (["王小明"], "text", ""),
        (["", "NULL"], "empty", ""),
    ],
)
def test_values_tell_what_a_column_is(cells, kind, pattern):
    look = look_of(cells)

    assert (look.kind, look.pattern) == (kind, pattern)


@pytest.mark.parametrize(
    ("cells", "unit"),
    [(["88.5"], "yuan"), (["20"], "yuan"), (["300"], "yuan"), (["8850"], "fen"), (["88500"], "li"), (["0"], ""), (["5"], "")],
)  # fmt: skip
def test_money_unit_follows_the_median(cells, unit):
    assert money_unit(look_of(cells)) == unit


def test_traffic_and_talk_units_follow_the_median():
    assert [data_unit(look_of([cell])) for cell in ("8.25", "8192", "8589934", "8589934592")] == ["GB", "MB", "KB", "B"]
    assert [voice_unit(look_of([cell])) for cell in ("300", "18000")] == ["min", "s"]


def test_fees_of_a_file_are_written_in_the_unit_of_its_bill(known):
    headers = ("账期", "用户编码", "当月ARPU", "短信费")

    found = guessing.guess((headers, ("202610", "U1", "8800", "40"), ("202610", "U2", "9900", "50")), known)

    assert [found.fields[name].unit for name in ("arpu_fen", "sms_fee_fen")] == ["fen", "fen"]
