"""The event and complaint columns: what happened to a customer lately, seen from a day."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from customers.frame import Column
from customers.loading.place import Array, Place, business_zone
from customers.models import Complaint, Event
from cvm.lib.months import day_number

SIGNAL_DAYS = 60  # how far back a porting query or a request to leave still counts
COUNT_DAYS = 90  # how far back payment delays, orders and complaints are counted
RECENT_COMPLAINT_DAYS = 30
MAJOR = Complaint.Level.MAJOR.value

LATEST = {
    "porting_eligible_day": (Event.Kind.PORTING_ELIGIBLE, Event.Kind.PORTING_CODE),
    "porting_blocked_day": (Event.Kind.PORTING_BLOCKED,),
    "cancel_day": (Event.Kind.CANCEL_REQUEST,),
    "suspend_day": (Event.Kind.SUSPEND_REQUEST,),
    "downgrade_day": (Event.Kind.DOWNGRADE_REQUEST,),
    "roam_day": (Event.Kind.ROAM_START,),
    "arrears_stop_day": (Event.Kind.ARREARS_STOP,),
}
# There are too many of these to look back far: only today and yesterday.
CONTACTS = (Event.Kind.HOTLINE_IN.value, Event.Kind.HALL_VISIT.value, Event.Kind.APP_CHAT.value)
COUNTS = {"payment_delays": (Event.Kind.PAYMENT_DELAY, np.int16), "orders": (Event.Kind.ORDER, np.int32)}

_EVENTS = """
select customer_id, kind, (occurred_at at time zone %(zone)s)::date
from customers_event
where {whose} and (kind = any(%(kinds)s)
    or kind = any(%(contacts)s) and occurred_at >= (%(as_of)s::date - 1)::timestamp at time zone %(zone)s)
  and occurred_at >= (%(since)s::date)::timestamp at time zone %(zone)s
  and occurred_at < (%(as_of)s::date + 1)::timestamp at time zone %(zone)s
"""
_COMPLAINTS = """
select customer_id, level, (opened_at at time zone %(zone)s)::date,
  case when closed_at < (%(as_of)s::date + 1)::timestamp at time zone %(zone)s
       then (closed_at at time zone %(zone)s)::date else '1970-01-01' end,
  (case when status = %(open)s then closed_at is null
        else closed_at >= (%(as_of)s::date + 1)::timestamp at time zone %(zone)s end) is true
from customers_complaint
where {whose}
  and opened_at < (%(as_of)s::date + 1)::timestamp at time zone %(zone)s
"""


def event_columns(cursor: Any, place: Place, as_of: dt.date) -> dict[str, Column]:
    """Return the latest day of each signal within 60 days of `as_of` (0 none), and counts over 90 days.

    contact_day is the latest day a customer called, came or chatted, today or yesterday only.
    """
    kinds = [kind.value for group in LATEST.values() for kind in group]
    kinds += [kind.value for kind, _ in COUNTS.values()]
    since = as_of - dt.timedelta(days=COUNT_DAYS)
    found = place.read(
        cursor,
        _EVENTS,
        _parameters(as_of) | {"kinds": kinds, "contacts": list(CONTACTS), "since": since},
        [("customer_id", "int4"), ("kind", "int2"), ("day", "date")],
    )
    owners, kind, day = found["customer_id"], found["kind"], found["day"]
    recent = day >= day_number(as_of) - SIGNAL_DAYS
    columns: dict[str, Column] = {}
    for name, group in LATEST.items():
        columns[name] = place.latest(owners, day, recent & np.isin(kind, group)).astype(np.int32)
    columns["contact_day"] = place.latest(owners, day, np.isin(kind, CONTACTS)).astype(np.int32)
    for name, (counted, dtype) in COUNTS.items():
        columns[name] = place.count(owners, kind == counted).astype(dtype)
    return columns


def complaint_columns(cursor: Any, place: Place, as_of: dt.date) -> dict[str, Column]:
    """Return complaints of the last 30 and 90 days, and the gravest one open on that day (0 none).

    open_complaint_day is the day the oldest open complaint of that gravest level was opened; complaint_closed_day
    and major_complaint_day are the latest days one was closed, and a major one was opened.
    """
    found = place.read(
        cursor,
        _COMPLAINTS,
        _parameters(as_of) | {"open": Complaint.Status.OPEN.value},
        [("customer_id", "int4"), ("level", "int2"), ("day", "date"), ("closed_day", "date"), ("is_open", "bool")],
    )
    owners, day, today = found["customer_id"], found["day"], day_number(as_of)
    level, opened = _gravest_open(place, owners, found["level"], day, found["is_open"])
    return {
        "complaints_30d": place.count(owners, day >= today - RECENT_COMPLAINT_DAYS).astype(np.int16),
        "complaints_90d": place.count(owners, day >= today - COUNT_DAYS).astype(np.int16),
        "open_complaint_level": level,
        "open_complaint_day": opened,
        "complaint_closed_day": place.latest(owners, found["closed_day"], found["closed_day"] > 0).astype(np.int32),
        "major_complaint_day": place.latest(owners, day, found["level"] == MAJOR).astype(np.int32),
    }


def _gravest_open(place: Place, owners: Array, level: Array, day: Array, is_open: Array) -> tuple[Column, Column]:
    # One number orders by level first, then by age: the older day counts as the greater.
    beyond = 1 << 24
    found = place.latest(owners, level.astype(np.int64) * beyond + (beyond - 1 - day), is_open)
    opened = np.where(found > 0, beyond - 1 - found % beyond, 0)
    return (found // beyond).astype(np.int16), opened.astype(np.int32)


def _parameters(as_of: dt.date) -> dict[str, Any]:
    return {"as_of": as_of, "zone": business_zone()}
