"""The way from a bare Python to a complete environment."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cvm import bootstrap


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty project with two locks."""
    monkeypatch.setattr(bootstrap, "BASE_DIR", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    (tmp_path / "requirements.lock").write_text("a==1\n")
    (tmp_path / "requirements-dev.lock").write_text("a==1\nb==1\n")
    return tmp_path


def test_bootstrap_imports_the_standard_library_only():
    tree = ast.parse(Path(bootstrap.__file__).read_text())
    imports = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    names = {alias.name for n in imports if isinstance(n, ast.Import) for alias in n.names}
    names |= {n.module for n in imports if isinstance(n, ast.ImportFrom)}

    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


@pytest.mark.parametrize(
    ("command", "lock"),
    [("test", "requirements-dev.lock"), ("up", "requirements.lock"), ("", "requirements.lock")],
)
def test_developer_commands_need_the_longer_lock(project, command, lock):
    assert bootstrap.lock_for(["manage.py", command]).name == lock


def test_stamp_is_stale_when_the_lock_changes(project):
    lock = project / "requirements.lock"
    (project / ".venv").mkdir()
    bootstrap._stamp(lock)
    assert bootstrap.is_stamped(lock)

    lock.write_text("a==2\n")

    assert not bootstrap.is_stamped(lock)


def test_stamp_of_the_developers_lock_covers_the_runtime(project):
    (project / ".venv").mkdir()

    bootstrap._stamp(project / "requirements-dev.lock")

    assert bootstrap.is_stamped(project / "requirements.lock")


def test_nothing_happens_where_django_is(project, monkeypatch):
    monkeypatch.setattr(bootstrap, "install", lambda lock: pytest.fail("installed"))

    bootstrap.ensure_environment(["manage.py", "up"])


def test_missing_venv_module_names_the_package_to_install(project, monkeypatch):
    monkeypatch.setattr(bootstrap, "has_django", lambda: False)
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(SystemExit, match="apt-get install -y python3-venv"):
        bootstrap.ensure_environment(["manage.py", "up"])


def test_foreign_folder_is_refused(project, monkeypatch):
    monkeypatch.setattr(bootstrap, "has_django", lambda: False)
    monkeypatch.setattr(os, "access", lambda path, mode: False)

    with pytest.raises(SystemExit, match="belongs to another user"):
        bootstrap.ensure_environment(["manage.py", "up"])


def test_old_python_is_refused(project, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))

    with pytest.raises(SystemExit, match="Python 3.11 or newer"):
        bootstrap.ensure_environment(["manage.py", "up"])


def test_failed_installation_is_explained(project):
    with pytest.raises(bootstrap.CannotPrepare, match="Check the network"):
        bootstrap._run([sys.executable, "-c", "raise SystemExit(1)"])


@pytest.fixture
def commands(project, monkeypatch):
    """The programs an installation runs and the certificates they trust; those in `failing` fail."""

    class Seen(list):
        failing: tuple[str, ...] = ()

    seen = Seen()
    (project / ".venv" / "bin").mkdir(parents=True)
    (project / ".venv" / "bin" / "uv").touch()

    def run(command, **options):
        name = Path(command[0]).name
        seen.append((name, os.environ.get("UV_SYSTEM_CERTS")))
        return subprocess.CompletedProcess(command, int(name in seen.failing))

    monkeypatch.setenv("UV_SYSTEM_CERTS", "")  # so that it is put back
    monkeypatch.delenv("UV_SYSTEM_CERTS")
    monkeypatch.setattr(bootstrap, "_works", lambda python: True)
    monkeypatch.setattr(bootstrap.subprocess, "run", run)
    return seen


def test_installation_trusts_the_certificates_of_the_machine(project, commands):
    bootstrap.install(project / "requirements.lock")

    assert commands == [("uv", "1")]
    assert bootstrap.is_stamped(project / "requirements.lock")


def test_installation_goes_on_with_pip_where_uv_finds_no_index(project, commands):
    commands.failing = ("uv",)

    bootstrap.install(project / "requirements.lock")

    assert [name for name, _certificates in commands] == ["uv", "python", "python"]
    assert bootstrap.is_stamped(project / "requirements.lock")


def test_installation_that_fails_twice_is_not_stamped(project, commands):
    commands.failing = ("uv", "python")

    with pytest.raises(bootstrap.CannotPrepare, match="Check the network"):
        bootstrap.install(project / "requirements.lock")

    assert not bootstrap.is_stamped(project / "requirements.lock")


def test_interpreter_that_is_gone_does_not_work(project):
    assert not bootstrap._works(project / ".venv" / "bin" / "python")


def test_settings_need_no_server():
    command = [sys.executable, "-c", "import django; django.setup()"]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "cvm.settings",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "SECRET_KEY": "x",
    }
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

    assert answer.returncode == 0, answer.stderr
