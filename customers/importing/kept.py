"""The rows of a file as they came, put aside on disk while it is read, so that a rejected row can be given back whole."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

NUL_SHOWN = "\u2400"  # PostgreSQL holds no NUL


class Kept:
    """All chunks of one file in a temporary file without a name: it is gone with this object, however it ends."""

    def __init__(self, columns: int) -> None:
        self._schema = pa.schema([(str(n), pa.string()) for n in range(columns)])
        handle, name = tempfile.mkstemp(prefix="cvm-rows-")
        os.unlink(name)
        weakref.finalize(self, os.close, handle)
        self._path = f"/dev/fd/{handle}"
        self._sink = pa.OSFile(self._path, "wb")
        self._writer = pa.ipc.new_file(self._sink, self._schema)
        self._marks: list[npt.NDArray[np.int32]] = []

    def add(self, columns: Sequence[pa.StringArray], marks: npt.NDArray[np.int32]) -> None:
        """Put a chunk aside; `marks` rise from chunk to chunk."""
        self._writer.write_batch(pa.record_batch(list(columns), schema=self._schema))
        self._marks.append(marks)

    def cells_of(self, marks: Sequence[int]) -> list[list[str]]:
        """Return the cells of the rows with these marks, [] for a mark that is not there. Ends the adding."""
        self._writer.close()
        self._sink.close()
        if not self._marks:
            return [[] for _ in marks]
        asked = np.asarray(marks, np.int64)
        known = np.concatenate(self._marks)
        places = np.minimum(np.searchsorted(known, asked), len(known) - 1)
        found = known[places] == asked
        rows = iter(self._rows(places[found]))
        return [next(rows) if there else [] for there in found.tolist()]

    def _rows(self, places: npt.NDArray[np.int64]) -> list[list[str]]:
        starts = np.cumsum([0, *map(len, self._marks)])
        rows: list[list[str]] = [[] for _ in places]
        with pa.memory_map(self._path) as source:
            reader = pa.ipc.open_file(source)
            chunk_of = np.searchsorted(starts, places, side="right") - 1
            for number in np.unique(chunk_of).tolist():
                chosen = np.flatnonzero(chunk_of == number)
                batch = reader.get_batch(number).take(pa.array(places[chosen] - starts[number]))
                cells = [column.to_pylist() for column in batch.columns]
                for row, *texts in zip(chosen.tolist(), *cells, strict=True):
                    rows[row] = [text.replace("\0", NUL_SHOWN) for text in texts]
        return rows
