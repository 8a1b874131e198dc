"""No test waits for ever: after a while it fails where it waits, and says what the others were doing.

An alarm raises in the line that waits for a process, a thread, a lock or a socket. A database call is not interrupted
by it: such a statement has a limit of its own (STATEMENT_SECONDS), and what still hangs is ended by pytest's
faulthandler_timeout.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

SECONDS = 240  # four minutes; the longest test takes half a minute
STATEMENT_SECONDS = 180

WHAT_WAITS = """
    select pid, datname, application_name, state, wait_event_type, wait_event, pg_blocking_pids(pid), now() - query_start,
           left(query, 160)
    from pg_stat_activity
    where backend_type = 'client backend' and pid <> pg_backend_pid() and state <> 'idle'
    order by query_start
"""


class TookTooLong(Exception):
    """A test waited longer than any test should."""


@contextlib.contextmanager
def limit(name: str, *, seconds: float = SECONDS) -> Iterator[None]:
    """Raise TookTooLong inside the block when it takes longer; in another thread than the first there is no limit."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def give_up(_number: int, _frame: Any) -> None:
        tell(name)
        raise TookTooLong(f"{name} was not done after {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, give_up)
    rest, _every = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, rest)


def tell(name: str) -> None:
    """Write what everybody is doing: our threads, our processes, the database."""
    stream = sys.__stderr__
    if stream is None:
        return
    print(f"\n==== {name} waits for something. Threads:", file=stream, flush=True)
    faulthandler.dump_traceback(file=stream)
    for title, found in (("Processes:", _processes()), ("Database:", _statements())):
        print(title, *found, sep="\n  ", file=stream, flush=True)


def _processes() -> list[str]:
    import psutil

    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            found.append(f"{process.pid} {process.status()} {' '.join(process.cmdline())[:160]}")
    return found


def _statements() -> list[str]:
    import psycopg2

    try:
        connection = psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=5)
    except psycopg2.Error as error:
        return [str(error)]
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute(WHAT_WAITS)
        return [" ".join(map(str, row)) for row in cursor.fetchall()]
