"""What the documents name exists, and what a user can type is documented."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import get_commands

from lifecycle.moments import REGISTRY

ROOT = Path(settings.BASE_DIR)
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
OURS = {config.name for config in apps.get_app_configs() if Path(config.path).parent == ROOT}


def everything_written() -> str:
    return "\n".join(document.read_text(encoding="utf-8") for document in DOCUMENTS)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_pictures_lead_somewhere(document):
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text(encoding="utf-8"))

    missing = [target for target in targets if not (document.parent / target).exists()]

    assert missing == []


def test_every_command_is_documented():
    ours = {name for name, app in get_commands().items() if app in OURS}
    text = everything_written()

    undocumented = sorted(name for name in ours if not re.search(rf"manage\.py {name}\b", text))

    assert undocumented == []


def test_every_moment_has_its_module_named_after_its_code():
    for code, module in REGISTRY.items():
        assert module.__name__.rsplit(".", 1)[1].startswith(code.lower())


def test_identifiers_of_the_glossary_exist():
    rows = re.findall(r"^\|[^|]+\|[^|]+\|([^|]+)\|", (ROOT / "docs" / "GLOSSARY.md").read_text(encoding="utf-8"), re.M)
    words = {word.split(".")[-1] for row in rows for word in re.findall(r"`([\w.]+)`", row)}
    folders = [folder for folder in OURS if folder != "cvm"] + ["cvm"]
    code = "\n".join(path.read_text(encoding="utf-8") for folder in folders for path in (ROOT / folder).rglob("*.py"))
    templates = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "templates").rglob("*.html"))

    unknown = sorted(word for word in words if not re.search(rf"\b{word}\b", code + templates))

    assert unknown == []


def test_every_variable_of_the_settings_is_documented():
    text = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    code = (ROOT / "cvm" / "settings.py").read_text(encoding="utf-8")

    undocumented = [name for name in re.findall(r'env\.\w+\(\s*"(\w+)"', code) if f"`{name}`" not in text]

    assert undocumented == []


def test_language_of_commands_can_be_chosen():
    program = "import django; django.setup(); from django.utils.translation import gettext; print(gettext('Log in'))"
    answers = [
        subprocess.run(
            [sys.executable, "-c", program], env=os.environ | chosen, capture_output=True, text=True, timeout=60
        ).stdout
        for chosen in ({}, {"CVM_LANGUAGE": "en"})
    ]

    assert answers == ["登录\n", "Log in\n"]
