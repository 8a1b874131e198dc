"""Every spelling the importer must survive, and every one it must refuse (DOMAIN 3.11)."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.importing import fields
from customers.importing.parsing import VERDICTS, Spelling, parse
from customers.importing.words import header_of
from cvm.lib.months import day_number, month_of

YUAN = Spelling(100, 1)
MONEY = fields.money("arpu_fen")
DAY = fields.day("day")
MONTH = fields.Field("month", "month")
INSTANT = fields.instant("at")


def read(field, *texts, spelling=YUAN):
    """Return each text's value, or the name of what is wrong with it."""
    parsed = parse(pa.array(texts, pa.string()), field, spelling)
    values = parsed.values.to_pylist() if isinstance(parsed.values, pa.Array) else parsed.values.tolist()
    return [VERDICTS[verdict] or value for value, verdict in zip(values, parsed.verdicts, strict=True)]


@given(st.integers(-(2**31) + 1, 2**31 - 1))
def test_money_two_decimals_are_exact(amount_fen):
    sign = "-" if amount_fen < 0 else ""
    text = f"{sign}{abs(amount_fen) // 100}.{abs(amount_fen) % 100:02d}"

    assert read(MONEY, text) == [amount_fen]


@given(st.lists(st.decimals(-10_000_000, 10_000_000, places=2), max_size=30))
def test_money_column_equals_its_cells(amounts):
    texts = [str(amount) for amount in amounts]

    assert read(MONEY, *texts) == [cell for text in texts for cell in read(MONEY, text)]


def test_money_survives_every_spelling():
    assert read(MONEY, "119.99", "1E+2", "1,234.50", "-20.0", " 5 ", "１２．５", "0", "0.10") == [
        11999,
        10000,
        123450,
        -2000,
        500,
        1250,
        0,
        10,
    ]


def test_money_beyond_the_fen_rounds_halves_away_from_zero():
    assert read(MONEY, "0.005", "-0.005", "0.0049", "119.994") == [1, -1, 0, 11999]


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"), [(100, 1, 1199900), (1, 1, 11999), (1, 10, 1200), (1_000_000, 1, None)]
)
def test_money_unit_is_exact(numerator, denominator, expected):
    found = read(MONEY, "11999", spelling=Spelling(numerator, denominator))

    assert found == [expected if expected is not None else "out_of_range"]


def test_money_refuses_words_and_overflow():
    assert read(MONEY, "坏", "1.2.3", "99999999999", "NaN", "Infinity") == [
        "not_a_number",
        "not_a_number",
        "out_of_range",
        "empty",
        "not_a_number",
    ]


def test_null_words_are_empty():
    assert read(MONEY, "null", "-", "", " ", "NULL") == ["empty"] * 5


def test_text_keeps_ids_zeros_and_the_name_na():
    assert read(fields.text("name"), "NA", "012345678901234567", " 张三 ", "null") == [
        "NA",
        "012345678901234567",
        "张三",
        "empty",
    ]


def test_text_longer_than_its_field_is_refused():
    assert read(fields.text("name", length=3), "四个汉字", "三个字") == ["too_long", "三个字"]


def test_whole_numbers_are_not_rounded():
    assert read(fields.count("n"), "3", "3.0", "3.5", "-1", "1.2E+1", spelling=Spelling()) == [
        3,
        3,
        "not_whole",
        "out_of_range",
        12,
    ]


def test_measures_are_rounded_from_their_unit():
    seconds = Spelling(*fields.VOICE_UNITS["s"])
    kilobytes = Spelling(*fields.DATA_UNITS["KB"])

    assert read(fields.minutes("voice_min"), "90", "29", spelling=seconds) == [2, 0]
    assert read(fields.data("data_mb"), "1048576", "512", spelling=kilobytes) == [1024, 1]


def test_yes_and_no_in_every_spelling():
    assert read(fields.flag("is_signed"), "是", "Y", "1", "true", "否", "n", "0", "也许", "") == [
        True,
        True,
        True,
        True,
        False,
        False,
        False,
        "not_yes_or_no",
        "empty",
    ]


@given(st.dates(dt.date(1900, 1, 1), dt.date(2098, 12, 31)))
def test_days_in_every_spelling(day):
    texts = [f"{day:%Y%m%d}", f"{day:%Y/%m/%d}", f"{day:%Y-%m-%d}", f"{day.year}年{day.month}月{day.day}日"]

    assert read(DAY, *texts) == [day_number(day)] * 4


@given(st.dates(dt.date(1990, 1, 1), dt.date(2098, 12, 1)))
def test_months_in_every_spelling(day):
    texts = [f"{day:%Y%m}", f"{day:%Y-%m}", f"{day.year}年{day.month}月", f"{day:%Y%m}.0"]

    assert read(MONTH, *texts) == [month_of(day)] * 4


def test_days_refuse_what_no_calendar_has():
    assert read(DAY, "20170231", "2017-13-01", "昨天", "18990101") == ["not_a_date"] * 4
    assert read(MONTH, "201713", "2017") == ["not_a_month"] * 2


def test_never_is_an_empty_day():
    assert read(DAY, "20991231235959", "2099-12-31", "9999/12/31") == ["empty"] * 3


def test_excel_serial_is_a_day():
    assert read(DAY, "43100", "43100.5") == [day_number(dt.date(2017, 12, 31))] * 2


def test_instants_are_read_in_business_time():
    expected = int(dt.datetime(2017, 12, 31, 2, 11, 12, tzinfo=dt.UTC).timestamp()) * 1_000_000

    assert read(INSTANT, "2017-12-31 10:11:12", "20171231101112", "2017/12/31 10:11:12") == [expected] * 3


def test_phone_numbers_survive_excel_but_lost_digits_do_not():
    assert read(fields.MSISDN, "13800138000", "13800138000.0", "1.3800138000E+10", "+86 138 0013 8000", "1.38E+10") == [
        "13800138000",
        "13800138000",
        "13800138000",
        "13800138000",
        "lost_digits",
    ]


def test_choice_translates_the_words_of_the_template():
    spelling = Spelling(words={"正使用": 1, "N": 1, "0": 1})

    assert read(fields.choice("state"), "正使用", "n", "0.0", "飞走", spelling=spelling) == [1, 1, 1, "unknown_word"]


@pytest.mark.parametrize(
    ("written", "name", "unit"),
    [
        ("当月ARPU（元）\n", "当月ARPU", "yuan"),
        ("  上月流量(MB) ", "上月流量", "MB"),
        ("客户姓名：", "客户姓名", ""),
        ("姓名（模糊化）", "姓名(模糊化)", ""),
        ("ＡＲＰＵ（厘）", "ARPU", "li"),
        ("\ufeff账期", "账期", ""),
    ],
)
def test_header_is_normalised_and_its_unit_read(written, name, unit):
    header = header_of(written)

    assert (header.name, header.unit) == (name, unit)
