"""What beat asks of this app."""

from __future__ import annotations

import logging

from celery import shared_task
from django.db import connection
from django.utils import timezone

from customers import blocks
from customers.models import HistoryCheck

log = logging.getLogger("cvm.history")
KEPT_EXAMPLES = 20


@shared_task(name="customers.check_history")
def check_history() -> None:
    """Compare every packed month with its bill rows and leave the result for the page of nights."""
    with connection.cursor() as cursor:
        months = len(blocks.months_known(cursor))
        try:
            blocks.check(cursor)
            found: list[blocks.Difference] = []
        except blocks.HistoryDiffers as error:
            found = error.differences
            log.error("the packed history differs from the bills in %d places", len(found))
    HistoryCheck.objects.create(
        checked_at=timezone.now(),
        months=months,
        differences=len(found),
        examples=[blocks.in_words(one) for one in found[:KEPT_EXAMPLES]],
    )
