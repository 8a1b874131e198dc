"""The tools a reviewer would run, as tests: one command checks everything."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

SECONDS = 200
APPS = ["customers", "segmentation", "lifecycle", "offers", "retention", "callcenter"]


def run_tool(*words):
    """Run one tool of the environment; return what it found, empty when all is well."""
    program = Path(sys.executable).with_name(words[0])
    command = [str(program), *words[1:]]
    answer = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=SECONDS)
    return "" if answer.returncode == 0 else answer.stdout + answer.stderr


def test_ruff_finds_nothing():
    assert run_tool("ruff", "check", "--quiet", ".") == ""


def test_code_is_formatted():
    assert run_tool("ruff", "format", "--check", "--quiet", ".") == ""


@pytest.mark.slow
def test_mypy_finds_nothing():
    assert run_tool("mypy", "--no-error-summary", "cvm", *APPS) == ""


@pytest.mark.slow
def test_imports_keep_their_layers():
    assert run_tool("lint-imports", "--no-cache") == ""


def test_templates_are_tidy():
    templates = [str(path) for path in html_files()]
    assert not templates or run_tool("djade", "--check", "--target-version", "5.2", *templates) == ""


def html_files():
    """Every template of the house."""
    folders = [settings.BASE_DIR / "templates"]
    folders += [settings.BASE_DIR / name / "templates" for name in ("cvm", *APPS)]
    return [path for folder in folders for path in sorted(folder.rglob("*.html"))]


@pytest.mark.django_db
def test_models_have_their_migrations():
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)


def test_psycopg_3_stays_out():
    from django.db.backends.postgresql.psycopg_any import is_psycopg3

    assert not is_psycopg3  # Django silently prefers it, and our bulk copies need the other one


def test_no_lock_names_a_registry():
    names = ["requirements.lock", "requirements-dev.lock", "package-lock.json", ".npmrc"]
    texts = {name: (settings.BASE_DIR / name).read_text() for name in names}

    assert [n for n, t in texts.items() if "--index-url" in t or '"resolved"' in t] == []


def packages_asked_for():
    """Names in the two requirement files and package.json."""
    for name in ("requirements.in", "requirements-dev.in"):
        for line in (settings.BASE_DIR / name).read_text().splitlines():
            if line and line[0].isalpha():
                yield re.match(r"[\w.-]+", line)[0].lower()
    yield from json.loads((settings.BASE_DIR / "package.json").read_text())["dependencies"]


def test_every_dependency_has_its_reason():
    reasons = (settings.BASE_DIR / "docs/decisions/0002-dependencies.md").read_text()

    assert [name for name in sorted(set(packages_asked_for())) if f"- **{name}** – " not in reasons] == []


def test_every_setting_is_documented():
    sources = [settings.BASE_DIR / "cvm/settings.py", *(settings.BASE_DIR / "cvm/localstack").glob("*.py")]
    text = "".join(path.read_text() for path in sources)
    read = set(re.findall(r"""(?:env\.\w+|environ\.get)\(\s*"([A-Z_]+)\"""", text))
    documented = set(re.findall(r"^\| `([A-Z_]+)`", (settings.BASE_DIR / "docs/running.md").read_text(), re.M))

    assert read - documented == set()
    assert len(read) > 10
