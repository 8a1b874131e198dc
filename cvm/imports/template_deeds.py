"""Mapping templates as rows people keep, name, take away as JSON and bring back. Shipped ones change only as copies."""

from __future__ import annotations

import datetime as dt
import json
from typing import IO, Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext_noop as _

from customers import audit
from customers.importing.errors import ImportRefused
from customers.models import MappingTemplate, Staff
from cvm.imports.mapping_form import fields_of

NAME_LENGTH = 64
LARGEST_BYTES = 1 << 20
KEYS = {"headers", "position", "sum_of", "value", "unit", "words", "prefix"}


class TemplateShipped(ImportRefused):
    words = _("“%(name)s” comes with the product and stays as it is. Map a file with it and save that as your own.")


class TemplateUsed(ImportRefused):
    words = _("“%(name)s” was used by imports, whose receipts name it. It stays; rename it if it is in the way.")


class TemplateFileBad(ImportRefused):
    words = _("This is no mapping template: %(problem)s.")


def keep_mapping(
    name: str, *, kind: str, spec: dict[str, Any], is_named: bool, by: Staff, now: dt.datetime
) -> MappingTemplate:
    """Return a template with this mapping: one that says the same, or a new one.

    A name nobody typed is numbered until it is free; a typed one that is taken raises IntegrityError.
    """
    same = None if is_named else MappingTemplate.objects.filter(kind=kind, spec=spec).first()
    if same is not None:
        return same
    with transaction.atomic():
        free = name[:NAME_LENGTH] if is_named else _free_name(name, kind)
        template = MappingTemplate.objects.create(name=free, kind=kind, spec=spec, created_by=by, created_at=now)
        audit.record("imports.template_saved", actor=by, at=now, subject=template, kind=kind)
    return template


def rename(template: MappingTemplate, *, name: str, by: Staff, now: dt.datetime) -> None:
    """Give a template another name; raises TemplateShipped, or IntegrityError when the name is taken."""
    _refuse_shipped(template)
    with transaction.atomic():
        MappingTemplate.objects.filter(pk=template.pk).update(name=name)
        audit.record("imports.template_renamed", actor=by, at=now, subject=template)


def delete(template: MappingTemplate, *, by: Staff, now: dt.datetime) -> None:
    """Delete a template nobody used; raises TemplateShipped or TemplateUsed."""
    _refuse_shipped(template)
    try:
        with transaction.atomic():
            audit.record("imports.template_deleted", actor=by, at=now, subject=template, kind=template.kind)
            template.delete()
    except ProtectedError as error:
        raise TemplateUsed(name=template.name) from error


def as_json(template: MappingTemplate) -> str:
    """Return a template as the text of its file."""
    said = {"name": template.name, "kind": template.kind, "spec": template.spec}
    return json.dumps(said, ensure_ascii=False, indent=2) + "\n"


def from_json(file: IO[bytes], *, by: Staff, now: dt.datetime) -> MappingTemplate:
    """Make a template out of its file; a name that is taken gets a number. Raises TemplateFileBad."""
    text = file.read(LARGEST_BYTES + 1)
    if len(text) > LARGEST_BYTES:
        raise TemplateFileBad(problem="> 1 MB")
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TemplateFileBad(problem="JSON") from error
    name, kind, spec = _checked(said)
    return keep_mapping(name, kind=kind, spec=spec, is_named=False, by=by, now=now)


def _checked(said: Any) -> tuple[str, str, dict[str, Any]]:
    if not isinstance(said, dict) or not isinstance(said.get("name"), str) or not isinstance(said.get("spec"), dict):
        raise TemplateFileBad(problem="name, kind, spec")
    kind, spec = said.get("kind"), said["spec"]
    known = {one.name for one in fields_of(kind)} if isinstance(kind, str) else set()
    fields = spec.get("fields")
    if not known or not isinstance(fields, dict) or not fields:
        raise TemplateFileBad(problem=f"kind: {kind}")
    strange = [name for name, how in fields.items() if name not in known or not _is_said(how)]
    if strange:
        raise TemplateFileBad(problem=", ".join(strange[:5]))
    return said["name"].strip()[:NAME_LENGTH] or str(kind), str(kind), spec


def _is_said(how: Any) -> bool:
    return (
        isinstance(how, dict)
        and bool(how.keys() & {"headers", "position", "sum_of", "value"})
        and not how.keys() - KEYS
        and all(isinstance(how.get(name, []), list) for name in ("headers", "sum_of"))
        and isinstance(how.get("position", 1), int)
        and how.get("position", 1) >= 1
        and isinstance(how.get("words", {}), dict)
    )


def _free_name(name: str, kind: str) -> str:
    taken = set(MappingTemplate.objects.filter(kind=kind).values_list("name", flat=True))
    numbered = (f"{name[: NAME_LENGTH - 6]} ({number})" for number in range(2, len(taken) + 3))
    return next(one for one in (name[:NAME_LENGTH], *numbered) if one not in taken)


def _refuse_shipped(template: MappingTemplate) -> None:
    if template.is_shipped or template.created_by_id is None:
        raise TemplateShipped(name=template.name)
