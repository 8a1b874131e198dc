"""Packed bills for the customers of the page branch, so that pages which try ladders on everybody find a history."""

from __future__ import annotations

import numpy as np
from django.db import transaction

from customers import blocks
from customers.history import bucket_of
from customers.models import RunBucket, Standing
from cvm.lib.months import first_day, month_of
from segmentation.codes import codes_of
from segmentation.ladder_frame import ladder_frame
from tests.pages.branch import MONTH, Place

MONTHS = 19


def give_history(place: Place) -> None:
    """Write MONTHS of bills: the newest three add up to the sum of the standing, older ones wander; falling or rising.

    Who has left has no bill since.
    """
    standings = list(Standing.objects.filter(run=place.run).order_by("customer_id"))
    ids = np.array([standing.customer_id for standing in standings])
    fen = np.array([standing.arpu_fen for standing in standings])
    slope = (ids % 7 - 3) * 500
    there = np.array([standing.band > 0 for standing in standings])
    for back in range(MONTHS):
        rows = there if not back else np.ones(len(ids), bool)
        facts = {name: np.zeros(rows.sum(), np.int64) for name, _type in blocks.BILL_COLUMNS}
        facts |= {"customer_id": ids[rows], "state": np.ones(rows.sum(), np.int64)}
        facts["is_signed"] = np.ones(rows.sum(), bool)
        steps = {0: -slope, 1: 0 * slope, 2: slope}.get(back, slope * (back % 4))
        facts["arpu_fen"] = np.maximum(fen + steps, 0)[rows]
        with transaction.atomic():
            blocks.write(month=first_day(month_of(MONTH) - back), bills=facts)
    for bucket in range(bucket_of(int(ids.max())) + 1):
        RunBucket.objects.get_or_create(run=place.run, bucket=bucket)
    ladder_frame.cache_clear()
    codes_of.cache_clear()
