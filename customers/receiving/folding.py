"""What some events change beside being stored: complaint cases, the state of the line, the end of an outage.

Every change is a fold over the instants at which things happened, never over the order in which they arrived: the
earliest opening, the latest closing, the newest state. So events of a customer may be acted upon in any order, and
twice, with the same result.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from customers.models import Complaint, Customer, Event

_COMPLAINT = """
insert into customers_complaint as known
    (case_code, customer_id, opened_at, closed_at, channel, category, content, level, status, satisfaction)
values (%(case)s, %(customer)s, %(opened_at)s, %(closed_at)s, %(channel)s, %(category)s, %(content)s, %(level)s,
        %(status)s, %(satisfaction)s)
on conflict (case_code) do update set
    opened_at = least(known.opened_at, excluded.opened_at),
    closed_at = greatest(known.closed_at, excluded.closed_at),
    status = greatest(known.status, excluded.status),
    level = greatest(known.level, excluded.level),
    category = coalesce(nullif(known.category, ''), excluded.category),
    content = coalesce(nullif(known.content, ''), excluded.content),
    satisfaction = coalesce(excluded.satisfaction, known.satisfaction)
where known.customer_id = excluded.customer_id
"""
# A newer change of state that has arrived already has the last word, acted upon or not.
_STATE = """
update customers_customer
set state = %(state)s, stop_reason = %(stop_reason)s, state_changed_on = %(on)s,
    leave_date = case when %(state)s > %(last_in)s then %(on)s::date end
where id = %(customer)s and (state, stop_reason) is distinct from (%(state)s, %(stop_reason)s) and (state_changed_on is null or state_changed_on <= %(on)s)
  and not exists (
    select from customers_event as later
    where later.customer_id = %(customer)s and later.kind = %(kind)s and later.occurred_at > %(at)s
  )
"""
_OUTAGE = """
insert into customers_networkquality as known
    (customer_id, measured_on, poor_voice, poor_data, outage_ended_at, cell)
values (%(customer)s, %(on)s, 0, 0, %(at)s, %(cell)s)
on conflict (customer_id, measured_on) do update set
    outage_ended_at = greatest(known.outage_ended_at, excluded.outage_ended_at),
    cell = coalesce(nullif(excluded.cell, ''), known.cell)
"""


class CaseOfAnother(ValueError):
    """The complaint case belongs to another customer."""


def fold(event: Event, said: dict[str, Any]) -> None:
    """Change what the event says beyond its own row; raises CaseOfAnother. Needs a transaction."""
    act = _FOLDS.get(Event.Kind(event.kind))
    if act is not None:
        act(event, said)


def _complaint(event: Event, said: dict[str, Any]) -> None:
    is_closed = event.kind == Event.Kind.COMPLAINT_CLOSED
    values = {
        "case": said["case"],
        "customer": event.customer_id,
        "opened_at": said.get("opened_at", event.occurred_at),
        "closed_at": event.occurred_at if is_closed else None,
        "channel": event.channel,
        "category": said["category"],
        "content": event.detail,
        "level": said["level"],
        "status": (Complaint.Status.CLOSED if is_closed else Complaint.Status.OPEN).value,
        "satisfaction": said.get("satisfaction"),
    }
    if _execute(_COMPLAINT, values) == 0:
        raise CaseOfAnother(said["case"])


def _state(event: Event, said: dict[str, Any]) -> None:
    last_in = Customer.State.PRE_CANCEL.value
    new = {"state": said["state"], "stop_reason": said["stop_reason"]}
    _execute(_STATE, _when(event) | new | {"last_in": last_in, "kind": event.kind})


def _outage(event: Event, said: dict[str, Any]) -> None:
    _execute(_OUTAGE, _when(event) | {"cell": said["cell"]})


_FOLDS = {
    Event.Kind.COMPLAINT_OPENED: _complaint,
    Event.Kind.COMPLAINT_CLOSED: _complaint,
    Event.Kind.STATE_CHANGED: _state,
    Event.Kind.OUTAGE_ENDED: _outage,
}


def _when(event: Event) -> dict[str, Any]:
    on = event.occurred_at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    return {"customer": event.customer_id, "at": event.occurred_at, "on": on}


def _execute(statement: str, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
