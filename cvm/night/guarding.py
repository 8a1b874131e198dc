"""Around every task of a run: what passes by itself is tried again, everything else fails the run with its reason."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from cvm.night import clearing, ledger
from cvm.night.errors import QueueUnavailable, as_night_error

log = logging.getLogger(__name__)

TRANSIENT = (OperationalError, InterfaceError)  # a lock kept by readers, a database that restarts


@contextlib.contextmanager
def guarded(run_id: int, *, task: Any) -> Iterator[None]:
    """Fail the run when the block fails for good; leave transient errors to the task's retries."""
    try:
        yield
    except QueueUnavailable as error:
        log.warning("run %s waits for the sweep: %s", run_id, error)
    except TRANSIENT as error:
        if task.request.retries < task.max_retries:
            raise
        _give_up(run_id, error, step=task.name)
    except Exception as error:  # the run must not stay "running" for a reason nobody thought of
        _give_up(run_id, error, step=task.name)


def _give_up(run_id: int, error: Exception, *, step: str) -> None:
    log.exception("run %s cannot go on", run_id)
    if ledger.fail(run_id, as_night_error(error, step=step), at=timezone.now()):
        clearing.clear_failed()
