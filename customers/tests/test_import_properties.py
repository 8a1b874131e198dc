"""Whatever stands in a cell becomes a value or a reason, and money is exact in every unit."""

from __future__ import annotations

import datetime as dt
import io
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.importing import fields
from customers.importing.cell_text import cell_text
from customers.importing.cells import float_texts
from customers.importing.errors import FileDamaged
from customers.importing.headers import looks_like_data
from customers.importing.parsing import VERDICTS, Spelling, digits_of_scientific, parse, resident_id_of_text
from customers.importing.sheet_child import write_block
from customers.importing.sheets import blocks_of
from customers.importing.words import MONEY_UNITS, header_of
from cvm.lib.months import day_number, month_of

QUICK = settings(max_examples=60, deadline=None)
MONEY = fields.money("arpu_fen")
EVERY = (
    MONEY,
    fields.text("name"),
    fields.USER_CODE,
    fields.MSISDN,
    fields.Field("id", "resident_id", empty=""),
    fields.Field("month", "month"),
    fields.day("day"),
    fields.instant("at"),
    fields.count("count"),
    fields.flag("flag"),
    fields.choice("state"),
)
CELLS = st.lists(
    st.one_of(st.floats(), st.text(max_size=5).filter(bool), st.booleans(), st.integers(-(2**53), 2**53)), max_size=8
)
WRITTEN = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=24),
    st.text("0123456789.-+eE,年月日/: ￥元NaInf", max_size=20),
    st.floats().map(repr),
    st.datetimes().map(str),
    st.integers().map(str),
)


def read(field, *texts, spelling=None):
    parsed = parse(pa.array(texts, pa.string()), field, spelling or Spelling(words={"A": 1}))
    values = parsed.values.to_pylist() if isinstance(parsed.values, pa.Array) else parsed.values.tolist()
    return [VERDICTS[verdict] or value for value, verdict in zip(values, parsed.verdicts, strict=True)]


@QUICK
@given(st.lists(WRITTEN, min_size=1, max_size=8))
def test_no_parser_ever_raises(texts):
    for field in EVERY:
        found = read(field, *texts)

        assert len(found) == len(texts)
        assert found == [cell for text in texts for cell in read(field, text)]


@QUICK
@given(st.decimals(-9_000_000, 9_000_000, places=4), st.sampled_from(sorted(MONEY_UNITS)))
def test_money_in_any_unit_equals_exact_fractions(amount, unit):
    numerator, denominator = MONEY_UNITS[unit]
    exact = abs(Fraction(amount)) * numerator / denominator
    fen = int(exact + Fraction(1, 2)) * (-1 if amount < 0 else 1)

    found = read(MONEY, str(amount), f" {amount} ", spelling=Spelling(numerator, denominator))

    assert found == [fen if abs(fen) <= fields.INT4 else "out_of_range"] * 2


@QUICK
@given(st.dates(dt.date(1900, 1, 1), dt.date(2098, 12, 31)))
def test_days_and_months_come_back_from_every_spelling(day):
    days = [
        f"{day:%Y%m%d}", f"{day:%Y-%m-%d}", f"{day.year}/{day.month}/{day.day}", f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y-%m-%d} 00:00:00", f"{day:%Y%m%d}.0", f"{day:%Y%m%d}".translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    ]  # fmt: skip
    months = [f"{day:%Y%m}", f"{day:%Y-%m}", f"{day.year}年{day.month}月", f"{day.year}/{day.month}", f"{day:%Y%m%d}"]

    assert read(fields.day("day"), *days) == [day_number(day)] * len(days)
    assert read(fields.Field("month", "month"), *months) == [month_of(day)] * len(months)


@QUICK
@given(st.integers(0, 2**31 - 1))
def test_whole_numbers_come_back_from_every_spelling(number):
    texts = [str(number), f"{number}.0", f"{number:,}", f" {number}"]

    assert read(fields.count("n"), *texts, spelling=Spelling()) == [number] * len(texts)


@QUICK
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_header_read_twice_is_the_same(written):
    once = header_of(written)

    assert header_of(once.name).name == once.name or header_of(once.name).unit  # 金额（元）（元） names its unit twice


@QUICK
@given(st.integers(10**10, 10**15 - 1))
def test_exponents_are_written_out_only_when_no_digit_is_lost(number):
    digits = str(number)
    whole = f"{digits[0]}.{digits[1:]}E+{len(digits) - 1:02d}"
    rounded = f"{digits[0]}.{digits[1:3]}E+{len(digits) - 1:02d}"

    assert digits_of_scientific(whole) == digits
    assert read(fields.USER_CODE, whole, rounded) == [digits, "lost_digits"]


@QUICK
@given(CELLS, st.integers(0, 3))
def test_rows_of_a_workbook_come_out_of_the_stream_as_their_cells(cells, blank):
    """Whatever mixture stands in a column, in one block or two; rows without any text are none."""
    rows = [(cell, "文字") for cell in cells] + [("", "")] * blank
    stream = handed_over(rows) + handed_over(rows[:1], first=100)

    found = [(mark, *row) for columns, marks in blocks_of(stream, [0, 1, 0]) for mark, *row in lines(columns, marks)]

    told = [(place, cell_text(cell), "文字", cell_text(cell)) for place, cell in enumerate(cells)]
    assert found == [*told, *((100, *row[1:]) for row in told[:1])]


@QUICK
@given(CELLS.filter(len), st.data())
def test_stream_that_was_cut_is_refused(cells, data):
    stream = handed_over([(cell, "文字") for cell in cells])
    cut = data.draw(st.integers(1, len(stream) - 1))

    with pytest.raises(FileDamaged):
        list(blocks_of(stream[:cut], [0, 1]))


def handed_over(rows, *, first=0):
    """Return rows as the child process leaves them, marked from `first` on."""
    out = io.BytesIO()
    if rows:
        write_block(out, list(range(first, first + len(rows))), [list(row) for row in rows], width=2)
    return out.getvalue()


def lines(columns, marks):
    return zip(marks.tolist(), *(column.to_pylist() for column in columns), strict=True)


@QUICK
@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=8))
def test_floats_are_written_so_that_they_come_back(numbers):
    texts = float_texts(pa.array(numbers)).to_pylist()
    assert texts == [cell_text(number) for number in numbers]
    for text, number in zip(texts, numbers, strict=True):
        assert float(text) == number
        assert abs(number) < 2**53 or "E" in text or "inf" in text or "e" in text


@QUICK
@given(st.integers(0, 10**17 - 1))
def test_resident_ids_have_one_check_digit(number):
    right = []
    for check in "0123456789X":
        try:
            right.append(resident_id_of_text(f"{number:017d}{check}"))
        except ValueError:
            continue

    assert len(right) == 1


def test_resident_id_of_the_standard_is_right():
    field = fields.Field("id", "resident_id", empty="")

    assert read(field, "11010519491231002X", "110105194912310021", "1.10105E+17", "11010519491231002x") == [
        "11010519491231002X", "not_an_id", "lost_digits", "11010519491231002X",
    ]  # fmt: skip


def test_first_row_of_names_is_told_from_a_row_of_data():
    assert looks_like_data(["201710", "U1", "12.50"])
    assert looks_like_data(["13800138000", "王伟", "2020-01-15"])
    assert not looks_like_data(["账期", "用户编码", "当月ARPU（元）", "2023"])
    assert not looks_like_data([])


def test_large_amounts_with_a_fraction_keep_their_digits():
    assert float_texts(pa.array([10_000_000_000.5, 9_999_999_999.5])).to_pylist() == ["10000000000.5", "9999999999.5"]
