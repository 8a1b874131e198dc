"""What a sender lays beside a file to say that it is complete, and what the file is."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_noop

from customers.importing import control
from customers.importing.errors import ImportRefused

MANIFESTS = (".ok", ".manifest.json", *control.SUFFIXES)
PIECE_BYTES = 1 << 20


class ManifestDiffers(ImportRefused):
    words = gettext_noop("%(file)s is not the file its manifest describes: the hash differs. Send both again.")


def is_manifest(path: Path) -> bool:
    """Return whether a name is a manifest's."""
    return path.name.endswith(MANIFESTS)


def manifest_of(path: Path) -> Path | None:
    """Return the manifest that lies beside a file: bills.csv.ok, or bills.ok."""
    if is_manifest(path):
        return None
    near = [path.with_name(f"{name}{end}") for name in (path.name, path.stem) for end in MANIFESTS]
    return next((one for one in near if one.is_file() and not one.is_symlink()), None)


def manifest_says(path: Path) -> dict[str, Any]:
    """Return what the manifest says, nothing without one; raises ManifestDiffers and what control.parse raises."""
    manifest = manifest_of(path)
    if manifest is None:
        return {}
    if not is_as_said(path):
        raise ManifestDiffers(file=path.name)
    return _said(manifest)


def _said(manifest: Path) -> dict[str, Any]:
    with manifest.open("rb") as file:
        content = file.read(control.GREATEST_BYTES)
    return control.parse(content, name=manifest.name) if content.strip() else {}


def is_as_said(path: Path) -> bool:
    """Return whether the file has the hash its manifest names; a manifest that cannot be read names none."""
    manifest = manifest_of(path)
    try:
        wanted = _said(manifest).get("sha256") if manifest else None
    except ImportRefused:
        return True  # said when the file is taken
    return wanted is None or wanted == _fingerprint(path)


def _fingerprint(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()
