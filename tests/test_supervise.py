"""Processes that are watched, restarted and cleaned up after."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from cvm.supervise import KeepsDying, Service, Supervisor, stop_leftovers

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
SECONDS = 20
FAIL = [sys.executable, "-c", "raise SystemExit(3)"]


@pytest.fixture
def supervise(tmp_path):
    """Make a supervisor of given commands; everything it started is gone at the end."""
    made = []

    def make(**commands):
        services = [Service(name, words, os.environ) for name, words in commands.items()]
        found = Supervisor(services, record=tmp_path / "record.json", cwd=tmp_path)
        made.append(found)
        found.start()
        return found

    yield make
    for each in made:
        each.stop()


def test_killed_service_is_started_again_and_the_others_stay(supervise):
    found = supervise(web=SLEEP, beat=SLEEP)
    web, beat = (service.process.pid for service in found.services)
    os.kill(web, signal.SIGKILL)
    found.services[0].process.wait(timeout=SECONDS)

    assert list(found.revive()) == ["web"]

    assert found.services[0].process.pid != web
    assert found.services[1].process.pid == beat


def test_service_that_keeps_dying_ends_it(supervise):
    found = supervise(web=FAIL)

    with pytest.raises(KeepsDying, match="web"):
        revive_for_ever(found)


def revive_for_ever(found):
    """Wait for the death of the only service and revive it, again and again."""
    while True:
        found.services[0].process.wait(timeout=SECONDS)
        list(found.revive())


def test_slow_deaths_are_forgiven():
    service = Service("web", FAIL, {})

    assert all(service.died(at=minute * 61.0) for minute in range(20))


def test_stop_ends_a_service_that_ignores_the_request(supervise, monkeypatch):
    monkeypatch.setattr("cvm.supervise.STOP_SECONDS", 0.5)
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"
    found = supervise(web=[sys.executable, "-c", deaf])

    found.stop()

    assert found.services[0].process.poll() is not None


def test_leftovers_of_a_killed_supervisor_are_stopped(supervise, tmp_path):
    found = supervise(web=SLEEP)

    assert stop_leftovers(tmp_path / "record.json") == 1

    assert found.services[0].process.wait(timeout=5) is not None


def test_leftovers_include_children_of_a_dead_leader(supervise, tmp_path):
    code = f"import subprocess, sys, time; subprocess.Popen({SLEEP!r}); time.sleep(60)"
    found = supervise(web=[sys.executable, "-c", code])
    leader = psutil.Process(found.services[0].process.pid)
    child = wait_for_child(leader)
    os.kill(leader.pid, signal.SIGKILL)
    found.services[0].process.wait(timeout=SECONDS)

    stop_leftovers(tmp_path / "record.json")

    psutil.wait_procs([child], timeout=5)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def wait_for_child(process):
    """The first child of a process."""
    deadline = time.monotonic() + SECONDS
    while not process.children():
        assert time.monotonic() < deadline, "no child was started"
        time.sleep(0.05)
    return process.children()[0]


def test_recycled_number_is_left_alone(tmp_path):
    stranger = subprocess.Popen(SLEEP, start_new_session=True)
    record = tmp_path / "record.json"
    record.write_text(f'[{{"pid": {stranger.pid}, "created": 1.0}}]')

    assert stop_leftovers(record) == 0

    assert stranger.poll() is None
    stranger.kill()
    stranger.wait(timeout=SECONDS)
