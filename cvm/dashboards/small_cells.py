"""Which cells of a table of counts hide: the small ones, and enough neighbours that no difference gives one away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

LEAST = 10  # customers a shown cell has at least; nothing is shown as nothing

At = tuple[int, int]


def hidden(counts: Sequence[Sequence[int]], *, closes_rows: bool = True, gone: Iterable[At] = ()) -> set[At]:
    """Return the (row, column) of the cells to hide, with those that are `gone` already.

    Columns have a shown sum; rows have one too unless `closes_rows` is false. A line of which exactly one cell is
    hidden loses its smallest other cell as well, until no line has a single gap.
    """
    found = {(r, c) for r, row in enumerate(counts) for c, value in enumerate(row) if 0 < value < LEAST} | set(gone)
    lines = [[(r, c) for r in range(len(counts))] for c in range(len(counts[0]) if counts else 0)]
    if closes_rows:
        lines += [[(r, c) for c in range(len(row))] for r, row in enumerate(counts)]
    while single := _first_single(lines, counts, found):
        found.add(single)
    return found


def _first_single(lines: list[list[At]], counts: Sequence[Sequence[int]], gone: set[At]) -> At | None:
    for line in lines:
        others = [at for at in line if at not in gone and counts[at[0]][at[1]]]
        if len([at for at in line if at in gone]) == 1 and others:
            return min(others, key=lambda at: (counts[at[0]][at[1]], at))
    return None
