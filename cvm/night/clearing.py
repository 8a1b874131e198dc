"""Take away what a failed run left: its table last, so that the table says whether something is left."""

from __future__ import annotations

import logging

from django.db import OperationalError, connection, transaction

from callcenter.models import DispatchDraft, QueueItem
from customers.models import DayNote, Rollup, Run, RunBucket, StandingChange
from cvm.night import partition
from lifecycle.models import KeyMoment
from segmentation.models import ChannelSteering, CohortPath, LedgerEntry, LedgerLine

log = logging.getLogger(__name__)


def clear_failed() -> None:
    """Clear every failed run. One whose last bucket is still at work stays for the next call."""
    for run_id in Run.objects.filter(status=Run.Status.FAILED, pk__in=partition.tables()).values_list("pk", flat=True):
        try:
            _clear(run_id)
        except OperationalError as error:
            log.warning("what run %s left stays until the next night: %s", run_id, error)


def _clear(run_id: int) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("set local lock_timeout = '5s'")
        made = (
            KeyMoment,
            Rollup,
            LedgerEntry,
            LedgerLine,
            CohortPath,
            QueueItem,
            DispatchDraft,
            StandingChange,
            ChannelSteering,
            DayNote,
        )
        for model in made:
            model.objects.filter(run=run_id).delete()
        RunBucket.objects.filter(run=run_id).update(partial=b"")
        partition.drop_loose(run_id)
