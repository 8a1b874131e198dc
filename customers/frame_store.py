"""Frames that policies are tried on, kept as files: made once a night, mapped into memory by every web process.

What is mapped is shared: two processes and their threads hold one copy. Without the folder (`LADDER_DIR`), or where
it cannot be written, every process keeps its own. The night's buckets leave their parts here (`keep_part`) and join them
before the run is published (`join_parts`), so that the first page after a night finds its frame; where workers on
other machines left parts elsewhere, the frame is read once more from the tables.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings

from customers.frame import Frame
from customers.models import Run
from cvm.lib.months import month_of

log = logging.getLogger(__name__)

PARTS = ".parts"  # ends the name of the folder the buckets of a running night write to
KEEP = 2  # frames: the published night's, and one that an address still holds
HISTORY = "history."  # begins the names of the months' files

Arrays = Iterator[tuple[str, npt.NDArray[Any]]]


@dataclass(frozen=True)
class FrameStore:
    """The frames of one kind. Their files lie side by side with those of other kinds; `prefix` begins the names."""

    prefix: str = ""

    def kept(self, run: Run, build: Callable[[], Frame]) -> Frame:
        """Return the frame of a run, mapped from its files; whoever comes first makes them, the others wait for that."""
        folder: Path | None = settings.LADDER_DIR
        if folder is None:
            return build()
        built: list[Frame] = []

        def arrays() -> Arrays:
            built.append(build())
            return _arrays(built[0])

        found = self._made(folder, run, arrays)
        if found is None:
            found = built[0] if built else build()
        return found

    def keep_part(self, run: Run, number: int, frame: Frame) -> None:
        """Leave what a bucket of a running night has worked out; done again, it replaces what is there."""
        folder: Path | None = settings.LADDER_DIR
        if folder is None:
            return
        try:
            parts = self._parts(folder, run)
            parts.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(_arrays(frame), parts / str(number))
        except OSError as error:
            log.warning("bucket %s of run %s left no part of a frame: %s", number, run.pk, type(error).__name__)

    def join_parts(self, run: Run, numbers: Iterable[int]) -> bool:
        """Make a run's frame of the parts its buckets left; False where one is missing."""
        folder: Path | None = settings.LADDER_DIR
        if folder is None:
            return False
        found = [_mapped(self._parts(folder, run) / str(number), run) for number in numbers]
        frames = [one for one in found if one is not None]
        if not frames or len(frames) < len(found):
            return False
        self._made(folder, run, lambda: _joined(frames))
        return True

    def _made(self, folder: Path, run: Run, arrays: Callable[[], Arrays]) -> Frame | None:
        """Return the mapped frame, written first where it is not there; None where it cannot be."""
        place = self._place(folder, run)
        if (found := _mapped(place, run)) is not None:
            return found
        try:
            with _alone(folder, f"{self.prefix}lock"):
                if (found := _mapped(place, run)) is None:
                    _write(arrays(), place)
                    self._tidy(folder, run)
                    found = _mapped(place, run)
        except OSError as error:
            log.warning("a frame of run %s stays in memory alone: %s", run.pk, type(error).__name__)
        return found

    def _place(self, folder: Path, run: Run) -> Path:
        return folder / f"{self.prefix}{run.pk}-{run.started_at:%Y%m%d%H%M%S%f}"

    def _parts(self, folder: Path, run: Run) -> Path:
        return folder / f"{self._place(folder, run).name}{PARTS}"

    def _tidy(self, folder: Path, run: Run) -> None:
        """Remove the frames of older nights, and the parts of this night and of those before it.

        A process that still maps one keeps it until it lets go.
        """
        whole, parts = [], []
        for path in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime):
            if named := re.fullmatch(rf"{re.escape(self.prefix)}(\d+)-\d+({re.escape(PARTS)})?", path.name):
                if not named[2]:
                    whole.append(path)
                elif int(named[1]) <= run.pk:
                    parts.append(path)
        for path in (*whole[:-KEEP], *parts):
            shutil.rmtree(path, ignore_errors=True)


def _mapped(place: Path, run: Run) -> Frame | None:
    if not place.is_dir():
        return None
    try:
        arrays = {path.stem: _array(path) for path in place.iterdir()}
    except (OSError, ValueError):  # swept away meanwhile, or cut short
        return None
    columns = {name: array for name, array in arrays.items() if not name.startswith(HISTORY)}
    history = {name.removeprefix(HISTORY): array for name, array in arrays.items() if name.startswith(HISTORY)}
    return Frame(run.as_of, month_of(run.month), columns, history)


def _array(path: Path) -> npt.NDArray[Any]:
    """Return what a file holds, mapped; nothing cannot be mapped and is read."""
    try:
        return np.load(path, mmap_mode="r").view(np.ndarray)
    except ValueError:
        found: npt.NDArray[Any] = np.load(path)
        return found


def _arrays(frame: Frame) -> Arrays:
    yield from frame.columns.items()
    yield from ((f"{HISTORY}{fact}", months) for fact, months in frame.history.items())


def _joined(frames: list[Frame]) -> Arrays:
    """Yield the arrays of all frames together, so that no more than one of them is in memory."""
    for name in frames[0].columns:
        yield name, np.concatenate([frame[name] for frame in frames])
    for fact in frames[0].history:
        yield f"{HISTORY}{fact}", np.concatenate([frame.history[fact] for frame in frames], axis=1)


def _write(arrays: Arrays, place: Path) -> None:
    """Write under another name and rename: files that are there are whole."""
    made = Path(tempfile.mkdtemp(dir=place.parent, prefix="new-"))
    for name, array in arrays:
        np.save(made / f"{name}.npy", np.ascontiguousarray(array))
    shutil.rmtree(place, ignore_errors=True)  # one that was cut short
    made.rename(place)


@contextmanager
def _alone(folder: Path, name: str) -> Iterator[None]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
