"""COPY BINARY both ways: what goes in comes out, and nothing is guessed."""

from __future__ import annotations

import numpy as np
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cvm.lib import bulk

COLUMNS = [
    ("small", "int2"),
    ("middle", "int4"),
    ("large", "int8"),
    ("single", "float4"),
    ("double", "float8"),
    ("yes", "bool"),
    ("day", "date"),
    ("moment", "timestamptz"),
]
SELECT = "select small, middle, large, single, double, yes, day, moment from bulk_sample order by large"

pytestmark = pytest.mark.django_db


@pytest.fixture
def cursor():
    with connection.cursor() as cursor:
        cursor.execute(
            "create temporary table bulk_sample (small int2, middle int4, large int8, single float4, double float8,"
            " yes bool, day date, moment timestamptz) on commit drop"
        )
        yield cursor


def sample(numbers):
    large = np.arange(len(numbers), dtype=np.int64)
    return {
        "small": np.array([n % 30_000 for n in numbers], np.int16),
        "middle": np.array(numbers, np.int32),
        "large": large,
        "single": np.array(numbers, np.float32),
        "double": np.array(numbers, np.float64) / 3,
        "yes": np.array([n % 2 == 0 for n in numbers], np.bool_),
        "day": np.array([n % 60_000 for n in numbers], np.int64),
        "moment": np.array([n * 1_000_003 for n in numbers], np.int64),
    }


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(-(2**31), 2**31 - 1), max_size=60))
def test_bulk_round_trip_keeps_every_value(cursor, numbers):
    cursor.execute("truncate bulk_sample")
    arrays = sample(numbers)

    written = bulk.write(cursor, "bulk_sample", COLUMNS, arrays)

    found = bulk.read(cursor, SELECT, {}, COLUMNS)
    assert written == len(numbers)
    assert {name: found[name].tolist() for name in found} == {name: arrays[name].tolist() for name in arrays}


def test_bulk_round_trip_crosses_blocks(cursor, monkeypatch):
    monkeypatch.setattr(bulk, "ENCODE_ROWS", 7)
    monkeypatch.setattr(bulk, "DECODE_ROWS", 5)
    arrays = sample(list(range(100)))

    bulk.write(cursor, "bulk_sample", COLUMNS, arrays)

    assert bulk.read(cursor, SELECT, {}, COLUMNS)["middle"].tolist() == list(range(100))


def test_bulk_dates_are_days_since_1970(cursor):
    cursor.execute("insert into bulk_sample (day, moment) values ('1970-01-02', '1970-01-01 00:00:01+00')")

    found = bulk.read(cursor, "select day, moment from bulk_sample", {}, [("day", "date"), ("moment", "timestamptz")])

    assert (found["day"].tolist(), found["moment"].tolist()) == ([1], [1_000_000])


@pytest.mark.parametrize("rows", ["(null, 1)", "(1, 1), (null, 2), (2, 3)"])
def test_bulk_read_refuses_null(cursor, rows):
    cursor.execute(f"insert into bulk_sample (middle, large) values {rows}")

    with pytest.raises(bulk.NotFixedWidth):
        bulk.read(cursor, "select middle from bulk_sample order by large", {}, [("middle", "int4")])


def test_bulk_read_passes_parameters_as_values(cursor):
    cursor.execute("insert into bulk_sample (middle) values (1), (2)")

    found = bulk.read(
        cursor, "select middle from bulk_sample where middle = %(wanted)s", {"wanted": 2}, [("middle", "int4")]
    )

    assert found["middle"].tolist() == [2]


def test_bulk_write_refuses_numbers_that_do_not_fit(cursor):
    with pytest.raises(bulk.OutOfRange):
        bulk.write(cursor, "bulk_sample", [("small", "int2")], {"small": np.array([40_000])})


def test_bulk_write_refuses_uneven_columns(cursor):
    with pytest.raises(bulk.UnevenColumns):
        bulk.write(
            cursor, "bulk_sample", COLUMNS[:2], {"small": np.zeros(2, np.int16), "middle": np.zeros(3, np.int32)}
        )


@pytest.mark.parametrize("name", ["bulk_sample; drop table x", 'a"b', "Upper", ""])
def test_bulk_write_refuses_odd_identifiers(cursor, name):
    with pytest.raises(bulk.BadIdentifier):
        bulk.write(cursor, name, [("small", "int2")], {"small": np.zeros(1, np.int16)})


def test_bulk_packed_yields_views_of_bytea(cursor):
    rows = list(
        bulk.read_packed(cursor, "select 'ab'::bytea, ''::bytea union all select 'c'::bytea, 'd'::bytea", {}, 2)
    )

    assert [tuple(map(bytes, row)) for row in rows] == [(b"ab", b""), (b"c", b"d")]


def test_bulk_packed_refuses_null(cursor):
    with pytest.raises(bulk.NotFixedWidth):
        list(bulk.read_packed(cursor, "select null::bytea", {}, 1))


JOINED = [("large", "int8"), ("middle", "int4"), ("small", "int2")]


def test_bulk_joined_rows_are_those_of_read(cursor):
    rows = [(number % 7 - 3, number * 31, number * 50_000) for number in range(50)]
    cursor.executemany("insert into bulk_sample (small, middle, large) values (%s, %s, %s)", rows)

    found = bulk.read_joined(
        cursor, "select large, middle, small from bulk_sample where large < %(top)s", {"top": 2_000_000}, JOINED
    )

    told = sorted(
        zip(*(found[name].tolist() for name in ("small", "middle", "large")), strict=True), key=lambda row: row[2]
    )
    assert told == rows[:40]
    assert [found[name].dtype for name, _ in JOINED] == [np.dtype("i8"), np.dtype("i4"), np.dtype("i2")]


def test_bulk_joined_rows_of_nothing_are_empty_arrays(cursor):
    found = bulk.read_joined(cursor, "select large, middle, small from bulk_sample", {}, JOINED)

    assert {name: len(values) for name, values in found.items()} == {"large": 0, "middle": 0, "small": 0}


def test_bulk_joined_rows_refuse_null(cursor):
    cursor.execute("insert into bulk_sample (small, middle, large) values (1, 2, 3), (1, null, 4)")

    with pytest.raises(bulk.NotFixedWidth, match="middle int4"):
        bulk.read_joined(cursor, "select large, middle, small from bulk_sample", {}, JOINED)
