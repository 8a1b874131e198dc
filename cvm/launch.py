"""The programs `up` keeps running, and how to know that they work."""

import contextlib
import fcntl
import functools
import hashlib
import http.client
import ipaddress
import json
import os
import pwd
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import redis
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection
from django.utils.translation import gettext_noop as _

from cvm import health, outage, supervise
from cvm.celery import app
from cvm.progress import bilingual

OLDEST_POSTGRES = 17  # COPY ... ON_ERROR, which the imports use
WEB_STATEMENT_TIMEOUT_MS = 15_000
START_SECONDS = 120


class PortTaken(CommandError):
    """Another program listens on our port."""


class AlreadyUp(CommandError):
    """A second `up` in the same folder."""


class NotReady(CommandError):
    """A program did not begin to work in time."""


# --- only one at a time --------------------------------------------------------------------------


def record() -> Path:
    """Return the file that names the running programs."""
    return settings.STATE_DIR / "processes.json"


def _note() -> Path:
    return settings.STATE_DIR / "up.json"


@contextlib.contextmanager
def only_one(*, address: str) -> Iterator[None]:
    """Hold the lock of `up` for its lifetime; a second one learns the first one's address."""
    with settings.LOCAL_STACK.lock_file("up.lock") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            text = _("CVM is already running at %(address)s. Stop it with: python3 manage.py down")
            address = (running() or {}).get("address", "?")
            raise AlreadyUp(bilingual(text, address=address)) from error
        _note().write_text(json.dumps({"pid": os.getpid(), "address": address}))
        try:
            yield
        finally:
            _note().unlink(missing_ok=True)


def running() -> dict | None:
    """Return process number and address of the running `up`, None when there is none."""
    with contextlib.suppress(FileNotFoundError), open(settings.STATE_DIR / "up.lock") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return json.loads(_note().read_text())
    return None


# --- before the start ----------------------------------------------------------------------------


def refuse_taken_port(*, host: str, port: int) -> None:
    """Say so early when the web port cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with contextlib.closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            text = _("Port %(port)s on %(host)s cannot be used (%(reason)s). Choose another: --port 8001")
            reason = error.strerror if isinstance(error, OSError) else error
            raise PortTaken(bilingual(text, port=port, host=host, reason=reason)) from error


def check_servers() -> None:
    """Refuse a database or queue that is missing or too old, by name."""
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        raise NotReady(outage.told(error)) from error
    version = connection.pg_version // 10_000
    if version < OLDEST_POSTGRES:
        text = _("The database is PostgreSQL %(found)s; version %(needed)s or newer is needed.")
        raise NotReady(bilingual(text, found=version, needed=OLDEST_POSTGRES))
    _check_redis()


def _check_redis() -> None:
    from cvm.localstack import redact

    try:
        with contextlib.closing(health.redis_probe()) as client:
            client.ping()
            policy = client.config_get("maxmemory-policy").get("maxmemory-policy", "noeviction")
    except redis.ResponseError:
        return  # a managed server may forbid CONFIG
    except redis.RedisError as error:
        text = _("Redis at %(address)s does not answer: %(reason)s")
        raise NotReady(bilingual(text, address=redact(settings.REDIS_URL), reason=error)) from error
    if policy != "noeviction":
        text = _("Redis would throw jobs away: set its maxmemory-policy to noeviction.")
        raise NotReady(bilingual(text))


def collect_static() -> bool:
    """Collect the static files when one of them changed; return whether that was so."""
    stamp = settings.STATIC_ROOT.with_name("static.stamp")
    wanted = _static_digest()
    if stamp.exists() and stamp.read_text() == wanted and settings.STATIC_ROOT.is_dir():
        return False
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(wanted)
    return True


def _static_digest() -> str:
    found = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list(["CVS", ".*", "*~", "*.map"]):
            status = os.stat(storage.path(name))
            found.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return found.hexdigest()


# --- the programs --------------------------------------------------------------------------------


def services(*, host: str, port: int, jobs: int) -> list[supervise.Service]:
    """Return web, workers and beat, ready to be started."""
    account, environment = _account()
    environment = environment | {"PYTHONUNBUFFERED": "1"}
    web = environment | {
        "CVM_PROCESS": "web",
        "CVM_STATEMENT_TIMEOUT_MS": str(WEB_STATEMENT_TIMEOUT_MS),
        "CVM_ALLOWED_HOSTS": ",".join(allowed_hosts(host)),
    }
    # A stop lets running tasks finish for a while, then hands them back to the queue.
    worker = environment | {"CVM_PROCESS": "worker", "REMAP_SIGTERM": "SIGQUIT"}
    beat = environment | {"CVM_PROCESS": "beat"}
    return [
        supervise.Service("web", web_command(host=host, port=port), web, account),
        supervise.Service("worker", worker_command(jobs=jobs), worker, account),
        supervise.Service("events", events_command(), worker, account),
        supervise.Service("beat", beat_command(), beat, account),
    ]


def web_command(*, host: str, port: int) -> list[str]:
    """Return the web server's command line."""
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    # The control socket would lie in the home folder, shared by every installation.
    options = "--worker-class gthread --workers 2 --threads 4 --timeout 60 --keep-alive 0 --no-control-socket"
    return [sys.executable, "-m", "gunicorn", "cvm.wsgi", "--bind", bind, *options.split()]


