"""Any report as the ladder stood on a day: the band cells of a run under another version, and the lists behind them.

The same rule as the night's, on the bills as they are known now (segmentation/ladder_frame.py). Who left the network
long ago stands in no ladder: those cells are the run's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.facets import FACETS, codes
from customers.models import Run
from customers.queries import Cell, Matrix
from segmentation.ladder_frame import ladder_frame
from segmentation.models import Band
from segmentation.tiers import TierThresholds, band_of, held_sum, was_in_network

CELLS = 16  # codes of a dimension run from 0 to 15
# kind of rollup -> its row, its column
KINDS = {
    "band_stage": ("band", "stage"),
    "band_previous": ("previous_band", "band"),
    "warning_band": ("warning", "band"),
    **{f"by_{name}": (name, "band") for name in FACETS},
}


def recounted(
    known: dict[str, Matrix], run: Run, policy: TierThresholds, *, county_ids: Iterable[int] | None
) -> dict[str, Matrix]:
    """Return the cells of a run with those by band counted again under another policy."""
    frame = ladder_frame(run.pk)
    rows = np.ones(len(frame), np.bool_) if county_ids is None else np.isin(frame["county_id"], [*county_ids])
    columns = {
        "band": band_of(held_sum(frame, policy, back=0), frame["is_in_network"], policy),
        "previous_band": band_of(held_sum(frame, policy, back=1), was_in_network(frame, back=1), policy),
        "stage": frame["stage"],
        "warning": frame["warning"],
        **{name: codes(frame["facets"], name) for name in FACETS},
    }
    return {
        kind: _counted(matrix, kind, columns, frame["cum3_fen"], rows) if kind in KINDS else matrix
        for kind, matrix in known.items()
    }


def ladder_filters(version: int, filters: dict[str, Any]) -> dict[str, Any]:
    """Return the filters of a list with those by band said in the words of another version."""
    wanted = {name: _digits(filters.pop(name)) for name in ("band", "previous_band") if filters.get(name) is not None}
    moved = filters.pop("moved", None)
    if moved:
        return filters | {"ladder": f"{version}:f-{moved}"}
    if not wanted or wanted == {"band": str(int(Band.OFF))}:
        return filters | ({"band": int(Band.OFF)} if wanted else {})
    return filters | {"ladder": f"{version}:f{wanted.get('previous_band', '')}-{wanted.get('band', '')}"}


def _digits(value: Any) -> str:
    values = value if isinstance(value, list | tuple | set) else [value]
    return "".join(str(int(one)) for one in sorted(values))


def _counted(
    matrix: Matrix,
    kind: str,
    columns: dict[str, npt.NDArray[Any]],
    money: npt.NDArray[np.int64],
    rows: npt.NDArray[np.bool_],
) -> Matrix:
    row, column = KINDS[kind]
    chosen = rows & ((columns["band"] > 0) | ((columns["previous_band"] > 0) & (kind == "band_previous")))
    key = columns[row][chosen].astype(np.int64) * CELLS + columns[column][chosen]
    customers = np.bincount(key, minlength=CELLS * CELLS)
    fen = np.bincount(key, weights=money[chosen], minlength=CELLS * CELLS)  # whole fen stay exact far beyond these sums
    found = {divmod(int(at), CELLS): Cell(int(customers[at]), int(fen[at])) for at in np.flatnonzero(customers)}
    return found | {at: cell for at, cell in matrix.items() if _is_off(kind, at)}


def _is_off(kind: str, at: tuple[int, int]) -> bool:
    """Return whether a cell holds those off the network at both its ends: the same under every ladder."""
    if kind == "band_previous":
        return at == (0, 0)
    return at[0 if kind == "band_stage" else 1] == Band.OFF
