"""Workbooks: read by a child process with limits, and handed over as an Arrow stream (sheet_child.py)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from customers.importing.errors import FileDamaged, ReaderStopped, refusal
from customers.importing.sheet_child import LONGEST_CELL, SHEET_BITS

__all__ = ["LONGEST_CELL", "Workbook", "place_of"]

ROOT = Path(__file__).resolve().parents[2]
MEMORY_BYTES = 4 * 1024**3
SECONDS = 300
MOST_COLUMNS = 2_000
# One thread is enough, and their pools would count as memory.
QUIET = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}


@dataclass
class Workbook:
    """The rows of the sheets that belong together, in a temporary file without a name that goes with this object."""

    headers: list[str]
    sheets: list[str]
    unread: list[str]
    handle: int

    def __post_init__(self) -> None:
        weakref.finalize(self, os.close, self.handle)

    @classmethod
    def open(cls, path: Path, *, has_header: bool, sheets: Sequence[str] = ()) -> Workbook:
        """Read a workbook; raises what the child found wrong with it, or ReaderStopped when its limits ended it."""
        said = {"header": has_header, "sheets": list(sheets), "columns": MOST_COLUMNS}
        with tempfile.TemporaryDirectory(prefix="cvm-sheets-") as folder:
            stream = Path(folder) / "rows"
            found = _ask_child(path, stream, {**said, "memory": MEMORY_BYTES, "seconds": SECONDS})
            if "error" in found:
                raise refusal(found["error"], found["detail"])
            handle = os.open(stream, os.O_RDONLY)
        return cls(found["headers"], found["sheets"], found["unread"], handle)

    def read(self, wanted: Sequence[int]) -> Iterator[tuple[list[pa.StringArray], npt.NDArray[np.int32]]]:
        """Yield the wanted columns as text, with the mark of each row: its sheet and line (`place_of`)."""
        with pa.memory_map(f"/dev/fd/{self.handle}") as source:
            for batch in pa.ipc.open_stream(source):
                yield [batch.column(n + 1) for n in wanted], batch.column(0).to_numpy()


def place_of(mark: int) -> tuple[int, int]:
    """Return the sheet (its place in the workbook) and the line a mark stands for."""
    return mark >> SHEET_BITS, mark & ((1 << SHEET_BITS) - 1)


def _ask_child(path: Path, stream: Path, said: dict[str, Any]) -> dict[str, Any]:
    command = [
        sys.executable,
        "-m",
        "customers.importing.sheet_child",
        str(path.resolve()),
        str(stream),
        json.dumps(said),
    ]
    try:
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **QUIET}, capture_output=True, timeout=2 * SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ReaderStopped(SECONDS) from error
    if done.returncode == 0:
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer
    if done.returncode < 0 or b"MemoryError" in done.stderr or b"memory allocation" in done.stderr:
        raise ReaderStopped(SECONDS)
    raise FileDamaged(done.stderr.decode(errors="replace").strip().rpartition("\n")[2])
