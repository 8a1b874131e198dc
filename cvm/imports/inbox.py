"""The watched folder: a file that lies there complete is taken once, whoever looks, and its fate stands beside it.

    inbox/bills.csv             waits, until it is complete
    inbox/.taking/…             being copied; found here after a crash, it is taken again
    inbox/taken/2026-11-23/…    copied into the spool and noted as an import
    inbox/refused/…             refused before or by the check; bills.csv.txt says why

Complete is a file with its manifest (bills.csv.ok, bills.ok, …; see MANIFESTS; empty or with rows, money, sha256), or one without a name of unfinished files whose size and time stood still between two looks ten seconds apart.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import logging
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection, models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.importing import guards, intake, spool
from customers.importing.errors import ImportRefused, spoken_error
from customers.models import AuditEntry, ImportBatch
from cvm.events import files as event_files
from cvm.imports.manifests import MANIFESTS, is_as_said, is_manifest, manifest_of, manifest_says

log = logging.getLogger(__name__)

STILL = dt.timedelta(seconds=10)
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", ".partial", "~")
TAKING, TAKEN, REFUSED = ".taking", "taken", "refused"
LOCK = 0x43_564D_05  # one look at a time
REMEMBERED_SECONDS = 24 * 3600
AUTOMATIC = {"commit": "auto"}


class Why(models.TextChoices):
    """Why a file in the folder is not taken (yet)."""

    GROWING = "growing", _("May still grow: it is taken when it has stood still for ten seconds")
    UNFINISHED = "unfinished", _("Its name says that it is being sent")
    UNLIKE_MANIFEST = "unlike_manifest", _("Is not yet what its manifest says")
    FOLDER = "folder", _("Is a folder; only files are taken")
    LINK = "link", _("Is a link; only files themselves are taken")
    NOT_A_FILE = "not_a_file", _("Is no file")
    CLOSED = "closed", _("May not be read by us")
    BAD_NAME = "bad_name", _("Its name cannot be written in UTF-8")
    LONELY = "lonely", _("Is a manifest without its file")


@dataclass(frozen=True)
class Waiting:
    """A file that lies in the inbox: its name as far as it can be shown, size, time and why it waits."""

    name: str
    size: int
    changed_at: dt.datetime
    why: Why


def folder() -> Path:
    """Return the inbox, made when it is not there yet."""
    path = Path(settings.INBOX_DIR)
    if not path.is_dir():
        path.mkdir(parents=True, exist_ok=True)
    return path


def waiting() -> list[Waiting]:
    """Return what lies in the inbox, by name; a file that could be taken at the next look waits for standing still."""
    found = []
    for path in _entries():
        try:
            seen = path.lstat()
        except FileNotFoundError:  # taken meanwhile
            continue
        at = dt.datetime.fromtimestamp(seen.st_mtime, dt.UTC)
        found.append(Waiting(_shown(path), seen.st_size, at, _refusal(path, seen) or Why.GROWING))
    return found


def look(*, now: dt.datetime) -> list[int]:
    """Take every complete file and return the imports made of them; nothing when somebody else is looking."""
    with _only_look() as is_ours:
        if not is_ours:
            return []
        held = [path for path in sorted(_within(TAKING).iterdir()) if not is_manifest(path)]
        for path in _entries():
            if _is_complete(path, now=now):
                held += _hold(path)
        return [batch.pk for path in held if (batch := _take(path, now=now)) is not None]


def to_confirm() -> list[ImportBatch]:
    """Return the checked imports to be stored without a person: without stops, and asked for at the start.

    Whoever changed the mapping of one wants to see the check, so it waits for them.
    """
    ready = ImportBatch.objects.filter(status=ImportBatch.Status.READY, control__contains=AUTOMATIC)
    mapped = models.Exists(_mapped_by_hand())
    return [batch for batch in ready.filter(~mapped).order_by("pk") if not batch.preview.get("stops")]


def put_failed_aside(*, now: dt.datetime) -> int:
    """Move the files whose check or storing failed from taken/ to refused/, with the reason; return how many."""
    failed = list(
        ImportBatch.objects.filter(
            source=ImportBatch.Source.INBOX, status=ImportBatch.Status.FAILED, control__has_key="inbox"
        ).order_by("pk")
    )
    for batch in failed:
        path = folder() / batch.control["inbox"]
        if path.is_file():
            _refuse(path, _why_failed(batch), now=now)
        said = {name: value for name, value in batch.control.items() if name != "inbox"}
        ImportBatch.objects.filter(pk=batch.pk).update(control=said)
    return len(failed)


def _take(path: Path, *, now: dt.datetime) -> ImportBatch | None:
    """Copy a held file into the spool and note it; put it back when it must wait, aside when it cannot be taken."""
    try:
        _fetch_manifest(path)
        if (rows := event_files.rows_of(path)) is not None:
            _take_events(path, rows, now=now)
            return None
        guards.kind_of(path)
        said = manifest_says(path)
        spooled = spool.take(path, name=path.name)
        key = f"inbox {spooled.sha256[:32]} {path.stat().st_mtime_ns}"
        place = _free(_within(TAKEN, f"{timezone.localtime(now):%Y-%m-%d}") / path.name)
        submitted = intake.submit(
            spooled,
            file_name=path.name,
            source=ImportBatch.Source.INBOX,
            now=now,
            control={**said, **AUTOMATIC, "inbox": str(place.relative_to(folder()))},
            idempotency_key=key,
        )
    except (spool.FileChanged, spool.SpoolFull):
        _put_back(path)
        return None
    except ImportRefused as error:
        _refuse(path, str(error), now=now)
        return None
    _move(path, place)
    if submitted.already and submitted.batch.idempotency_key != key:
        _note(
            place,
            str(_("The same file has been imported already: import %(number)s.") % {"number": submitted.batch.pk}),
        )
        return None
    return submitted.batch


def _take_events(path: Path, rows: list[Any], *, now: dt.datetime) -> None:
    """Take a small file of events at once; what became of its rows stands beside it."""
    taken = event_files.take_file(path, rows, now=now)
    is_refused = taken.delivery.rejected == taken.delivery.rows
    folder_of = _within(REFUSED) if is_refused else _within(TAKEN, f"{timezone.localtime(now):%Y-%m-%d}")
    place = _free(folder_of / path.name)
    _move(path, place)
    _note(place, event_files.in_words(taken))


def _entries() -> Iterator[Path]:
    """Yield what a look considers, by name: hidden names and our own folders are none of it."""
    names = sorted(entry.name for entry in folder().iterdir())
    spoken_for = {manifest.name for name in names if (manifest := manifest_of(folder() / name))}
    for name in names:
        if not name.startswith(".") and name not in (TAKEN, REFUSED) and name not in spoken_for:
            yield folder() / name


def _refusal(path: Path, seen: os.stat_result) -> Why | None:
    """Return why this can be no file for us, or not yet."""
    if stat.S_ISLNK(seen.st_mode):
        return Why.LINK
    if stat.S_ISDIR(seen.st_mode):
        return Why.FOLDER
    if not stat.S_ISREG(seen.st_mode):
        return Why.NOT_A_FILE
    if path.name != _shown(path):
        return Why.BAD_NAME
    if is_manifest(path):
        return Why.LONELY
    if path.name.lower().endswith(UNFINISHED):
        return Why.UNFINISHED
    if not os.access(path, os.R_OK):
        return Why.CLOSED
    return Why.UNLIKE_MANIFEST if manifest_of(path) and not is_as_said(path) else None


def _is_complete(path: Path, *, now: dt.datetime) -> bool:
    try:
        seen = path.lstat()
        refusal = _refusal(path, seen)
        if refusal is Why.UNLIKE_MANIFEST:  # a broken transfer, unless it is still going on
            return _stood_still(path, seen, now=now)
        return refusal is None and (manifest_of(path) is not None or _stood_still(path, seen, now=now))
    except FileNotFoundError:
        return False


def _stood_still(path: Path, seen: os.stat_result, *, now: dt.datetime) -> bool:
    """Return whether an earlier look, at least ten seconds ago, saw the same file; else remember this one."""
    key = f"inbox:{hashlib.sha256(path.name.encode()).hexdigest()[:32]}"
    looks = [seen.st_ino, seen.st_size, seen.st_mtime_ns]
    before = cache.get(key)
    if not before or before["looks"] != looks:
        cache.set(key, {"looks": looks, "at": now.timestamp()}, REMEMBERED_SECONDS)
        return False
    return bool(now.timestamp() - before["at"] >= STILL.total_seconds())


# --- moving --------------------------------------------------------------------------------------


def _hold(path: Path) -> list[Path]:
    """Take a file out of the sender's sight; a rename is whole or not at all. Nothing when we may not move it."""
    try:
        return [path.rename(_within(TAKING) / path.name)]
    except OSError as error:
        log.warning("a file in the inbox cannot be moved: %s", error.strerror)
        return []


