"""Logic on bits answers row by row what plain NumPy answers."""

import numpy as np
import pytest

from cvm.lib.bits import Counted, Numbers, Running, any_of, nothing, nowhere, packed, unpacked

SIZES = (1, 7, 8, 9, 1000)


def masks(size, times, *, seed=1):
    return np.random.default_rng(seed).random((times, size)) < 0.4


@pytest.mark.parametrize("size", SIZES)
def test_bits_come_back_as_they_went_in_and_answer_as_masks(size):
    one, other = masks(size, 2)
    assert unpacked(packed(one), size).tolist() == one.tolist()
    assert unpacked(~packed(one) & packed(other), size).tolist() == (~one & other).tolist()
    assert unpacked(any_of(packed(one), packed(other)), size).tolist() == (one | other).tolist()
    assert not unpacked(nowhere(size), size).any()
    assert packed(np.stack([one, other])).shape == nothing(2, size).shape
    assert unpacked(packed(one.astype(np.uint8) * np.uint8(64)), size).tolist() == one.tolist()


@pytest.mark.parametrize("months", [1, 2, 5])
def test_running_holds_where_each_of_the_last_months_showed_it(months):
    shown = masks(300, 12)
    run = Running.of(months, like=nowhere(300))
    for at, sign in enumerate(shown, start=1):
        run = run.and_then(packed(sign))
        expected = shown[at - months : at].all(axis=0) if at >= months else np.zeros(300, np.bool_)
        assert unpacked(run.holds, 300).tolist() == expected.tolist()


@pytest.mark.parametrize("most", [1, 2, 4])
def test_counted_is_enough_from_the_most_on(most):
    shown, count = masks(300, 6), Counted.up_to(most, like=nowhere(300))
    for at, sign in enumerate(shown, start=1):
        before, count = count, count.and_then(packed(sign))
        assert unpacked(count.is_enough, 300).tolist() == (shown[:at].sum(axis=0) >= most).tolist()
    assert unpacked(before.is_enough, 300).tolist() == (shown[:-1].sum(axis=0) >= most).tolist()  # as it was


def test_numbers_told_anew_stand_until_told_again():
    dice, numbers, expected = np.random.default_rng(3), Numbers.zeros(14, 300), np.zeros(300, np.int8)
    for _month in range(10):
        told = dice.integers(0, 30, 300)  # from 15 on: nothing new
        expected = np.where(told < 15, told, expected).astype(np.int8)
        numbers = numbers.told({number: packed(told == number) for number in range(15)})
        found = numbers.unpacked(300)
        assert (found.dtype, found.tolist()) == (np.int8, expected.tolist())
