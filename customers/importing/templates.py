"""Mapping templates: shipped as JSON files, kept as rows, found by name or by the name of the file."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from customers.importing.errors import NoTemplateFits, TemplateUnknown
from customers.models import MappingTemplate

FOLDER = Path(__file__).resolve().parent.parent / "templates_data"
DATASETS = "datasets.json"
# Units before the people in them, people before what happened to them.
ORDER = (
    "groups",
    "profile",
    "key_persons",
    "families",
    "circles",
    "bills",
    "bundles",
    "complaints",
    "events",
    "service_logs",
    "network",
    "usage",
    "subscriptions",
    "contacts",
    "surveys",
    "cohorts",
)


def install_templates() -> int:
    """Make the rows of the shipped templates, leaving those that people made alone; return how many there are."""
    shipped = [json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json")) if path.name != DATASETS]
    MappingTemplate.objects.bulk_create(
        [MappingTemplate(name=one["name"], kind=one["kind"], spec=one["spec"]) for one in shipped],
        update_conflicts=True,
        unique_fields=["name", "kind"],
        update_fields=["spec"],
    )
    return len(shipped)


def template_for(path: Path, *, kind: str = "", name: str = "") -> MappingTemplate:
    """Return the template named, or the one whose file patterns fit; raises TemplateUnknown or NoTemplateFits."""
    if kind and name:
        return _named(kind, name)
    fitting = [one for one in _chosen(kind, name) if fits(one, path)]
    if not fitting and kind:
        return _named(kind, name or "operator")
    if not fitting:
        raise NoTemplateFits(path.name)
    return fitting[0]


def fits(template: MappingTemplate, path: Path) -> bool:
    """Return whether a file's name is one of those the template expects."""
    name = path.stem.casefold()
    return any(fnmatchcase(name, pattern.casefold()) for pattern in template.spec.get("patterns", ()))


def datasets() -> dict[str, list[dict[str, str]]]:
    """Return the known data sets: for each its files in order, with kind and template."""
    found: dict[str, Any] = json.loads((FOLDER / DATASETS).read_text("utf-8"))
    return found


def _chosen(kind: str, name: str) -> list[MappingTemplate]:
    chosen = MappingTemplate.objects.order_by("name", "kind")
    if kind:
        chosen = chosen.filter(kind=kind)
    if name:
        chosen = chosen.filter(name=name)
    return sorted(chosen, key=lambda template: ORDER.index(template.kind))


def _named(kind: str, name: str) -> MappingTemplate:
    template = MappingTemplate.objects.filter(kind=kind, name=name).first()
    if template is None:
        raise TemplateUnknown(name, kind)
    return template
