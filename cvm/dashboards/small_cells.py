"""Which cells of a table of counts hide: the small ones, and enough neighbours that no difference gives one away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

LEAST = 10  # customers a shown cell has at least; nothing is shown as nothing

At = tuple[int, int]


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
    found = {(r, c) for r, row in enumerate(counts) for c, value in enumerate(row) if 0 < value < LEAST} | set(gone)
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
    return len(gap) == 1 or 0 < sum(gap) < LEAST
