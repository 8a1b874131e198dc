"""The look into the inbox, and the word for imports that asked to be stored without a person."""

from __future__ import annotations

import contextlib
import datetime as dt

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from customers.importing import intake
from cvm.imports import inbox
from cvm.imports.tasks import send_check, send_commit


@shared_task(name="cvm.imports.look_into_inbox", ignore_result=True)
def look_into_inbox() -> None:
    """Take what lies complete in the inbox, confirm what was checked without stops, put failures aside."""
    now = timezone.now()
    for batch_id in inbox.look(now=now):
        send_check(batch_id)
    confirm_checked(now=now)
    inbox.put_failed_aside(now=now)


def confirm_checked(*, now: dt.datetime) -> int:
    """Queue every import that may be stored without a person; return how many."""
    confirmed = 0
    for batch in inbox.to_confirm():
        with contextlib.suppress(intake.BatchMoved, intake.StopsHold):  # somebody was quicker, or the check is newer
            with transaction.atomic():
                intake.confirm(batch, by=batch.created_by, now=now)
                send_commit(batch.pk)
            confirmed += 1
    return confirmed
