"""What both servers need: their wheel, the end of their log, whether their process lives."""

from __future__ import annotations

import contextlib
import importlib.util
from pathlib import Path

from cvm.localstack.errors import ServerMissing

START_SECONDS = 600  # crash recovery of a large database takes minutes; ten seconds is never enough


def package_folder(name: str, *, hint: str) -> Path:
    """Return the folder of an installed package; raises ServerMissing."""
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise ServerMissing(
            f"缺少 Python 包 {hint}。请安装 requirements.lock,或设置 DATABASE_URL 和 REDIS_URL。\n"
            f"The Python package {hint} is missing. Install requirements.lock, or set DATABASE_URL"
            " and REDIS_URL."
        )
    return Path(next(iter(found.submodule_search_locations)))


def lives(pid_file: Path) -> bool:
    """Tell whether the process of a server's own note is there, and not only waiting to be reaped."""
    import psutil

    with contextlib.suppress(OSError, ValueError, IndexError, psutil.Error):
        number = int(pid_file.read_text().split()[0])
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    return False


def end_of(log: Path) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-8:])
