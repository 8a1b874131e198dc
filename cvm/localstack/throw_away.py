"""Servers that never outlive their starter, for tests and benches."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from cvm.localstack.accounts import is_reachable, service_user
from cvm.localstack.stack import LocalStack
from cvm.localstack.state import BASE_DIR


def start_throw_away() -> tuple[LocalStack, subprocess.Popen[bytes]]:
    """Start private servers in a new folder, and a guard that removes them when we are gone.

    The guard waits on a pipe from this process, so it also acts after a kill -9. It first ends
    the process groups that left their number as a file in `process-groups`.
    """
    parent = Path(tempfile.gettempdir())
    account = service_user(parent)
    if account and not is_reachable(parent, account):
        parent = Path("/tmp")
    state = Path(tempfile.mkdtemp(prefix="cvm-test-", dir=parent))
    state.chmod(0o755)
    stack = LocalStack(state=state, throw_away=True)
    guard = subprocess.Popen(
        [sys.executable, "-m", "cvm.localstack", str(state)],
        cwd=BASE_DIR,
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        stack.start()
    except BaseException:
        end_throw_away(guard)
        raise
    return stack, guard


def end_throw_away(guard: subprocess.Popen[bytes]) -> None:
    """Have the guard stop and remove its servers, and wait for it."""
    if guard.stdin:
        guard.stdin.close()
    guard.wait(timeout=90)


def guard(state: Path) -> None:
    """Wait until our starter is gone, then stop and remove its servers."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    for group in state.glob("process-groups/*"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(int(group.name), signal.SIGKILL)
    stack = LocalStack(state=state, throw_away=True)
    # The lock waits for a start that was under way when the starter died.
    with stack.start_lock():
        stack.stop()
    shutil.rmtree(state, ignore_errors=True)
