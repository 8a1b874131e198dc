"""From a bare Python 3.11 to a complete environment, with the standard library only.

`manage.py` calls `ensure_environment` before it imports anything else. It makes `.venv`, installs
exactly what the hashed lock names, remembers the lock's digest and starts itself again inside.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
VENV = BASE_DIR / ".venv"
UV = "uv==0.13.9"
OLDEST_PYTHON = (3, 11)
DJANGO_SERIES = "5.2"
DEVELOPER_COMMANDS = {"test", "lint"}


class CannotPrepare(RuntimeError):
    """The environment cannot be made; the text says what to do, in Chinese and English."""


def ensure_environment(arguments: list[str]) -> None:
    """Return when this interpreter can run the command, else replace it with one that can."""
    try:
        _refuse_old_python()
        lock = lock_for(arguments)
        if not is_our_venv() and has_django():
            return
        if not is_stamped(lock):
            with _only_one():
                if not is_stamped(lock):
                    install(lock)
        if not is_our_venv():
            _start_again_inside()
    except CannotPrepare as error:
        sys.exit(f"\n{error}\n")


def lock_for(arguments: list[str]) -> Path:
    """Return the lock file a command needs: developer commands need the longer one."""
    command = arguments[1] if len(arguments) > 1 else ""
    name = "requirements-dev.lock" if command in DEVELOPER_COMMANDS else "requirements.lock"
    return BASE_DIR / name


def is_our_venv() -> bool:
    """Tell whether this interpreter already runs inside the project's environment."""
    return Path(sys.prefix).resolve() == VENV.resolve()


def has_django() -> bool:
    """Tell whether this interpreter brings the Django we are written for (an image, a venv)."""
    if importlib.util.find_spec("django") is None:
        return False
    return importlib.metadata.version("django").startswith(DJANGO_SERIES)


def _refuse_old_python() -> None:
    if sys.version_info < OLDEST_PYTHON:
        found = ".".join(map(str, sys.version_info[:3]))
        raise CannotPrepare(
            f"需要 Python 3.11 或更新版本,当前是 {found}。\nPython 3.11 or newer is needed, this is {found}."
        )


# --- stamps --------------------------------------------------------------------------------------


def digest(lock: Path) -> str:
    """Return the SHA-256 of a lock file."""
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def stamp_of(lock: Path) -> Path:
    """Return the file that remembers which version of a lock is installed."""
    return VENV / f"{lock.name}.sha256"


def is_stamped(lock: Path) -> bool:
    """Tell whether the environment holds exactly this version of the lock."""
    stamp = stamp_of(lock)
    return stamp.is_file() and stamp.read_text().strip() == digest(lock)


def _stamp(lock: Path) -> None:
    # The developers' lock contains the runtime's.
    locks = [BASE_DIR / "requirements.lock", lock]
    for each in locks:
        stamp_of(each).write_text(digest(each))


# --- installing ----------------------------------------------------------------------------------


def install(lock: Path) -> None:
    """Bring the environment to the state of the lock."""
    _say(f"准备运行环境 {lock.name} … / Preparing the environment from {lock.name} …")
    python = _make_venv()
    uv = VENV / "bin" / "uv"
    if not uv.exists():
        _ensure_pip(python)
        _run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV])
    # Of certificates uv knows only its own, not those of a company's proxy.
    os.environ.setdefault("UV_SYSTEM_CERTS", "1")
    # Compiled once here: else each of our programs compiles Django anew where the machine forbids writing bytecode.
    words: list[str | Path] = [
        "pip",
        "install",
        "--quiet",
        "--compile-bytecode",
        "--python",
        python,
        "--require-hashes",
        "-r",
        lock,
    ]
    if not _succeeds([uv, *words]):
        _install_with_pip(python, lock)
    _stamp(lock)


def _install_with_pip(python: Path, lock: Path) -> None:
    """Install more slowly with pip, which reads the mirror and proxy of the machine's pip.conf as uv does not."""
    _say("uv 未能安装,改用 pip … / uv could not install them, trying pip …")
    _ensure_pip(python)
    words = "install --quiet --disable-pip-version-check --retries 1 --require-hashes -r"
    _run([python, "-m", "pip", *words.split(), lock])


def _make_venv() -> Path:
    python = VENV / "bin" / "python"
    _refuse_foreign_folder()
    if _works(python):
        return python
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise CannotPrepare(_missing_venv())
    command = [sys.executable, "-m", "venv", "--clear", VENV]
    if subprocess.run(command, stdout=subprocess.DEVNULL).returncode:
        raise CannotPrepare(_missing_venv())
    return python


def _missing_venv() -> str:
    return (
        "缺少 python3-venv。请运行: sudo apt-get install -y python3-venv\n"
        "python3-venv is missing. Run: sudo apt-get install -y python3-venv"
    )


def _refuse_foreign_folder() -> None:
    for folder in (BASE_DIR, VENV):
        if folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
            raise CannotPrepare(
                f"目录 {folder} 属于其他用户,无法在其中安装。请换成目录的所有者运行,"
                "或先复制一份到您自己的目录。\n"
                f"{folder} belongs to another user, nothing can be installed there. Run as its"
                " owner, or clone the project into a folder of your own."
            )


def _works(python: Path) -> bool:
    """Tell whether an interpreter runs; one left behind by a removed Python does not."""
    try:
        return subprocess.run([python, "-c", ""], capture_output=True).returncode == 0
    except OSError:
        return False


def _ensure_pip(python: Path) -> None:
    if subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode:
        _run([python, "-m", "ensurepip", "--upgrade", "--default-pip"])


def _succeeds(command: Sequence[str | Path]) -> bool:
    return subprocess.run(list(map(str, command))).returncode == 0


def _run(command: Sequence[str | Path]) -> None:
    if not _succeeds(command):
        raise CannotPrepare(
            f"命令失败: {' '.join(map(str, command))}\n"
            "请检查网络(首次安装需要访问 Python 软件包仓库)和磁盘空间,然后重试。\n"
            "The command above failed. Check the network (the first installation needs a Python"
            " package index) and the free disk space, then try again."
        )


@contextlib.contextmanager
def _only_one() -> Iterator[None]:
    """Let two commands that start together install once."""
    descriptor = os.open(BASE_DIR, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _start_again_inside() -> None:
    python = VENV / "bin" / "python"
    if not os.access(python, os.X_OK):
        _refuse_foreign_folder()
        raise CannotPrepare(
            f"{python} 无法执行,请删除 {VENV} 后重试。\n{python} cannot be executed; remove {VENV} and try again."
        )
    sys.stdout.flush()
    os.execv(python, [str(python), *sys.argv])


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
