"""Where the files of exports lie: a folder only the program reads, under names nobody can guess."""

from __future__ import annotations

import datetime as dt
import secrets
from pathlib import Path

from django.conf import settings


def new_name() -> str:
    """Return a name for a file, 128 random bits."""
    return secrets.token_hex(16)


def path_of(name: str) -> Path:
    """Return the place of a file, in a folder closed to everybody else."""
    folder: Path = settings.EXPORTS_DIR
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / name


def remove(name: str) -> None:
    """Delete a file, if it is there."""
    if name:
        path_of(name).unlink(missing_ok=True)


def strays(*, before: dt.datetime, known: set[str]) -> list[str]:
    """Return the files nobody can fetch: left by killed workers, or whose request is over."""
    found = [path for path in path_of(".").iterdir() if path.is_file() and path.name not in known]
    return [path.name for path in found if path.stat().st_mtime < before.timestamp()]
