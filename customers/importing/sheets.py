"""Workbooks: read by a child process with limits, and handed over as columns of bytes (sheet_child.py)."""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil
import pyarrow as pa

from customers.importing.cells import float_texts
from customers.importing.errors import FileDamaged, ReaderStopped, refusal
from customers.importing.sheet_child import BLOCK, LONGEST_CELL, NUMBERS, SHEET_BITS, TEXTS

__all__ = ["LONGEST_CELL", "Workbook", "place_of"]

ROOT = Path(__file__).resolve().parents[2]
MEMORY_BYTES = 4 * 1024**3
SECONDS = 300
IDLE_SECONDS = 10
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
        size = os.fstat(self.handle).st_size
        if not size:
            return
        yield from blocks_of(mmap.mmap(self.handle, size, access=mmap.ACCESS_READ), wanted)


def blocks_of(stream: Any, wanted: Sequence[int]) -> Iterator[tuple[list[pa.StringArray], npt.NDArray[np.int32]]]:
    """Yield the blocks of a child's stream (bytes or a mapped file); raises FileDamaged when it contradicts itself."""
    whole, start = pa.py_buffer(stream), 0
    while start < whole.size:
        block = _Block(whole, start)
        start = block.end
        yield block.read(wanted)


class _Block:
    """Some rows in the stream: where each column of them stands."""

    def __init__(self, stream: pa.Buffer, start: int) -> None:
        self.stream = stream
        if start + BLOCK.size > stream.size:
            raise FileDamaged("the rows end in the middle")
        self.rows, width = BLOCK.unpack(stream[start : start + BLOCK.size].to_pybytes())
        self.marks = self._numbers(start + BLOCK.size, self.rows, np.int32)
        place = start + BLOCK.size + self.marks.nbytes
        self.columns: list[tuple[bytes, int]] = []
        for _ in range(width):
            kind = stream[place : place + 1].to_pybytes()
            self.columns.append((kind, place + 1))
            place += 1 + self._length(kind, place + 1)
        if place > stream.size:
            raise FileDamaged("the rows end in the middle")
        self.end = place

    def read(self, wanted: Sequence[int]) -> tuple[list[pa.StringArray], npt.NDArray[np.int32]]:
        """Return the wanted columns and the marks of the rows in which any cell has text."""
        columns, filled = [self._texts(n) for n in wanted], self._filled()
        if filled.all():
            return columns, self.marks
        rows = pa.array(np.flatnonzero(filled))
        return [column.take(rows) for column in columns], self.marks[filled]

    def _filled(self) -> npt.NDArray[np.bool_]:
        filled = np.zeros(self.rows, np.bool_)
        for kind, place in self.columns:
            filled |= np.diff(self._offsets(place)) > 0 if kind == TEXTS else True
        return filled

    def _texts(self, number: int) -> pa.StringArray:
        kind, place = self.columns[number]
        if kind == NUMBERS:
            return float_texts(pa.array(self._numbers(place, self.rows, np.float64)))
        offsets = self._offsets(place)
        if (np.diff(offsets) < 0).any() or offsets[0] != 0:
            raise FileDamaged("a cell ends before it begins")
        data = self.stream[place + offsets.nbytes : place + offsets.nbytes + int(offsets[-1])]
        return pa.StringArray.from_buffers(self.rows, pa.py_buffer(offsets.tobytes()), data)

    def _length(self, kind: bytes, place: int) -> int:
        if kind == NUMBERS:
            return 8 * self.rows
        offsets = self._offsets(place)
        return offsets.nbytes + max(int(offsets[-1]), 0)

    def _offsets(self, place: int) -> npt.NDArray[np.int32]:
        return self._numbers(place, self.rows + 1, np.int32)

    def _numbers(self, place: int, count: int, kind: type[Any]) -> npt.NDArray[Any]:
        width = np.dtype(kind).itemsize * count
        if place + width > self.stream.size:
            raise FileDamaged("the rows end in the middle")
        return np.frombuffer(self.stream[place : place + width].to_pybytes(), kind)


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
    child = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **QUIET}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    said_out, said_err = _outcome(child)
    if child.returncode == 0:
        answer: dict[str, Any] = json.loads(said_out)
        return answer
    if child.returncode < 0 or b"MemoryError" in said_err or b"memory allocation" in said_err:
        raise ReaderStopped(SECONDS)
    raise FileDamaged(said_err.decode(errors="replace").strip().rpartition("\n")[2])


def _outcome(child: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """Wait for the child and return what it said; one that sleeps is ended, it waits for nobody.

    Out of memory, the library below the reader may wait for ever for a lock it holds itself.
    """
    used, ends = None, time.monotonic() + 2 * SECONDS
    with child:
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return child.communicate(timeout=IDLE_SECONDS)
            before, used = used, _used_by_sleeper(child.pid)
            if time.monotonic() > ends or (used is not None and used == before):
                child.kill()


def _used_by_sleeper(pid: int) -> float | None:
    """Return the CPU seconds a sleeping process has used; nothing while it works or waits for a disk."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_SLEEPING:
            return sum(process.cpu_times()[:2])
    return None
