"""The stored columns: width, range, and what identifies a result."""

import datetime as dt

import numpy as np
import pytest

from customers.frame import Frame
from cvm.night import standing
from cvm.night.errors import ValueOutOfRange
from cvm.night.parcel import checksum, pack, unpack


def frame(size=2, **columns):
    everything = {name: np.ones(size, np.int64) for name, _ in standing.WIRE} | {"id": np.arange(1, size + 1)}
    return Frame(as_of=dt.date(2026, 9, 1), month=24319, columns=everything | columns, history={})


def test_columns_take_their_stored_width():
    columns = standing.columns_of(frame(), run_id=7)

    assert columns["run_id"].tolist() == [7, 7]
    assert {name: columns[name].dtype.name for name in ("customer_id", "cum3_fen", "band")} == {
        "customer_id": "int32",
        "cum3_fen": "int64",
        "band": "int16",
    }


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("band", [6, 1]),
        ("band", [-1, 1]),
        ("arpu_fen", [2**31, 0]),
        ("churn_ppm", [1_000_001, 0]),
        ("score", [np.nan, 1.0]),
    ],
)
def test_number_out_of_range_is_refused(column, values):
    with pytest.raises(ValueOutOfRange, match=column):
        standing.columns_of(frame(**{column: np.array(values)}), run_id=1)


def test_nobody_is_written_as_nothing():
    assert {len(values) for values in standing.columns_of(frame(size=0), run_id=1).values()} == {0}


def test_checksum_tells_values_and_columns_apart():
    one = {"a": np.array([1, 2]), "b": np.array([3, 4])}
    same = {"b": np.array([3, 4]), "a": np.array([1, 2])}
    other = {"a": np.array([1, 2]), "b": np.array([3, 5])}
    renamed = {"a": np.array([1, 2]), "c": np.array([3, 4])}

    assert checksum(one) == checksum(same)
    assert len({checksum(one), checksum(other), checksum(renamed)}) == 3


def test_parcel_comes_back_as_it_went():
    arrays = {"totals": np.array([1, 2]), "cells": np.arange(8).reshape(2, 2, 2)}

    back = unpack(memoryview(pack(arrays)))

    assert {name: values.tolist() for name, values in back.items()} == {
        name: values.tolist() for name, values in arrays.items()
    }
