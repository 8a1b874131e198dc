"""Real parts for tests: a browser on a live server, and a worker process on the test's own data."""

import copy
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client

CHROMIUM = Path(os.environ.get("CVM_CHROMIUM", "/usr/bin/chromium"))
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
WORKER_SECONDS = 60


@pytest.fixture(autouse=True)
def _forget_customers(settings):
    """Run numbers come again from test to test; what is kept of one for ladder and stages must not, nor a word given."""
    from django.core.cache import cache

    from cvm.events.sending import ASKED
    from cvm.kept_paths import _everybody
    from lifecycle.stage_frame import kept_frame
    from lifecycle.whatif import kept_signs, live_verdicts
    from segmentation import beside
    from segmentation.codes import codes_of
    from segmentation.ladder_frame import ladder_frame

    settings.LADDER_DIR = None
    cache.delete(ASKED)
    kept = (ladder_frame, codes_of, beside.credit_levels, beside.stickiness_of, beside.kept_of)
    for made in (*kept, kept_frame, kept_signs, live_verdicts, _everybody):
        made.cache_clear()


@pytest.fixture(scope="module")
def _branch_of_module(django_db_setup, django_db_blocker):
    """Make the small branch in a transaction that never commits."""
    from tests.pages import branch

    with django_db_blocker.unblock(), transaction.atomic():
        yield branch.build()
        transaction.set_rollback(True)


@pytest.fixture
def place(_branch_of_module, db):
    """A branch with a published night; what a test writes, to the database or on the objects, ends with it.

    Made once for a module: whoever needs it committed (a browser, another process) or in another size builds
    it for the one test, in a module that does not ask for this one.
    """
    return copy.deepcopy(_branch_of_module)


@pytest.fixture(scope="session")
def _browser(django_db_setup):
    """One Chromium per test process; its absence is loud, and a failure on a build machine."""
    if not CHROMIUM.exists():
        reason = f"no Chromium at {CHROMIUM}: apt-get install chromium fonts-noto-cjk"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def browser_page(_browser, live_server):
    """A page whose relative addresses lead to the live server.

    The test fails at its end when a script raised, the content policy was violated, or the page
    asked another machine for anything.
    """
    context = _browser.new_context(base_url=live_server.url, locale="zh-CN")
    page = context.new_page()
    problems = _watch(page, home=live_server.url)
    yield page
    context.close()
    assert problems == []


def _watch(page, *, home):
    problems = []

    def note_console(message):
        if "Content Security Policy" in message.text:
            problems.append(message.text)

    def note_request(request):
        if not request.url.startswith((home, "data:", "blob:", "about:")):
            problems.append(f"asked another machine: {request.url}")

    page.on("console", note_console)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", note_request)
    return problems


@pytest.fixture
def login(live_server):
    """Return `login(page, user)`: the page continues as that person."""

    def sign_in(page, user):
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
        page.context.add_cookies([cookie])

    return sign_in


# --- a real worker -------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def _worker(django_db_setup, django_db_blocker):
    """One worker process per test process, started at first use."""
    with django_db_blocker.unblock():
        database = connection.settings_dict["NAME"]
    worker = Worker(database=database)
    yield worker
    worker.stop()


@pytest.fixture
def celery_worker_process(transactional_db, _worker):
    """A prefork worker on the test's own database and queue, ready to take tasks.

    A test may kill it: `celery_worker_process.kill()`; the next test gets a new one.
    """
    from cvm.celery import app

    app.control.purge()
    _worker.start()
    return _worker


class Worker:
    """A Celery worker as a separate process."""

    def __init__(self, *, database):
        self.database = database
        self.process = None

    @property
    def pid(self):
        """Process number of the parent of the pool."""
        return self.process.pid

    def start(self):
        """Start the worker unless it runs; return when it answers."""
        if self.process is not None and self.process.poll() is None:
            return
        address = os.environ["DATABASE_URL"].rsplit("/", 1)[0]
        command = [sys.executable, "-W", "ignore", "-m", "celery", "-A", "cvm", "worker"]
        command += ["--concurrency", "2", "--queues", "celery,events", "--without-gossip", "--without-mingle"]
        command += ["--loglevel", "WARNING", "--hostname", f"{self.database}@%h"]
        self.process = subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env=os.environ | {"DATABASE_URL": f"{address}/{self.database}"},
            start_new_session=True,
        )
        # Whoever kills the tests kills this worker too: the guard of the servers reads these names.
        groups = Path(os.environ["CVM_TEST_STACK"]) / "process-groups"
        groups.mkdir(exist_ok=True)
        (groups / str(self.process.pid)).touch()
        self._wait()

    def _wait(self):
        from cvm.celery import app

        deadline = time.monotonic() + WORKER_SECONDS
        while not app.control.ping(timeout=0.5, limit=1):
            assert self.process.poll() is None, "the worker ended while starting"
            assert time.monotonic() < deadline, "the worker did not answer"

    def kill(self):
        """End the worker and its pool the hard way."""
        if self.process is not None:
            _kill_group(self.process.pid)
            self.process.wait(timeout=20)

    def stop(self):
        """End the worker politely, then surely."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.kill()


def _kill_group(group):
    import signal

    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return
