"""How long stages last and who comes back, on lives short enough to count by hand."""

from fractions import Fraction

import numpy as np
import pytest

from lifecycle import journeys
from lifecycle.journeys import conversion, flapping, incidence, lasting, leaving, median_months, survival
from lifecycle.models import Stage
from lifecycle.stage_rule import DECLINE, EXIT, GROWTH, MATURITY

HERE = 0


def steps(*lives):
    """Return months by customers from the lives written as digits, oldest month first."""
    return np.array([[int(stage) for stage in life] for life in lives], np.int8).T


def at_home(matrix):
    return np.zeros(matrix.shape[1], np.int64)


def counts(lives, *, stage):
    """Return at risk, left and left for exit of a stage by months spent in it, from 1 on, as long as anybody is at risk."""
    matrix = steps(*lives)
    found = lasting(matrix, at_home(matrix), places=1)[HERE, :, stage]
    return [row[1 : int(np.flatnonzero(found[0]).max(initial=0)) + 1].tolist() for row in found]


def test_a_stage_lasts_from_its_first_month_end_to_the_month_that_shows_another():
    # enters maturity in the second month, three month ends there, then decline
    assert counts(["2333444"], stage=MATURITY) == [[1, 1, 1], [0, 0, 1], [0, 0, 0]]


def test_a_stage_under_way_in_the_oldest_month_is_left_out():
    assert counts(["3333344"], stage=MATURITY) == [[], [], []]
    assert counts(["3333344"], stage=DECLINE) == [[1], [0], [0]]


def test_who_is_still_there_is_at_risk_as_long_as_seen():
    assert counts(["2333", "2335", "2334"], stage=MATURITY) == [[3, 3], [0, 2], [0, 1]]


def test_whoever_joins_within_the_months_is_counted_from_there():
    assert counts(["0011122"], stage=1) == [[1, 1, 1], [0, 0, 1], [0, 0, 0]]


def test_survival_is_the_product_of_the_shares_that_stay():
    assert survival([4, 3, 2], [1, 0, 1]) == [1, Fraction(3, 4), Fraction(3, 4), Fraction(3, 8)]
    assert survival([2, 0, 1], [1, 0, 1]) == [1, Fraction(1, 2)]
    assert survival([], []) == [1]


def test_incidence_of_all_causes_is_what_does_not_survive():
    at_risk, left, exits = [4, 3, 2, 0], [1, 0, 1, 0], [0, 0, 1, 0]
    others = [gone - exit for gone, exit in zip(left, exits, strict=True)]

    assert incidence(at_risk, left, exits) == [0, 0, 0, Fraction(3, 8)]
    assert incidence(at_risk, left, others) == [0, Fraction(1, 4), Fraction(1, 4), Fraction(1, 4)]
    assert incidence(at_risk, left, left) == [1 - share for share in survival(at_risk, left)]


def test_median_is_the_first_month_with_at_most_half_left():
    assert median_months([Fraction(1), Fraction(3, 4), Fraction(1, 2)]) == 2
    assert median_months([Fraction(1), Fraction(1, 3)]) == 1
    assert median_months([Fraction(1), Fraction(51, 100)]) is None


@pytest.mark.parametrize(
    ("life", "expected"),
    [
        ("33433", [1, 1, 0, 0]),  # back after one month
        ("334433", [1, 0, 1, 0]),
        ("3344433", [1, 0, 0, 1]),
        ("334444333", [1, 0, 0, 0]),  # back after four: too late
        ("334434433", [2, 0, 2, 0]),  # twice out, each time two months away
    ],
)
def test_flapping_is_being_back_within_three_months(life, expected):
    matrix = steps(life + life[-1] * 3)

    assert flapping(matrix, at_home(matrix), places=1)[HERE, :, MATURITY].sum(axis=0).tolist() == expected


def test_leavings_too_young_to_have_come_back_are_not_counted():
    matrix = steps("3333433")

    assert flapping(matrix, at_home(matrix), places=1)[HERE, :, MATURITY].sum() == 0


def test_flapping_stands_at_the_month_of_leaving():
    matrix = steps("33343333")

    found = flapping(matrix, at_home(matrix), places=1)[HERE, :, MATURITY]

    assert found[1].tolist() == [1, 1, 0, 0]  # index 0 would be the leavings of the fifth month
    assert found.sum() == 2


def test_exits_by_month_and_who_is_back_now():
    matrix = steps("3355", "3552", "3522", "3525", "0555", "5552")
    revenue = np.array([1, 10, 100, 1000, 5, 7])

    found = leaving(matrix, at_home(matrix), revenue, places=1)[HERE]

    # month by month from the newest: who exited then, who of them is in another stage now, their revenue
    assert found[:3].tolist() == [[1, 0, 0], [1, 0, 0], [3, 2, 110]]
    assert found[3:].sum() == 0


def test_growth_that_became_valuable():
    then = np.array([GROWTH, GROWTH, GROWTH, MATURITY], np.int8)
    was, now = np.array([False, True, False, False]), np.array([True, True, False, True])

    assert conversion(then, was, now, np.zeros(4, np.int64), places=1).tolist() == [[3, 2, 1]]


def test_places_add_up_to_the_whole():
    dice = np.random.default_rng(3)
    matrix = np.sort(dice.integers(0, 6, (19, 500)), axis=0).astype(np.int8)
    matrix = np.where(dice.random(matrix.shape) < 0.3, np.maximum(matrix, 1), matrix).astype(np.int8)
    place = dice.integers(0, 3, 500)
    revenue = dice.integers(0, 9_000, 500)

    for measure in (
        lambda rows, at, places: lasting(matrix[:, rows], at, places=places),
        lambda rows, at, places: flapping(matrix[:, rows], at, places=places),
        lambda rows, at, places: leaving(matrix[:, rows], at, revenue[rows], places=places),
    ):
        everybody, nowhere = np.arange(500), np.zeros(500, np.int64)
        by_place, whole = measure(everybody, place, 3), measure(everybody, nowhere, 1)
        assert by_place.sum(axis=0).tolist() == whole[0].tolist()
        for one in range(3):
            rows = np.flatnonzero(place == one)
            assert measure(rows, np.zeros(len(rows), np.int64), 1)[0].tolist() == by_place[one].tolist()


@pytest.mark.parametrize("months", [1, 2, 3])
def test_too_few_months_and_nobody_count_nothing(months):
    for matrix in (steps("5" * months), np.zeros((months, 0), np.int8)):
        place, revenue = at_home(matrix), np.zeros(matrix.shape[1], np.int64)
        assert lasting(matrix, place, places=1).sum() == 0
        assert flapping(matrix, place, places=1).sum() == 0
        assert leaving(matrix, place, revenue, places=1).sum() == 0


def test_numbers_are_those_of_the_models():
    assert (Stage.GROWTH, Stage.EXIT, len(Stage) + 1) == (journeys.GROWTH, journeys.EXIT, journeys.STAGES)
    assert EXIT == Stage.EXIT
