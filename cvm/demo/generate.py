"""From a scenario to a folder of files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from cvm.demo.branch import make_branch
from cvm.demo.files import write_all
from cvm.demo.scenario import Scenario
from cvm.demo.standing import make_standing
from cvm.demo.table import Format
from cvm.demo.ties import make_groups
from cvm.demo.truth import write_truth

MANIFEST = "manifest.json"


def generate(scenario: Scenario, folder: Path, *, file_format: Format = "csv", say: Callable[..., None]) -> None:
    """Write the files of a scenario; the manifest comes last and says that they are complete.

    `say(done=…, total=…)` hears of each bill file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    branch = make_branch(scenario)
    groups = make_groups(branch)
    dirt = write_all(branch, make_standing(branch, groups), groups, folder, file_format=file_format, say=say)
    write_truth(branch, dirt, folder)
    (folder / MANIFEST).write_text(json.dumps(_manifest(scenario, file_format), indent=1) + "\n")


def is_complete(scenario: Scenario, folder: Path, *, file_format: Format = "csv") -> bool:
    """Return whether the folder holds exactly this scenario's files, all of them."""
    manifest = folder / MANIFEST
    return manifest.exists() and json.loads(manifest.read_text()) == _manifest(scenario, file_format)


def _manifest(scenario: Scenario, file_format: Format) -> dict[str, object]:
    return {
        "customers": scenario.customers,
        "months": scenario.months,
        "seed": scenario.seed,
        "as_of": scenario.as_of.isoformat(),
        "format": file_format,
    }
