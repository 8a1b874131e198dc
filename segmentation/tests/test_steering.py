"""The cheaper way of a code C customer: worked examples, protection, refusal, nothing to save."""

import numpy as np
import pytest

from segmentation.steering import NoCheaperWay, steering

UNITS = {"call": 600, "hotline": 500, "hall": 1200, "online": 300, "ivr": 30, "sms": 5, "app": 1, "complaint": 3000}


def steered(*, protection=0, app=True, sms=True, units=UNITS, **services):
    columns = {
        "protection": np.array([protection], np.int16),
        "accepts_app": np.array([app]),
        "accepts_sms": np.array([sms]),
    }
    found = steering(columns, {code: np.array([many], np.int64) for code, many in services.items()}, units)
    return tuple(values[0] for values in found.values())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"hotline": 3, "hall": 1}, ("app", 4, 2700, 2696)),
        ({"hotline": 3, "app": False}, ("sms", 3, 1500, 1485)),
        ({"hotline": 3, "app": False, "sms": False}, ("ivr", 3, 1500, 1410)),
        ({"hotline": 3, "protection": 1}, ("", 3, 1500, 0)),  # a family's payer stays with people
        ({}, ("", 0, 0, 0)),  # never served: nothing to move
        ({"complaint": 2}, ("", 0, 0, 0)),  # a complaint is no service to be moved
    ],
)
def test_worked_examples(given, expected):
    assert steered(**given) == expected


def test_way_that_costs_as_much_moves_nobody():
    dear = {**UNITS, "app": 500, "sms": 500, "ivr": 500}
    assert steered(units=dear, hotline=2) == ("", 2, 1000, 0)
    assert steered(units={**dear, "ivr": 499}, hotline=2) == ("ivr", 2, 1000, 2)


def test_many_rows_are_each_alone_and_none_is_nothing():
    columns = {
        "protection": np.array([0, 4, 0], np.int16),
        "accepts_app": np.array([True, True, False]),
        "accepts_sms": np.array([True, True, True]),
    }
    found = steering(columns, {"hall": np.array([1, 1, 2], np.int64)}, UNITS)
    assert found["way"].tolist() == ["app", "", "sms"]
    assert found["saving_fen"].tolist() == [1199, 0, 2390]
    empty = steering({name: values[:0] for name, values in columns.items()}, {}, UNITS)
    assert [len(values) for values in empty.values()] == [0, 0, 0, 0]


def test_without_a_way_of_its_own_there_is_nothing_to_steer_to():
    with pytest.raises(NoCheaperWay):
        steered(units={"call": 600}, call=1)
