"""Who is in which arm: stable, uniform, independent of the others and of other tests."""

import numpy as np
import pytest
from scipy.special import chdtrc

from offers.assignment import arms_of, lots

IDS = np.arange(1, 100_001)
SHARES = (500, 300, 200)


def chi_square_p(counts, expected):
    statistic = ((counts - expected) ** 2 / expected).sum()
    return chdtrc(counts.size - 1, statistic)


def test_same_customer_same_arm_whoever_else_is_drawn():
    whole = arms_of(IDS, salt="one", shares=SHARES)
    chosen = np.random.default_rng(5).permutation(IDS)[:5_000]

    assert np.array_equal(arms_of(chosen, salt="one", shares=SHARES), whole[chosen - 1])
    assert arms_of([77], salt="one", shares=SHARES)[0] == whole[76]


def test_draw_never_changes_between_versions():
    assert lots([1, 2, 3, 1_000_000, 2**31 - 1], salt="fixed").tolist() == [180, 895, 45, 827, 434]


@pytest.mark.parametrize("salt", ["one", "two", "0" * 32])
@pytest.mark.parametrize("ids", [IDS, IDS * 65_536, IDS + 2**30])
def test_lots_are_uniform(ids, salt):
    counts = np.bincount(lots(ids, salt=salt), minlength=1000)

    assert counts.sum() == len(ids)
    assert chi_square_p(counts, np.full(1000, len(ids) / 1000)) > 0.0001


def test_arms_get_their_shares():
    counts = np.bincount(arms_of(IDS, salt="shares", shares=SHARES))

    assert chi_square_p(counts, np.array(SHARES) * 100.0) > 0.001


def test_tests_draw_independently_of_each_other():
    pairs = arms_of(IDS, salt="first", shares=(500, 500)) * 2 + arms_of(IDS, salt="second", shares=(500, 500))

    assert chi_square_p(np.bincount(pairs), np.full(4, 25_000.0)) > 0.001


def test_whole_range_of_lots_is_used():
    assert {0, 999} <= set(lots(IDS, salt="ends").tolist())
    assert set(arms_of(IDS, salt="ends", shares=(1, 999)).tolist()) == {0, 1}


def test_nobody_has_no_arm():
    assert arms_of([], salt="none", shares=(500, 500)).tolist() == []


def test_shares_that_do_not_add_are_refused():
    with pytest.raises(ValueError, match="999"):
        arms_of([1], salt="x", shares=(500, 499))
