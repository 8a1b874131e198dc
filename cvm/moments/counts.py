"""How often each kind fired, for whom, and what came of it: reads over published runs, within the reader's scope."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from callcenter.models import Dispatch
from customers.access import scope_of
from customers.models import Customer, Run, Staff, Standing
from lifecycle.models import KeyMoment, MomentKind

WINDOW_DAYS = 30


@dataclass(frozen=True)
class Hits:
    """Moments of one kind: found last night, found in thirty days, customers for whom it stands now."""

    last_night: int = 0
    month: int = 0
    standing: int = 0


def visible_moments(user: Staff) -> QuerySet[KeyMoment]:
    """Return the moments of published runs about customers this person may see; those of merged records too."""
    found = KeyMoment.objects.filter(run__status=Run.Status.PUBLISHED)
    if scope_of(user).is_everything:
        return found
    return found.filter(customer__in=Customer.objects.visible_to(user))


def window(run: Run) -> Q:
    """Return the condition of the thirty days that end with a run."""
    return Q(detected_on__gt=run.as_of - dt.timedelta(days=WINDOW_DAYS), detected_on__lte=run.as_of)


def hits_by_kind(run: Run, *, user: Staff, kinds: list[MomentKind]) -> dict[int, Hits]:
    """Return the figures of every kind, by its key."""
    moments = visible_moments(user).filter(window(run)).values("kind_id")
    found = moments.annotate(
        month=Count("pk"), night=Count("pk", filter=Q(run=run, detected_on=run.as_of))
    ).values_list("kind_id", "night", "month")
    fired = {kind: (night, month) for kind, night, month in found}
    standing = _standing(run, user=user, kinds=kinds)
    return {kind.pk: Hits(*fired.get(kind.pk, (0, 0)), standing=standing[kind.code]) for kind in kinds}


def hits_by_day(kind: MomentKind, run: Run, *, user: Staff) -> list[tuple[dt.date, int]]:
    """Return the days of the window on which a kind fired, newest first, with how often."""
    moments = visible_moments(user).filter(window(run), kind=kind)
    return list(
        moments.values_list("detected_on").annotate(number=Count("pk")).order_by("-detected_on").values_list(
            "detected_on", "number"
        )
    )  # fmt: skip


def hits_by_code(kind: MomentKind, run: Run, *, user: Staff) -> dict[int, int]:
    """Return how often a kind fired in the window by the customer's code today; 0 for who has left the standings."""
    codes = Standing.objects.filter(run=run, customer_id=OuterRef("customer_id")).values("code")[:1]
    moments = visible_moments(user).filter(window(run), kind=kind).annotate(coded=Coalesce(Subquery(codes), 0))
    return dict(moments.values_list("coded").annotate(number=Count("pk")).order_by("coded"))


def outcome(kind: MomentKind, run: Run, *, user: Staff, now: dt.datetime) -> dict[str, int]:
    """Return the tasks of a kind issued within the window: all, in hand, closed, in time, overdue, control."""
    since = now - dt.timedelta(days=WINDOW_DAYS)
    tasks = Dispatch.objects.visible_to(user).filter(kind=kind, detected_at__gt=since)
    closed, is_open = Q(status=Dispatch.Status.CLOSED), Q(status__in=("open", "accepted"))
    found: dict[str, int] = tasks.aggregate(
        issued=Count("pk"),
        in_hand=Count("pk", filter=is_open),
        closed=Count("pk", filter=closed),
        in_time=Count("pk", filter=closed & Q(closed_at__lte=F("due_at"))),
        overdue=Count("pk", filter=is_open & Q(due_at__lt=now)),
        control=Count("pk", filter=Q(status=Dispatch.Status.CONTROL)),
    )
    return found


def _standing(run: Run, *, user: Staff, kinds: list[MomentKind]) -> dict[str, int]:
    """Return for how many customers each kind stands, in one pass over the standings."""
    bits: dict[str, Any] = {f"bit_{kind.code}": F("moments").bitand(1 << kind.bit) for kind in kinds}
    numbers = {kind.code: Count("customer_id", filter=Q(**{f"bit_{kind.code}__gt": 0})) for kind in kinds}
    found: dict[str, int] = Standing.objects.filter(run=run).visible_to(user).alias(**bits).aggregate(**numbers)
    return found
