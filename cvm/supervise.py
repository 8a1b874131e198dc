"""Keep a few processes running: prefix what they print, start again what dies.

Every process leads a session of its own, so a Ctrl-C reaches only us, and whatever a killed
process leaves behind can be found by its group.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psutil

LIVES = 5  # so many deaths ...
LIVES_SECONDS = 60  # ... within so many seconds, and we give up
STOP_SECONDS = 40  # more than the worker's own soft shutdown


class KeepsDying(RuntimeError):
    """A process died too often to go on."""

    def __init__(self, name: str):
        super().__init__(name)
        self.name = name


@dataclass
class Service:
    """One program to keep running."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    account: Mapping[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=LIVES))

    def start(self, *, cwd: Path) -> None:
        """Start the program in a session of its own."""
        self.process = subprocess.Popen(
            self.command,
            cwd=cwd,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            **self.account,
        )
        threading.Thread(target=_echo, args=(self.name, self.process.stdout), daemon=True).start()

    def is_running(self) -> bool:
        """Tell whether the program is alive."""
        return self.process is not None and self.process.poll() is None

    def died(self, *, at: float) -> bool:
        """Note a death; tell whether the program may be started again."""
        self.deaths.append(at)
        return len(self.deaths) < LIVES or at - self.deaths[0] > LIVES_SECONDS


def _echo(name: str, stream: IO[str] | None) -> None:
    if stream is None:
        return
    with stream, contextlib.suppress(BrokenPipeError, ValueError):
        for line in stream:
            sys.stdout.write(f"{name:<6} | {line}")
            sys.stdout.flush()


class Supervisor:
    """Starts, watches and stops a set of services, and records them for the next start."""

    def __init__(self, services: list[Service], *, record: Path, cwd: Path):
        self.services = services
        self.record = record
        self.cwd = cwd

    def start(self) -> None:
        """Start everything."""
        for service in self.services:
            service.start(cwd=self.cwd)
        self._write_record()

    def revive(self) -> Iterator[str]:
        """Start again what died since the last look; yield the names."""
        for service in self.services:
            if service.is_running():
                continue
            if not service.died(at=time.monotonic()):
                raise KeepsDying(service.name)
            if service.process:
                _kill_group(service.process.pid)
            service.start(cwd=self.cwd)
            self._write_record()
            yield service.name

    def stop(self) -> None:
        """Ask everything to end, wait, then insist."""
        started = [service.process for service in self.services if service.process]
        running = [process for process in started if process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
        for process in started:
            _kill_group(process.pid)
            process.wait()
        self.record.unlink(missing_ok=True)

    def _write_record(self) -> None:
        alive = [s.process.pid for s in self.services if s.process and s.is_running()]
        rows = [{"pid": pid, "created": created} for pid in alive if (created := _created(pid))]
        self.record.write_text(json.dumps(rows))


def stop_leftovers(record: Path) -> int:
    """Stop what a killed supervisor left running; return how many groups there were."""
    if not record.exists():
        return 0
    rows = json.loads(record.read_text() or "[]")
    ours = [row["pid"] for row in rows if _is_ours(row["pid"], created=row["created"])]
    for pid in ours:
        _end_group(pid)
    record.unlink(missing_ok=True)
    return len(ours)


def _is_ours(pid: int, *, created: float) -> bool:
    """Tell whether a group still is the one we recorded, not a newcomer with a recycled number."""
    now = _created(pid)
    if now is None:
        return bool(_members(pid))  # the leader died; its number is taken while members live
    return abs(now - created) < 5


def _created(pid: int) -> float | None:
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return None


def _members(group: int) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError, psutil.Error):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _end_group(group: int) -> None:
    members = _members(group)
    for process in members:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    psutil.wait_procs(members, timeout=10)
    _kill_group(group)


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
