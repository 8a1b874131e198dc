"""What a piece of work costs: seconds, processor seconds of clients and of PostgreSQL, memory, write-ahead log."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from django.db import connection

SAMPLE_SECONDS = 0.2


@dataclass(frozen=True)
class Cost:
    """Seconds, and bytes of write-ahead log."""

    wall: float = 0.0
    client: float = 0.0
    postgres: float = 0.0
    wal: int = 0

    @property
    def processor(self) -> float:
        """Return the processor seconds of everybody together."""
        return self.client + self.postgres

    def __sub__(self, other: Cost) -> Cost:
        return Cost(
            self.wall - other.wall, self.client - other.client, self.postgres - other.postgres, self.wal - other.wal
        )

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.wall + other.wall, self.client + other.client, self.postgres + other.postgres, self.wal + other.wal
        )


@dataclass
class Meter:
    """Reads the counters of a client process with its children and of a PostgreSQL server with its own.

    `postmaster` is None for a server elsewhere: its processor time then counts as 0 and the report says so.
    """

    client: int
    postmaster: int | None
    peak_client: int = 0
    peak_postgres: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def read(self) -> Cost:
        """Return the counters as they are now."""
        return Cost(
            wall=time.perf_counter(),
            client=_processor(self.client),
            postgres=_processor(self.postmaster) if self.postmaster else 0.0,
            wal=_wal(),
        )

    @contextlib.contextmanager
    def watching_memory(self) -> Iterator[None]:
        """Note the largest private memory of any one client and any one backend while the block runs."""
        self.peak_client = self.peak_postgres = 0
        self._stop = threading.Event()
        thread = threading.Thread(target=self._sample, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            self.peak_client = max(self.peak_client, _largest(self.client))
            if self.postmaster:
                self.peak_postgres = max(self.peak_postgres, _largest(self.postmaster))


def _family(pid: int) -> list[psutil.Process]:
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def _processor(pid: int) -> float:
    """Return user and system seconds of a process, its living descendants, and those that ended."""
    total = 0.0
    for process in _family(pid):
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
            total += getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    return total


def _largest(pid: int) -> int:
    return max((private_bytes(process.pid) for process in _family(pid)), default=0)


def private_bytes(pid: int) -> int:
    """Return the memory a process has for itself; shared buffers and libraries do not count."""
    with contextlib.suppress(OSError, psutil.Error):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon"):
                return int(line.split()[1]) * 1024
    return 0


def _wal() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")
        return int(cursor.fetchone()[0])
