"""Compile the message catalogues without the gettext tools."""

from collections.abc import Iterator
from pathlib import Path

import polib

BASE_DIR = Path(__file__).resolve().parent.parent


def compile_all() -> list[Path]:
    """Write every catalogue whose source is newer; return those written."""
    return [target for source, target in _pairs() if _is_stale(source, target) and _write(source)]


def _pairs() -> Iterator[tuple[Path, Path]]:
    for folder in (BASE_DIR / "locale", *BASE_DIR.glob("*/locale")):
        for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
            yield source, source.with_suffix(".mo")


def _is_stale(source: Path, target: Path) -> bool:
    return not target.exists() or target.stat().st_mtime < source.stat().st_mtime


def _write(source: Path) -> Path:
    # Renamed into place: another command may be reading the old one.
    target = source.with_suffix(".mo")
    draft = target.with_name(f".{target.name}")
    polib.pofile(str(source)).save_as_mofile(str(draft))
    draft.replace(target)
    return target