def worker_command(*, jobs: int) -> list[str]:
    """Return the command line of the worker of nights, imports and exports."""
    options = "--queues celery --without-gossip --without-mingle --loglevel INFO"
    return [*_celery("worker"), "--concurrency", str(jobs), *options.split()]


def events_command() -> list[str]:
    """Return the command line of the worker that only judges events; two, so that one that hangs stops nothing."""
    options = "--queues events --hostname events@%h --without-gossip --without-mingle --loglevel WARNING"
    return [*_celery("worker"), "--concurrency", "2", *options.split()]


def beat_command() -> list[str]:
    """Return the scheduler's command line; its schedule lives in the database."""
    return [*_celery("beat"), "--pidfile", "", "--loglevel", "INFO"]


def _celery(name: str) -> list[str]:
    return [sys.executable, "-m", "celery", "-A", "cvm", name]


def allowed_hosts(host: str) -> list[str]:
    """Return the names a page may be asked by: as set, or this machine's when it is opened up."""
    if "CVM_ALLOWED_HOSTS" in os.environ or _is_loopback(host):
        return settings.ALLOWED_HOSTS
    addresses = [each.address.split("%")[0] for all in psutil.net_if_addrs().values() for each in all]
    return [*settings.ALLOWED_HOSTS, socket.gethostname(), socket.getfqdn(), *addresses]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@functools.cache
def _account() -> tuple[dict, dict]:
    """Return the account the programs run under: never root when another one can read the code."""
    environment = dict(os.environ) | {"CVM_STATE": str(settings.STATE_DIR)}
    owner = settings.LOCAL_STACK.owner
    if owner is None:
        return {}, environment
    account = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    home = settings.LOCAL_STACK.folder("home")
    environment |= {"HOME": str(home), "USER": owner.pw_name, "LOGNAME": owner.pw_name}
    return (account, environment) if _can_run(account, environment) else ({}, dict(os.environ))


def runs_as() -> pwd.struct_passwd:
    """Return the account the programs will run under."""
    account, _environment = _account()
    return pwd.getpwuid(account.get("user", os.geteuid()))


def _can_run(account: dict, environment: dict) -> bool:
    command = [sys.executable, "-c", "import django, cvm.wsgi"]
    try:
        answer = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, **account)
    except PermissionError:
        return False
    return answer.returncode == 0


# --- are they working? ---------------------------------------------------------------------------


def wait_for_web(*, host: str, port: int) -> None:
    """Return when the web server answers; the programs restart by themselves meanwhile."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - a comparison
    _wait(lambda: _web_answers(host, port), name="web")


def _web_answers(host: str, port: int) -> bool:
    browser = http.client.HTTPConnection(host, port, timeout=10)
    try:
        browser.request("GET", "/healthz/live", headers={"Host": "localhost"})
        return browser.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        browser.close()


def wait_for_worker() -> None:
    """Return when a worker answers."""
    _wait(lambda: bool(app.control.ping(timeout=0.5)), name="worker")


def _wait(works, *, name: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not works():
        if time.monotonic() > deadline:
            text = _("%(name)s did not begin to work within %(seconds)s seconds.")
            raise NotReady(bilingual(text, name=name, seconds=START_SECONDS))
        time.sleep(0.2)
