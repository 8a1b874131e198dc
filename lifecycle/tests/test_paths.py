"""Stages of many months in one number: what goes in comes out, for NumPy and for SQL alike."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.frames import HISTORY_MONTHS
from lifecycle import paths
from lifecycle.paths import PATH_MONTHS, always, appended, masked, stage_at, steps, told_months
from lifecycle.stage_rule import EXIT

LIVES = st.lists(st.lists(st.integers(0, 5), min_size=24, max_size=24), min_size=1, max_size=4)


def path_of(months):
    """Return the path of one customer from the stages of the months, oldest first."""
    path = np.zeros(1, np.int64)
    for stage in months:
        path = appended(path, np.array([stage], np.int8))
    return path


@settings(deadline=None)
@given(LIVES)
def test_the_last_months_come_back_as_they_went_in(lives):
    path = np.concatenate([path_of(life) for life in lives])

    assert steps(path, months=PATH_MONTHS).T.tolist() == [life[-PATH_MONTHS:] for life in lives]
    assert path.min() >= 0
    assert path.max() < 2**60


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), min_size=24, max_size=24), st.integers(0, 19), st.sets(st.integers(0, 5)))
def test_mask_and_values_say_who_was_in_a_stage(life, back, wanted):
    mask, values = masked(back, wanted)

    assert (int(path_of(life)[0]) & mask in values) == (life[-1 - back] in wanted)


def test_newest_month_stands_lowest():
    path = path_of([2, 3, 3, 4])

    assert [int(stage_at(path, back=back)[0]) for back in range(5)] == [4, 3, 3, 2, 0]


def test_one_stage_all_along():
    assert always(EXIT, months=3) == int(path_of([5, 5, 5])[0])
    assert always(EXIT, months=24) == int(path_of([5] * 24)[0])


def test_months_told_need_six_bills_behind_them():
    assert [told_months(months) for months in (0, 1, 6, 7, 8, 24, 40)] == [1, 1, 1, 2, 3, 19, PATH_MONTHS]
    assert told_months(HISTORY_MONTHS) <= PATH_MONTHS
    assert paths.STAGE_MASK > EXIT
