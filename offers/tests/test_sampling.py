"""How many members a test needs: published examples, bounds, and more arms need more."""

import pytest

from offers.sampling import level_of, needed_for_means, needed_for_shares

EVEN = (500, 500)


@pytest.mark.parametrize(
    ("base", "effect", "each"),
    [(500, 100, 388), (600, 100, 388), (100, 50, 686)],  # 0.5→0.6 and 0.1→0.15 at 5 % and 80 %: textbook tables
)
def test_shares_as_in_the_tables(base, effect, each):
    assert needed_for_shares(base_permille=base, effect_permille=effect, shares=EVEN, control=0) == 2 * each


def test_means_as_in_the_tables():
    # a difference of half a standard deviation: 63 in each group by the normal approximation
    assert needed_for_means(spread_fen=1000, effect_fen=500, shares=EVEN, control=0) == 126


def test_smaller_arm_and_more_arms_need_more():
    even = needed_for_shares(base_permille=900, effect_permille=20, shares=EVEN, control=0)
    uneven = needed_for_shares(base_permille=900, effect_permille=20, shares=(900, 100), control=0)
    three = needed_for_shares(base_permille=900, effect_permille=20, shares=(334, 333, 333), control=0)

    assert even < uneven
    assert even * 3 / 2 < three


def test_order_of_the_arms_does_not_matter():
    first = needed_for_shares(base_permille=900, effect_permille=20, shares=(300, 700), control=0)
    second = needed_for_shares(base_permille=900, effect_permille=20, shares=(700, 300), control=1)

    assert first == second


def test_only_the_direction_that_is_possible_counts():
    near_one = needed_for_shares(base_permille=990, effect_permille=20, shares=EVEN, control=0)

    assert near_one == 2 * 769  # 0.99 → 0.97: upwards would pass 1
    with pytest.raises(ValueError, match="cannot move"):
        needed_for_shares(base_permille=500, effect_permille=500, shares=EVEN, control=0)


def test_all_comparisons_share_the_false_alarms():
    assert level_of(1) == 0.05
    assert level_of(4) == 0.0125
