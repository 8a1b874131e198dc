"""Both servers together: sessions that share them, start, stop, and start again what was killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO

from cvm.localstack.errors import DiskFull
from cvm.localstack.postgres import Postgres
from cvm.localstack.state import State
from cvm.localstack.valkey import Valkey

FREE_BYTES_TO_START = 500 * 1024**2


@dataclass(frozen=True)
class LocalStack(State):
    """Both servers of one state folder."""

    throw_away: bool = False
    with_postgres: bool = True
    with_valkey: bool = True
    binaries: Path | None = field(default_factory=lambda: Path(p) if (p := os.environ.get("PG_BIN")) else None)

    @cached_property
    def postgres(self) -> Postgres:
        return Postgres(self, throw_away=self.throw_away, binaries=self.binaries)

    @cached_property
    def valkey(self) -> Valkey:
        return Valkey(self, throw_away=self.throw_away)

    @property
    def database_url(self) -> str:
        return self.postgres.url

    @property
    def redis_url(self) -> str:
        return self.valkey.url

    @contextlib.contextmanager
    def session(self) -> Iterator[LocalStack]:
        """Keep both servers up while the block runs; the last session to leave stops them."""
        with self.lock_file("sessions.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            self.start()
            try:
                yield self
            finally:
                self._stop_if_last(lock)

    def stop_if_unused(self) -> None:
        """Stop servers a killed session left running."""
        with self.lock_file("sessions.lock") as lock:
            self._stop_if_last(lock)

    def _stop_if_last(self, lock: IO[str]) -> None:
        # Converting a shared lock is not atomic, but nobody starts a server without the start lock.
        with self.start_lock():
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            self.stop()

    @contextlib.contextmanager
    def start_lock(self) -> Iterator[None]:
        """Let one process at a time start or stop servers."""
        with self.lock_file("start.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def start(self) -> None:
        """Make what is missing and start what is not running."""
        with self.start_lock():
            self._refuse_full_disk()
            self.socket_folder()
            for server in self._servers():
                server.start()

    def revive(self) -> list[str]:
        """Start again what ended without being asked (out of memory, kill -9); return the names."""
        ended = [server.name for server in self._servers() if not server.runs()]
        if ended:
            self.start()
        return ended

    def stop(self) -> None:
        """Stop what we started, the queue first."""
        for server in reversed(self._servers()):
            server.stop()
        shutil.rmtree(self.sockets, ignore_errors=True)

    def _servers(self) -> list[Postgres | Valkey]:
        known = [(self.with_postgres, self.postgres), (self.with_valkey, self.valkey)]
        return [server for is_ours, server in known if is_ours]

    def _refuse_full_disk(self) -> None:
        free = shutil.disk_usage(self.folder()).free
        if free < FREE_BYTES_TO_START:
            raise DiskFull(
                f"磁盘空间不足:{self.state} 所在磁盘只剩 {free // 1024**2} MB,"
                f"至少需要 {FREE_BYTES_TO_START // 1024**2} MB。\n"
                f"Disk full: {free // 1024**2} MB left for {self.state},"
                f" {FREE_BYTES_TO_START // 1024**2} MB are needed."
            )
