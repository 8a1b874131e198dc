"""What hides in a table whose sums are shown: no cell below ten, and none that a subtraction would give away."""

import random

from cvm.dashboards.small_cells import LEAST, hidden


def test_small_cells_and_a_neighbour_each_way_hide():
    counts = [[3, 50, 60], [70, 20, 90], [40, 30, 80]]
    assert hidden(counts) == {(0, 0), (2, 0), (0, 1), (2, 1)}


def test_nothing_small_hides_nothing():
    assert hidden([[10, 0], [0, 11]]) == set()
    assert hidden([]) == set()


def test_gap_of_two_small_cells_grows_until_it_is_none():
    assert hidden([[3, 4, 50, 60]], closes_columns=False) == {(0, 0), (0, 1), (0, 2)}


def test_what_is_gone_already_asks_for_a_neighbour():
    assert hidden([[50], [60], [70]], gone=[(1, 0)], closes_rows=False) == {(0, 0), (1, 0)}


def test_no_line_that_closes_has_a_single_gap():
    dice = random.Random(4)
    for _ in range(300):
        counts = [[dice.choice((0, 3, 8, 10, 40, 900)) for _c in range(dice.randint(1, 6))] for _r in range(1)]
        counts += [[dice.choice((0, 3, 10, 40, 900)) for _c in counts[0]] for _r in range(dice.randint(0, 5))]
        gone = hidden(counts)
        assert all((r, c) in gone for r, row in enumerate(counts) for c, value in enumerate(row) if 0 < value < LEAST)
        lines = [[(r, c) for c in range(len(counts[0]))] for r in range(len(counts))]
        lines += [[(r, c) for r in range(len(counts))] for c in range(len(counts[0]))]
        for line in lines:
            left = [at for at in line if at not in gone and counts[at[0]][at[1]]]
            gap = [counts[r][c] for r, c in line if (r, c) in gone]
            assert not left or not gap or (len(gap) > 1 and sum(gap) >= LEAST)
