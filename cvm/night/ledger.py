"""The ledger decides what is next: who may work on a run now, how it moves on, how it fails."""

from __future__ import annotations

import datetime as dt
import logging

from django.db import transaction

from customers.models import Run
from cvm.night.errors import NightError, english, record_of

log = logging.getLogger(__name__)

FIRST = "train"
DONE = "done"


def hold(run_id: int, *, stage: str) -> Run | None:
    """Lock a run that stands at this stage, or return None: it moved on, ended, or somebody else works on it.

    The lock is NO KEY: rows that point at the run may be inserted meanwhile. Needs a transaction.
    """
    waiting = Run.objects.filter(pk=run_id, status=Run.Status.RUNNING, stage=stage)
    return waiting.select_for_update(no_key=True, skip_locked=True).first()


def move(run: Run, *, to: str, at: dt.datetime) -> None:
    """Note that a held run entered the next stage."""
    run.stage = to
    run.summary.setdefault("entered", {})[to] = at.isoformat()
    run.save(update_fields=["stage", "summary"])


def fail(run_id: int, error: NightError, *, at: dt.datetime) -> bool:
    """Mark a running run as failed, with the reason; return whether this call did it. What was published stays."""
    with transaction.atomic():
        run = Run.objects.select_for_update(no_key=True).filter(pk=run_id, status=Run.Status.RUNNING).first()
        if run is None:
            return False
        run.status, run.finished_at, run.error = Run.Status.FAILED, at, english(error)
        run.summary["failure"] = record_of(error)
        run.save(update_fields=["status", "finished_at", "error", "summary"])
    log.error("night %s failed: %s", run_id, run.error)
    return True
