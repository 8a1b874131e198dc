"""Which cells of a table of counts hide: the small ones, and enough neighbours that no difference gives one away."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np

LEAST = 10  # customers a shown cell has at least; nothing is shown as nothing

EXACT = 1e-7  # below this a number of a decomposition is nothing: the sums know only 1, 0 and -1

At = tuple[int, int]


def is_small(number: int | None) -> bool:
    """Return whether a count is one that hides: fewer than LEAST, but not nothing; what is hidden already is not."""
    return number is not None and 0 < number < LEAST


def any_small(numbers: Iterable[int | None]) -> bool:
    return any(map(is_small, numbers))


def hidden(
    counts: Sequence[Sequence[int]],
    *,
    closes_rows: bool = True,
    closes_columns: bool = True,
    gone: Iterable[At] = (),
) -> set[At]:
    """Return the (row, column) of the cells to hide, with those that are `gone` already.

    Rows and columns that close have a shown sum. A closing line whose gap is a single cell, or holds fewer than LEAST
    together, loses another cell as well, as long as it has one.
    """
    found = {(r, c) for r, row in enumerate(counts) for c, value in enumerate(row) if is_small(value)} | set(gone)
    lines = []
    if closes_columns and counts:
        lines += [[(r, c) for r in range(len(counts))] for c in range(len(counts[0]))]
    if closes_rows:
        lines += [[(r, c) for c in range(len(row))] for r, row in enumerate(counts)]
    while another := _next(lines, counts, found):
        found.add(another)
    return found


def _next(lines: list[list[At]], counts: Sequence[Sequence[int]], gone: set[At]) -> At | None:
    """Return the next cell to hide: the smallest, but first one that helps other lines as well."""
    bare = [line for line in lines if _is_bare([counts[r][c] for r, c in line if (r, c) in gone])]
    for line in bare:
        others = [at for at in line if at not in gone and counts[at[0]][at[1]]]
        if others:
            return min(others, key=lambda at: (-sum(at in other for other in bare), counts[at[0]][at[1]], at))
    return None


def _is_bare(gap: list[int]) -> bool:
    """Return whether the difference to the sum would give a gap away."""
    return len(gap) == 1 or is_small(sum(gap))


Key = TypeVar("Key", bound=Hashable)


def withheld(
    values: Mapping[Key, int], sums: Iterable[Mapping[Key, int]], *, unshown: Collection[Key] = ()
) -> set[Key]:
    """Return which numbers hide where they hang together in many ways, not only in the lines of one table.

    The small ones, and enough others that no combination of sums and shown numbers gives a small one away, nor that a
    few hidden ones are less than LEAST together. A sum is what a reader can know: number -> sign, together
    nothing. `unshown` are numbers nobody prints but a subtraction would tell.
    Sums that do not come out (a corrected figure beside a signed one) tell nothing and are left aside.
    """
    known = [one for one in sums if not sum(sign * values[key] for key, sign in one.items())]
    small = {key for key, value in values.items() if is_small(abs(value))}
    gone = small | set(unshown)
    while told := _telling(known, values, gone, small):
        others = [another for one in told if (another := _neighbour(one, known, values, gone)) is not None]
        if not others:
            break
        gone.update(others)
    return gone


def _telling(
    known: list[Mapping[Key, int]], values: Mapping[Key, int], gone: set[Key], small: set[Key]
) -> list[Mapping[Key, int]]:
    """Return the sums that tell a small number: at once, after others were solved, or by several sums together."""
    left, is_solving, told = set(gone), True, []
    while is_solving and not told:
        is_solving = False
        for one in known:
            gap = [key for key in one if key in left]
            parts = [one[key] * values[key] for key in gap]
            if not small.isdisjoint(gap) and (len(gap) == 1 or _is_little(parts)):
                told.append(one)
            elif len(gap) == 1:
                left.discard(gap[0])
                is_solving = True
    return told or _telling_together(known, left, small)


def _telling_together(known: list[Mapping[Key, int]], left: set[Key], small: set[Key]) -> list[Mapping[Key, int]]:
    """Return the sums with a small number that the sums fix together: it moves in no solution of theirs."""
    place = {key: number for number, key in enumerate(left)}
    rows = [one for one in known if any(key in left for key in one)]
    matrix = np.zeros((len(rows), len(place)))
    for row, one in enumerate(rows):
        for key, sign in one.items():
            if key in place:
                matrix[row, place[key]] = sign
    sizes, turned = np.linalg.eigh(matrix.T @ matrix)
    free = turned[:, sizes < EXACT]
    fixed = {key for key, number in place.items() if key in small and not (np.abs(free[number]) > EXACT).any()}
    return [one for one in rows if not fixed.isdisjoint(one)]


def _neighbour(
    bare: Mapping[Key, int], known: list[Mapping[Key, int]], values: Mapping[Key, int], gone: set[Key]
) -> Key | None:
    """Return the next number to hide: the smallest of the sum, else of the sums its hidden numbers stand in."""
    shown = [key for key in bare if key not in gone and values[key]]
    if not shown:
        unknown = {key for key in bare if key in gone}
        shown = [key for one in known if not unknown.isdisjoint(one) for key in one if key not in gone and values[key]]
    return min(shown, key=lambda key: abs(values[key]), default=None)


def _is_little(parts: list[int]) -> bool:
    """Return whether hidden numbers of one sign are so few together that their sum is a small number itself."""
    return (min(parts) >= 0 or max(parts) <= 0) and is_small(abs(sum(parts)))
