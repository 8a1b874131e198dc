"""What hides in a table whose sums are shown: no cell below ten, and none that a subtraction would give away."""

import random
from fractions import Fraction

import pytest

from cvm.dashboards.small_cells import LEAST, hidden, withheld


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


def _books(dice, *, counties, months):
    """Return numbers that hang together as those of the ledger do, and the sums a reader knows of them."""
    values, sums = {}, []
    for county in range(1, counties + 1):
        kept = dice.choice((3, 12, 40, 200))
        for month in range(months):
            entered, lost = dice.choice((0, 2, 9, 15, 60)), dice.choice((0, 1, 4, 12))
            lost = min(lost, kept + entered)
            values |= {("opening", month, county): kept, ("entered", month, county): entered}
            kept += entered - lost
            values |= {("lost", month, county): lost, ("closing", month, county): kept}
    for name, month in {key[:2] for key in values}:
        values[name, month, 0] = sum(values[name, month, county] for county in range(1, counties + 1))
        sums.append({(name, month, county): 1 if county else -1 for county in range(counties + 1)})
    for county in range(counties + 1):
        for month in range(months):
            names = {"opening": 1, "entered": 1, "lost": -1, "closing": -1}
            sums.append({(name, month, county): sign for name, sign in names.items()})
            if month:
                sums.append({("opening", month, county): 1, ("closing", month - 1, county): -1})
    return values, sums


def _solved(values, sums, gone):
    """Return the hidden numbers that follow from the shown ones, by exact elimination."""
    places = list(gone)
    rows = [[Fraction(one.get(key, 0)) for key in places] for one in sums]
    pivots = []
    for column in range(len(places)):
        row = next((at for at in range(len(pivots), len(rows)) if rows[at][column]), None)
        if row is None:
            continue
        rows[len(pivots)], rows[row] = rows[row], rows[len(pivots)]
        mine = [value / rows[len(pivots)][column] for value in rows[len(pivots)]]
        rows = [
            mine if at == len(pivots) else [a - line[column] * b for a, b in zip(line, mine, strict=True)]
            for at, line in enumerate(rows)
        ]
        pivots.append(column)
    return {places[column] for line, column in zip(rows, pivots, strict=False) if sum(map(bool, line)) == 1}


@pytest.mark.parametrize("seed", range(12))
def test_nothing_small_follows_from_what_a_ledger_shows(seed):
    dice = random.Random(seed)
    values, sums = _books(dice, counties=dice.randint(1, 4), months=dice.randint(1, 4))
    small = {key for key, value in values.items() if 0 < value < LEAST}

    gone = withheld(values, sums)

    assert small <= gone
    assert not small & _solved(values, sums, gone)
    for one in sums:
        parts = [one[key] * values[key] for key in one if key in gone]
        if any(key in small and key in gone for key in one) and (min(parts) >= 0 or max(parts) <= 0):
            assert abs(sum(parts)) >= LEAST


def test_what_nobody_prints_is_guarded_too():
    values = {"members": 50, "kept": 47, "lost": 3}
    assert withheld(values, [{"members": 1, "kept": -1, "lost": -1}], unshown=["lost"]) == {"lost", "kept"}
    values = {"members": 90, "kept": 47, "lost": 43}
    assert withheld(values, [{"members": 1, "kept": -1, "lost": -1}], unshown=["lost"]) == {"lost"}


def test_sums_that_do_not_come_out_tell_nothing():
    assert withheld({"signed": 50, "newest": 47, "part": 4}, [{"signed": 1, "newest": -1, "part": -1}]) == {"part"}
