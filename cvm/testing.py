"""Private PostgreSQL and Valkey for a test run, as a pytest plug-in.

Named in pytest's `addopts`, because a conftest would be too late: by then the settings are read.
The controller starts the servers, xdist's workers inherit the addresses, and a guard process
removes everything at the end, whichever way the run ends.
"""

import contextlib
import os
import subprocess
import sys

import pytest

from cvm import assets, catalogues, localstack, testing_database, testing_patience, testing_rollback

OURS = "CVM_TEST_STACK"  # the folder of the servers this run started
_GUARD: list[subprocess.Popen[bytes]] = []


def run_suite(arguments: list[str]) -> None:
    """Become pytest, with two workers unless asked otherwise."""
    with contextlib.suppress(assets.AssetsUnavailable):
        assets.ensure(localstack.state_dir() / "assets", say=print)
    # Halves, not turns: what is made once for a module is made once, and who is done takes from the other.
    parallel = [] if _chooses_workers(arguments) else ["-n", "2", "--dist", "worksteal"]
    os.chdir(localstack.BASE_DIR)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the tests start a hundred programs: compile for all of them once
    # Not a child: signals and the exit code need nobody to pass them on.
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *parallel, *arguments])  # noqa: S606


def _chooses_workers(arguments: list[str]) -> bool:
    return any(word.startswith(("-n", "--numprocesses")) or word == "--pdb" for word in arguments)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config, parser, args):
    """Start the servers before anything reads the settings."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop trips Django's guard
    os.environ["CVM_STATIC_FINDERS"] = "1"  # the live server serves what is in the folders
    os.environ.setdefault("CVM_BUCKET_SIZE", "64")
    os.environ.setdefault("CVM_STATEMENT_TIMEOUT_MS", str(1000 * testing_patience.STATEMENT_SECONDS))
    if not {"--help", "-h", "--version", "-V"} & set(args):
        _provide_servers()


def _provide_servers() -> None:
    if OURS not in os.environ:
        _start_servers()
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    # Each xdist worker gets a queue and a cache of its own.
    os.environ["REDIS_URL"] = localstack.redis_url(os.environ["REDIS_URL"], database=2 * worker)


def _start_servers() -> None:
    catalogues.compile_all()
    # The vendor files are the developer's own; everything else is made for this run.
    os.environ.setdefault("CVM_ASSETS", str(localstack.state_dir() / "assets"))
    stack, guard = localstack.start_throw_away()
    _GUARD.append(guard)
    os.environ[OURS] = str(stack.state)
    os.environ["DATABASE_URL"] = stack.database_url
    os.environ["REDIS_URL"] = stack.redis_url
    os.environ["CVM_STATE"] = str(stack.state)


def pytest_configure(config):
    """Leave the databases to the end of their server; a dropped one waits for every session of the others."""
    config.option.reuse_db = True


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef, request):
    """Provide the migrated database of an earlier run, or migrate and keep; then see to it that tests leave it so.

    One process at a time: the first to come migrates, the others restore what it kept.
    """
    if fixturedef.argname != "django_db_setup":
        return (yield)
    from django.db import connection

    name = connection.settings_dict["TEST"]["NAME"] or f"test_{connection.settings_dict['NAME']}"
    with testing_database.one_at_a_time() as place:
        is_kept = place.exists() and not request.config.option.create_db
        if is_kept:
            testing_database.restore(name)
        result = yield
        if not is_kept:
            testing_database.keep(name)
    with request.getfixturevalue("django_db_blocker").unblock():
        testing_rollback.remember(connection)
    testing_rollback.install()
    return result


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_protocol(item):
    """Fail a test that waits for ever where it waits, unless somebody sits at the debugger."""
    if item.config.option.usepdb:
        return (yield)
    with testing_patience.limit(item.nodeid):
        return (yield)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """Stop and remove the servers this process started."""
    while _GUARD:
        localstack.end_throw_away(_GUARD.pop())
