"""Our own copy of every file: copied and hashed in one pass, then the only thing anybody reads."""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.utils.translation import gettext_noop as _

from customers.importing.errors import FileClosed, FileMissing, ImportRefused

PIECE_BYTES = 1 << 20
LONGEST_SUFFIX = 12
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class FileChanged(ImportRefused):
    words = _("%(file)s was being written while it was read. Send it again when it is complete.")


class SpoolFull(ImportRefused):
    words = _("There is no room left for a copy of %(file)s. Make room in the state folder, then send it again.")


class SpoolMissing(ImportRefused):
    words = _("The copy of %(file)s is no longer there. Send the file again.")


@dataclass(frozen=True)
class Spooled:
    """A file in the spool: its name there, the hash and size of exactly these bytes."""

    name: str
    sha256: str
    size: int


def take(source: Path | BinaryIO, *, name: str) -> Spooled:
    """Copy a file into the spool and hash it on the way; `name` is what its sender calls it.

    Raises FileMissing or FileClosed for a path that cannot be read, FileChanged when the file was written, replaced
    or cut meanwhile, SpoolFull when there is no room. Whatever goes wrong, no partial copy stays.
    """
    if not isinstance(source, Path):
        return _copied(source, name)
    _refuse_unreadable(source)
    before = _looks(source)
    with source.open("rb") as file:
        spooled = _copied(file, name)
    if _looks(source) != before or spooled.size != before[-1]:
        remove(spooled.name)
        raise FileChanged(file=name)
    return spooled


def path_of(spool_name: str) -> Path:
    """Return where a spooled file lies; raises SpoolMissing when it does not."""
    path = folder() / Path(spool_name).name
    if not spool_name or not path.is_file():
        raise SpoolMissing(file=spool_name or "?")
    return path


def remove(spool_name: str) -> None:
    """Delete a copy; one that is gone already is gone."""
    if spool_name:
        (folder() / Path(spool_name).name).unlink(missing_ok=True)


def sweep(*, keep: Iterable[str], older_than: dt.datetime) -> int:
    """Delete copies nobody waits for that were written before an instant; return how many."""
    wanted, gone = set(keep), 0
    for path in folder().iterdir():
        if path.name not in wanted and path.stat().st_mtime < older_than.timestamp():
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def folder() -> Path:
    """Return the spool, made for us alone when it is not there yet."""
    path = Path(settings.SPOOL_DIR)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _refuse_unreadable(path: Path) -> None:
    # `Path.is_file` raises in a folder that may not be entered.
    if not os.path.isfile(path):
        raise FileMissing(path)
    if not os.access(path, os.R_OK):
        raise FileClosed(path)


def _looks(path: Path) -> tuple[int, int, int]:
    seen = path.stat()
    return seen.st_ino, seen.st_mtime_ns, seen.st_size


def _copied(file: BinaryIO, name: str) -> Spooled:
    spool_name = secrets.token_hex(12) + Path(name).suffix.lower()[:LONGEST_SUFFIX]
    target = folder() / spool_name
    try:
        sha256, size = _copy(file, target)
    except OSError as error:
        target.unlink(missing_ok=True)
        if error.errno in FULL:
            raise SpoolFull(file=name) from error
        raise
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return Spooled(spool_name, sha256, size)


def _copy(file: BinaryIO, target: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
            copy.write(piece)
            size += len(piece)
        copy.flush()
        os.fsync(copy.fileno())
    return digest.hexdigest(), size
