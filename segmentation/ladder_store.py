"""The frame of the ladder kept as files beside the exports: made once a night, mapped into memory by every web process.

What is mapped is shared: two processes and their threads hold one copy. Without the folder (`LADDER_DIR`), or where
it cannot be written, every process keeps its own.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings

from customers.frame import Frame
from customers.models import Run
from cvm.lib.months import month_of

log = logging.getLogger(__name__)

KEEP = 2  # frames: the published night's, and one that an address still holds
HISTORY = "history."  # begins the names of the months' files


def kept(run: Run, build: Callable[[], Frame]) -> Frame:
    """Return the frame of a run, mapped from its files; whoever comes first makes them, the others wait for that."""
    folder: Path | None = settings.LADDER_DIR
    if folder is None:
        return build()
    place = folder / f"{run.pk}-{run.started_at:%Y%m%d%H%M%S%f}"
    if (found := _mapped(place, run)) is not None:
        return found
    built: Frame | None = None
    try:
        with _alone(folder):
            if (found := _mapped(place, run)) is None:
                built = build()
                _write(built, place)
                _tidy(folder)
                found = _mapped(place, run)
    except OSError as error:
        log.warning("the ladder's frame of run %s stays in memory alone: %s", run.pk, type(error).__name__)
    if found is None:
        found = build() if built is None else built
    return found


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


def _write(frame: Frame, place: Path) -> None:
    """Write under another name and rename: files that are there are whole."""
    made = Path(tempfile.mkdtemp(dir=place.parent, prefix="new-"))
    for name, array in (*frame.columns.items(), *((f"{HISTORY}{name}", one) for name, one in frame.history.items())):
        np.save(made / f"{name}.npy", np.ascontiguousarray(array))
    shutil.rmtree(place, ignore_errors=True)  # one that was cut short
    made.rename(place)


def _tidy(folder: Path) -> None:
    """Remove the frames of older nights; a process that still maps one keeps it until it lets go."""
    known = sorted((path for path in folder.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for path in known[:-KEEP]:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
