"""The one folder that holds everything an installation writes: who owns it, its secrets, its sockets."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import secrets
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

from cvm.localstack.accounts import is_reachable, service_user
from cvm.localstack.errors import FolderNotOurs, LocalStackError

BASE_DIR = Path(__file__).resolve().parent.parent.parent
TOOL_SECONDS = 20 * 60  # a start may recover a large database; what takes longer hangs
CLEAN_ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}


def state_dir() -> Path:
    """Return the one folder that holds everything this installation writes."""
    if chosen := os.environ.get("CVM_STATE"):
        return Path(chosen).resolve()
    account = service_user(BASE_DIR)
    if account and not is_reachable(BASE_DIR, account):
        return Path("/var/lib/cvm") / digest(BASE_DIR)
    return BASE_DIR / ".state"


def digest(path: Path) -> str:
    """Return a short name for a path."""
    return hashlib.sha256(str(path).encode()).hexdigest()[:10]


@dataclass(frozen=True)
class State:
    """A state folder; what root writes there is handed to the account that runs the servers."""

    state: Path

    @cached_property
    def sockets(self) -> Path:
        """A short path, because the kernel refuses socket paths of 108 bytes and more."""
        uid = self.owner.pw_uid if self.owner else os.geteuid()
        root = Path("/tmp") if Path("/tmp").is_dir() else Path(tempfile.gettempdir())
        return root / f"cvm-{uid}-{digest(self.state)}"

    @cached_property
    def owner(self) -> pwd.struct_passwd | None:
        return service_user(self.state)

    def secret(self, name: str) -> str:
        """Return a password that is made at its first use and kept in a 0600 file."""
        path = self.folder() / name
        with contextlib.suppress(FileExistsError):
            self._write_once(path, secrets.token_hex(32))
        try:
            return path.read_text()
        except PermissionError as error:
            raise FolderNotOurs(
                f"文件 {path} 属于其他用户。请用该用户运行,或设置 CVM_STATE 指向您自己的目录。\n"
                f"{path} belongs to another user. Run as that user, or set CVM_STATE to a folder"
                " of your own."
            ) from error

    def folder(self, name: str = "") -> Path:
        """Return a folder of the state, made and handed to the service user at first use."""
        path = self.state / name
        try:
            if path.is_dir():
                return path
            path.mkdir(parents=True, mode=0o755 if self.owner else 0o700, exist_ok=True)
        except PermissionError as error:
            raise FolderNotOurs(
                f"无法创建目录 {path}:没有权限。请换成目录的所有者运行,或设置 CVM_STATE。\n"
                f"Cannot create {path}: no permission. Run as the owner of the folder, or set"
                " CVM_STATE."
            ) from error
        if name or self._lies_with_its_owner():
            self.hand_over(path)
        return path

    def _lies_with_its_owner(self) -> bool:
        """Tell whether root works in somebody's folder, who will want to go on alone later."""
        return bool(self.owner) and self.state.parent.stat().st_uid == self.owner.pw_uid

    def lock_file(self, name: str) -> IO[str]:
        """Open a file to lock; both root and the owner of the folder can."""
        path = self.folder() / name
        stream = path.open("a")
        self.hand_over(path)
        return stream

    def hand_over_files(self) -> None:
        """Give what root has written to the account that goes on with it."""
        if not self.owner:
            return
        top = self.state if self._lies_with_its_owner() else self.folder("files")
        for folder, _folders, names in os.walk(top):
            for path in (Path(folder), *(Path(folder, name) for name in names)):
                self.hand_over(path)

    def hand_over(self, path: Path) -> None:
        """Give one file or folder to the account that runs the servers."""
        if not self.owner:
            return
        try:
            os.chown(path, self.owner.pw_uid, self.owner.pw_gid)
        except OSError as error:
            raise LocalStackError(
                f"无法把 {path} 交给账号 {self.owner.pw_name}({error.strerror})。请以普通用户运行。\n"
                f"Cannot give {path} to the account {self.owner.pw_name} ({error.strerror})."
                " Run as an ordinary user."
            ) from error

    def touch(self, path: Path) -> None:
        """Make a file if there is none, for the servers to write to."""
        path.touch()
        self.hand_over(path)

    def _write_once(self, path: Path, text: str) -> None:
        if path.exists():
            return
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w") as stream:
                stream.write(text)
            self.hand_over(Path(draft))
            os.link(draft, path)
        finally:
            os.unlink(draft)

    def socket_folder(self) -> Path:
        """Return the private folder of the sockets, made at first use."""
        with contextlib.suppress(FileExistsError):
            self.sockets.mkdir(mode=0o700)
            self.hand_over(self.sockets)
        found = self.sockets.lstat()
        expected = self.owner.pw_uid if self.owner else os.geteuid()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != expected or stat.S_IMODE(found.st_mode) != 0o700:
            raise FolderNotOurs(
                f"{self.sockets} 不是本系统的私有目录,请删除后重试。\n"
                f"{self.sockets} is not a private folder of ours; remove it and try again."
            )
        return self.sockets

    def run(self, command: Sequence[str | Path], **options) -> subprocess.CompletedProcess[str]:
        """Run a server tool as the service user, in a clean environment and its own session."""
        return subprocess.run(
            [str(word) for word in command],
            **self._as_service_user(),
            cwd="/",
            text=True,
            stdin=subprocess.DEVNULL,
            **({"capture_output": True, "timeout": TOOL_SECONDS} | options),
        )

    def _as_service_user(self) -> dict:
        who: dict = {"start_new_session": True, "env": CLEAN_ENVIRONMENT}
        if self.owner:
            who |= {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []}
        return who
