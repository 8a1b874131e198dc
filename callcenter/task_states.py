"""What may be said of a task, as conditions: the lists, the scoreboard's counts and the drill-downs share them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from callcenter.models import Dispatch

Role, Result = Dispatch.OwnerRole, Dispatch.Result
BY_PEOPLE = (Result.ACCEPTED, Result.THINKING, Result.REFUSED, Result.DO_NOT_CALL, Result.HANDLED, Result.SENT)
# what a later night of the same day took back was never issued: its moment is gone as well
ISSUED = ~Q(status=Dispatch.Status.CONTROL) & ~Q(result=Dispatch.Result.SUPERSEDED)
SHOWN = Dispatch.lead_filter()
# phone and account managers are persons, a hall is a unit; messages and the hotline are served by whoever asks the API
PERSONAL = (Role.PHONE_MANAGER, Role.ACCOUNT_MANAGER, Role.NETWORK)

CONDITIONS: dict[str, Callable[[dt.datetime], Q]] = {
    "open": lambda at: SHOWN,
    "overdue": lambda at: SHOWN & Q(due_at__lt=at),
    "nobody": lambda at: SHOWN & Q(owner=None, owner_unit=None, owner_role__in=PERSONAL),
    "outbox": lambda at: SHOWN & Q(owner_role=Role.SYSTEM),
    "issued": lambda at: ISSUED,
    "delivered": lambda at: ISSUED & Q(delivered_at__lte=F("due_at")),
    "attempted": lambda at: ISSUED & Q(attempted_at__lte=F("due_at")),
    "handled": lambda at: Q(result__in=BY_PEOPLE),
    "unhandled": lambda at: Q(result__in=(Result.EXPIRED, Result.NOT_REACHED)),
    "control": lambda at: Q(status=Dispatch.Status.CONTROL),
    "rated": lambda at: Q(satisfaction__isnull=False),
    "closed": lambda at: Q(status=Dispatch.Status.CLOSED),
}
LABELS: dict[str, Promise] = {
    "open": _("Open"),
    "overdue": _("Overdue"),
    "nobody": _("Owned by nobody"),
    "outbox": _("Outbox"),
    "issued": _("Issued tasks"),
    "delivered": _("Delivered in time"),
    "attempted": _("First contact in time"),
    "handled": _("Handled"),
    "unhandled": _("Expired or not reached"),
    "control": _("Control group"),
    "rated": _("Rated"),
    "closed": _("Closed"),
}
# what people choose from on their list; the others are reached from the scoreboard
OFFERED = ("open", "overdue", "nobody", "outbox", "closed")


def condition(state: str, *, at: dt.datetime) -> Q:
    """Return the condition of a state; raises KeyError for a state there is not."""
    return CONDITIONS[state](at)
