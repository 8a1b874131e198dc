"""Where a bench keeps its branches: an embedded server of its own, or the server DATABASE_URL names."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import psycopg2
from django.conf import settings

from cvm.localstack import LocalStack, redis_database, redis_url


@dataclass(frozen=True)
class Place:
    """The servers of a bench; a database is only taken over by its final name once it is complete."""

    database_url: str
    redis_url: str
    stack: LocalStack | None

    def environment(self, database: str) -> dict[str, str]:
        """Return the environment in which a process works on one database."""
        address = self.database_url.rsplit("/", 1)[0]
        ours = {"DATABASE_URL": f"{address}/{database}", "REDIS_URL": self.redis_url}
        return {**os.environ, **ours, "CVM_STATE": str(settings.STATE_DIR), "CVM_LOG_LEVEL": "WARNING"}

    def postmaster(self) -> int | None:
        """Return the process number of our own server, None when it is somebody else's."""
        if self.stack is None:
            return None
        return int((self.stack.postgres.cluster / "postmaster.pid").read_text().split()[0])

    def has(self, database: str) -> bool:
        """Tell whether a complete database of this name is there."""
        return bool(self._ask("select 1 from pg_database where datname = %s", [database]))

    def create(self, database: str) -> None:
        """Make an empty database, in place of whatever a broken-off bench left."""
        self.drop(database)
        self._ask(f'create database "{database}"')

    def rename(self, database: str, *, to: str) -> None:
        """Give a complete database its final name."""
        self._ask(f'alter database "{database}" rename to "{to}"')

    def drop(self, database: str) -> None:
        """Remove a database, with whoever is still connected."""
        self._ask(f'drop database if exists "{database}" with (force)')

    def _ask(self, statement: str, values: list[str] | None = None) -> list[tuple]:
        parts = urlsplit(self.database_url)
        connection = psycopg2.connect(
            host=unquote(parts.hostname or ""),
            port=parts.port or 5432,
            user=parts.username,
            password=unquote(parts.password or ""),
            dbname=parts.path.strip("/"),
        )
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


@contextlib.contextmanager
def place() -> Iterator[Place]:
    """Yield the servers: settings as in production, on disk and durable, apart from everybody else's data."""
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        apart = redis_url(settings.REDIS_URL, database=redis_database(settings.REDIS_URL) + 8)
        yield Place(settings.DATABASE_URL, apart, None)
        return
    stack = LocalStack(state=settings.STATE_DIR / "bench")
    with stack.session():
        yield Place(stack.database_url, stack.redis_url, stack)


def run_child(module: str, arguments: list[str], environment: dict[str, str]) -> str:
    """Run one of our modules in a process of its own and return what it printed; its errors go to the terminal."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(
        command, env=environment, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout
