"""Intervals against SciPy's own, against published figures, and where there is nothing to say."""

import math

import pytest
from scipy import stats

from offers.inference import Sums, mean_difference, mean_interval, sample_ratio_p, share_difference, share_interval

LEVEL = 0.05
FIRST, SECOND = [120, -40, 33, 800, 0, 12, -7], [5, 14, -90, 61, 2]


def sums(values):
    return Sums(len(values), sum(values), sum(value * value for value in values))


@pytest.mark.parametrize(("hits", "number"), [(0, 10), (10, 10), (81, 263), (999, 1000)])
def test_share_is_wilsons(hits, number):
    found = share_interval(hits, number, level=LEVEL)
    theirs = stats.binomtest(hits, number).proportion_ci(method="wilson")

    assert found.estimate == hits / number
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_difference_of_shares_is_newcombes_example():
    # Newcombe 1998, table II, case (a): 56/70 against 48/80
    found = share_difference(56, 70, 48, 80, level=LEVEL)

    assert found.estimate == pytest.approx(0.2)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)


def test_mean_is_students():
    found = mean_interval(sums(FIRST), level=LEVEL)
    theirs = stats.ttest_1samp(FIRST, 0).confidence_interval()

    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))


def test_difference_of_means_is_welchs():
    found = mean_difference(sums(FIRST), sums(SECOND), level=LEVEL)
    theirs = stats.ttest_ind(FIRST, SECOND, equal_var=False).confidence_interval()

    assert found.estimate == pytest.approx(sum(FIRST) / 7 - sum(SECOND) / 5)
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))


def test_large_bills_lose_no_digit():
    shifted = [10**9 + value for value in FIRST]

    assert sums(shifted).variance == pytest.approx(sums(FIRST).variance, rel=1e-12)


def test_sample_ratio_is_the_chi_square_test():
    theirs = stats.chisquare([480, 520, 1000], [500, 500, 1000]).pvalue

    assert sample_ratio_p([480, 520, 1000], [250, 250, 500]) == pytest.approx(theirs)
    assert sample_ratio_p([400, 600], [500, 500]) < 0.001


def test_nothing_is_said_of_nobody():
    assert share_interval(0, 0, level=LEVEL) is None
    assert share_difference(1, 2, 0, 0, level=LEVEL) is None
    assert mean_interval(sums([3]), level=LEVEL) is None
    assert mean_difference(sums([3, 4]), sums([3]), level=LEVEL) is None
    assert sample_ratio_p([0, 0], [500, 500]) == 1.0


def test_equal_values_leave_no_doubt():
    found = mean_difference(sums([5, 5, 5]), sums([2, 2]), level=LEVEL)

    assert (found.estimate, found.low, found.high) == (3, 3, 3)
    assert math.isfinite(found.low)
