"""What events did while a night was at work: at its publication nothing of it is lost, and nothing is there twice.

A night reads what was found before it came by; what was found after that it cannot know. At the publication, when
nobody judges (cvm/events/locks.py), the calls that arrived meanwhile move over into the new queue, or raise the item
the night made for the same customer; and a moment both have found stays the event's, which was first.
"""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.utils import timezone

from callcenter.arrival import Arrival, ranks_of
from callcenter.models import QueueItem
from callcenter.task_terms import STRATEGIC
from customers.models import Run, Standing

# The night's own hit for a moment an event had brought before the night was through, within its cool-down.
_FORGET_TWINS = """
delete from lifecycle_keymoment as twin
using lifecycle_keymoment as live, lifecycle_momentkind as kind
where twin.run_id = %(run)s and twin.found_at is null
  and live.customer_id = twin.customer_id and live.kind_id = twin.kind_id and live.found_at >= %(since)s
  and kind.id = twin.kind_id
  and live.detected_on > twin.detected_on - greatest(kind.cool_down_days, 1)
"""


def carry_over(run: Run) -> int:
    """Bring the calls that arrived since the run began into its queue; returns how many. In the publishing transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_TWINS, {"run": run.pk, "since": run.started_at})
    older = QueueItem.objects.filter(callback=None, arrived_at__isnull=False, status__in=("pending", "leased"))
    carried = 0
    for item in older.exclude(run=run).select_for_update(no_key=True, of=("self",)).order_by("pk"):
        carried += _carry(item, run)
    return carried


def _carry(item: QueueItem, run: Run) -> bool:
    own = QueueItem.objects.filter(run=run, customer=item.customer_id, callback=None).exclude(status="done").first()
    is_unknown = _is_unknown(item.arrived_at, run) if item.arrived_at else False
    if own is not None:
        if is_unknown:
            _raise(own, item, run)
        return False
    if not is_unknown and item.status == QueueItem.Status.PENDING:
        return False  # the night knew of it and decided
    rank = _rank_of(item, run) if item.status == QueueItem.Status.PENDING else item.rank
    QueueItem.objects.filter(pk=item.pk).update(run=run, rank=rank)
    return True


def _is_unknown(arrived_at: dt.datetime, run: Run) -> bool:
    """Tell whether the night could not have read what brought the item: it came too late, or lies after the night's day."""
    return arrived_at >= run.started_at or timezone.localdate(arrived_at) > run.as_of


def _raise(own: QueueItem, item: QueueItem, run: Run) -> None:
    level = max(own.level, item.level)
    own.level, own.moment_bits, own.arrived_at = level, own.moment_bits | item.moment_bits, item.arrived_at
    own.rank = min(own.rank, _rank_of(own, run))
    own.save(update_fields=["level", "moment_bits", "arrived_at", "rank"])


def _rank_of(item: QueueItem, run: Run) -> int:
    return ranks_of([_as_arrival(item, run)], run=run)[0]


def _as_arrival(item: QueueItem, run: Run) -> Arrival:
    layer = Standing.objects.filter(run=run, customer=item.customer_id).values_list("layer", flat=True).first()
    return Arrival(
        customer_id=item.customer_id,
        manager_id=item.manager_id,
        priority=item.dispatch.priority if item.dispatch else item.level * 3 + 2,
        level=item.level,
        is_strategic=layer == STRATEGIC,
        moment_bits=item.moment_bits,
        offer_id=item.offer_id,
        kept_fen=item.kept_fen,
    )
