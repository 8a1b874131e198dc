"""A test that waits for ever fails in the line that waits, and says who waited for what."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

import psycopg2
import pytest

from cvm import testing_patience
from cvm.testing_patience import TookTooLong, limit

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def child():
    process = subprocess.Popen(SLEEP)
    yield process
    process.kill()
    process.wait(timeout=20)


def held():
    lock = threading.Lock()
    lock.acquire()
    return lock


@pytest.mark.parametrize("wait", [lambda child: child.wait(), lambda child: held().acquire()])
def test_what_waits_for_ever_is_told_and_ended(child, wait, monkeypatch, capfd):
    monkeypatch.setattr(sys, "__stderr__", sys.stderr)
    started = time.monotonic()

    with pytest.raises(TookTooLong, match="this test was not done after 0.2 seconds"), limit("this test", seconds=0.2):
        wait(child)

    told = capfd.readouterr().err
    assert time.monotonic() - started < 20
    assert "in test_what_waits_for_ever_is_told_and_ended" in told
    assert f"{child.pid} sleeping" in told


def test_statement_at_work_is_among_what_is_told():
    with contextlib.closing(psycopg2.connect(os.environ["DATABASE_URL"])) as sleeper:
        cursor = sleeper.cursor()
        thread = threading.Thread(target=sleep_in, args=(cursor,), daemon=True)
        thread.start()
        deadline = time.monotonic() + 10
        while not (found := [line for line in testing_patience._statements() if "pg_sleep" in line]):
            assert time.monotonic() < deadline, "nobody sleeps"
        sleeper.cancel()
        thread.join(timeout=20)

    assert "Timeout PgSleep" in found[0]


def sleep_in(cursor):
    with contextlib.suppress(psycopg2.errors.QueryCanceled):
        cursor.execute("select pg_sleep(20)")


def test_limit_inside_a_limit_gives_the_rest_back():
    with limit("outer", seconds=60):
        with limit("inner", seconds=5):
            pass
        assert 50 < signal.getitimer(signal.ITIMER_REAL)[0] <= 60
