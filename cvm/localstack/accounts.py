"""Under which account the servers run, and what that account can reach."""

from __future__ import annotations

import contextlib
import os
import pwd
import stat
from pathlib import Path

from cvm.localstack.errors import LocalStackError

SERVICE_USERS = ("cvm", "postgres", "nobody")


def service_user(state: Path) -> pwd.struct_passwd | None:
    """Return the account that runs servers when we are root, else None (we run them ourselves).

    A folder that belongs to a person is served under that person's account.
    """
    if os.geteuid() != 0:
        return None
    owner = next(folder.stat().st_uid for folder in (state, *state.parents) if folder.exists())
    candidates = [(pwd.getpwuid, owner)] if owner else []
    candidates += [(pwd.getpwnam, name) for name in SERVICE_USERS]
    for find, key in candidates:
        with contextlib.suppress(KeyError):
            return find(key)
    raise LocalStackError(
        "以 root 运行时需要一个普通账号(cvm、postgres 或 nobody)来运行数据库。\n"
        "Running as root needs an ordinary account (cvm, postgres or nobody) for the database."
    )


def is_reachable(path: Path, account: pwd.struct_passwd) -> bool:
    """Tell whether an account can walk down to a folder."""
    folders = [folder for folder in (path, *path.parents) if folder.exists()]
    return all(_may_enter(folder.stat(), account) for folder in folders)


def _may_enter(folder: os.stat_result, account: pwd.struct_passwd) -> bool:
    if folder.st_uid == account.pw_uid:
        return bool(folder.st_mode & stat.S_IXUSR)
    if folder.st_gid == account.pw_gid:
        return bool(folder.st_mode & stat.S_IXGRP)
    return bool(folder.st_mode & stat.S_IXOTH)