def _fetch_manifest(path: Path) -> None:
    """Bring the manifest of a held file after it; a look that died in between left it behind."""
    manifest = manifest_of(folder() / path.name)
    if manifest is not None and manifest_of(path) is None:
        manifest.rename(path.with_name(manifest.name))


def _put_back(path: Path) -> None:
    if not (folder() / path.name).exists():
        _move(path, folder() / path.name)


def _move(path: Path, place: Path) -> None:
    manifest = manifest_of(path)
    if manifest is not None:
        end = next(end for end in MANIFESTS if manifest.name.endswith(end))
        manifest.rename(place.with_name(f"{place.name}{end}"))
    path.rename(place)


def _refuse(path: Path, why: str, *, now: dt.datetime) -> None:
    place = _free(_within(REFUSED) / path.name)
    _move(path, place)
    _note(place, f"{timezone.localtime(now):%Y-%m-%d %H:%M} {why}")


def _note(place: Path, words: str) -> None:
    place.with_name(f"{place.name}.txt").write_text(f"{words}\n", "utf-8")


def _free(place: Path) -> Path:
    """Return a place nobody has taken yet: bills.csv, bills-2.csv, …"""
    number, free = 1, place
    while free.exists():
        number += 1
        free = place.with_name(f"{place.stem}-{number}{place.suffix}")
    return free


def _within(*names: str) -> Path:
    path = folder().joinpath(*names)
    path.mkdir(parents=True, exist_ok=True)
    return path


def _shown(path: Path) -> str:
    return path.name.encode("utf-8", "replace").decode()


def _why_failed(batch: ImportBatch) -> str:
    return spoken_error(batch.error_code, batch.error_detail) if batch.error_code else batch.error


def _mapped_by_hand() -> Any:
    return AuditEntry.objects.filter(
        action="import.map", subject=ImportBatch._meta.label_lower, subject_id=models.OuterRef("pk")
    )


@contextlib.contextmanager
def _only_look() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%(key)s)", {"key": LOCK})
        is_ours = bool(cursor.fetchone()[0])
    try:
        yield is_ours
    finally:
        if is_ours and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%(key)s)", {"key": LOCK})
