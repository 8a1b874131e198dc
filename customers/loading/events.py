"""The event and complaint columns: what happened to a customer lately, seen from a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Set
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.frame import Column
from customers.loading.place import Array, Place, business_zone, chosen
from customers.models import Complaint, Event
from cvm.lib.months import day_number, first_day, last_day

SIGNAL_DAYS = 60  # how far back a porting query or a request to leave still counts
COUNT_DAYS = 90  # how far back payment delays, orders and complaints are counted
RECENT_COMPLAINT_DAYS = 30
GRAVEST = frozenset({"open_complaint_level", "open_complaint_day"})
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
SIGNAL_KINDS = [kind.value for name in ("porting_eligible_day", "downgrade_day") for kind in LATEST[name]]
# There are too many of these to look back far: only today and yesterday.
CONTACTS = (Event.Kind.HOTLINE_IN.value, Event.Kind.HALL_VISIT.value, Event.Kind.APP_CHAT.value)
CONTACT_DAYS = {"contact_day": CONTACTS, "hall_visit_day": (Event.Kind.HALL_VISIT.value,)}
COUNTS = {"payment_delays": (Event.Kind.PAYMENT_DELAY, np.int16), "orders": (Event.Kind.ORDER, np.int32)}

_EVENTS = """
select customer_id, kind, (occurred_at at time zone %(zone)s)::date
from customers_event
where {whose} and (kind = any(%(kinds)s)
    or kind = any(%(contacts)s) and occurred_at >= (%(earliest)s::date - 1)::timestamp at time zone %(zone)s)
  and occurred_at >= (%(since)s::date)::timestamp at time zone %(zone)s
  and occurred_at < (%(as_of)s::date + 1)::timestamp at time zone %(zone)s
"""
# By the partial index event_leaving_signals: few have any.
_SIGNALS = """
select customer_id, (occurred_at at time zone %(zone)s)::date
from customers_event
where {whose} and kind = any(%(kinds)s)
  and occurred_at >= (%(since)s::date)::timestamp at time zone %(zone)s
  and occurred_at < (%(as_of)s::date + 1)::timestamp at time zone %(zone)s
"""
_COMPLAINTS = """
select customer_id, level, (opened_at at time zone %(zone)s)::date,
  coalesce((closed_at at time zone %(zone)s)::date, '1970-01-01'), status = %(open)s
from customers_complaint
where {whose}
  and opened_at < (%(as_of)s::date + 1)::timestamp at time zone %(zone)s
"""


def event_columns(cursor: Any, place: Place, as_of: dt.date) -> dict[str, Column]:
    """Return the event columns as of a day (`events_on`)."""
    return events_on(place, read_events(cursor, place, first=as_of, last=as_of), as_of)


def read_events(cursor: Any, place: Place, *, first: dt.date, last: dt.date) -> dict[str, Array]:
    """Return the events that matter on any day from `first` to `last`, as rows."""
    kinds = [kind.value for group in LATEST.values() for kind in group]
    kinds += [kind.value for kind, _ in COUNTS.values()]
    since = first - dt.timedelta(days=COUNT_DAYS)
    return place.read(
        cursor,
        _EVENTS,
        _parameters(last) | {"kinds": kinds, "contacts": list(CONTACTS), "earliest": first, "since": since},
        [("customer_id", "int4"), ("kind", "int2"), ("day", "date")],
    )


def events_on(
    place: Place, rows: Mapping[str, Array], as_of: dt.date, names: Set[str] | None = None
) -> dict[str, Column]:
    """Return the latest day of each signal within 60 days of `as_of` (0 none), and counts over 90 days.

    contact_day is the latest day a customer called, came or chatted, hall_visit_day that they came; today or yesterday only.
    """
    today = day_number(as_of)
    owners, kind, day = rows["customer_id"], rows["kind"], rows["day"]
    until = day <= today
    recent, counts = until & (day >= today - SIGNAL_DAYS), until & (day >= today - COUNT_DAYS)
    columns: dict[str, Column] = {}
    for name in LATEST.keys() if names is None else LATEST.keys() & names:
        group = LATEST[name]
        columns[name] = place.latest(owners, day, recent & np.isin(kind, group)).astype(np.int32)
    for name in CONTACT_DAYS.keys() if names is None else CONTACT_DAYS.keys() & names:
        just_now = until & (day >= today - 1) & np.isin(kind, CONTACT_DAYS[name])
        columns[name] = place.latest(owners, day, just_now).astype(np.int32)
    for name in COUNTS.keys() if names is None else COUNTS.keys() & names:
        counted, dtype = COUNTS[name]
        columns[name] = place.count(owners, counts & (kind == counted)).astype(dtype)
    return columns


def event_turns(rows: Mapping[str, Array]) -> list[Array]:
    """Return the days from which on an event may count otherwise: it happens, and grows too old for each column."""
    return [rows["day"], rows["day"] + 2, rows["day"] + SIGNAL_DAYS + 1, rows["day"] + COUNT_DAYS + 1]


def signal_days(cursor: Any, place: Place, *, month: int, months: int) -> npt.NDArray[np.int32]:
    """Return the day of the month of the latest eligible porting query or downgrade, [months, customers]; 0 none.

    Row 0 is `month`. What the stage rule asks of past months; what came after `month` is told by the event columns.
    """
    found = np.zeros((months, len(place.ids)), np.int32)
    known = _parameters(last_day(month)) | {"since": first_day(month - months + 1), "kinds": SIGNAL_KINDS}
    rows = place.read(cursor, _SIGNALS, known, [("customer_id", "int4"), ("day", "date")])
    days = rows["day"].astype("datetime64[D]")
    starts = days.astype("datetime64[M]")
    back = month - 1970 * 12 - starts.astype(np.int64)
    of_month = (days - starts).astype(np.int32) + 1
    np.maximum.at(found, (back, place.rows_of(rows["customer_id"])), of_month)
    return found


def complaint_columns(cursor: Any, place: Place, as_of: dt.date) -> dict[str, Column]:
    """Return the complaint columns as of a day (`complaints_on`)."""
    return complaints_on(place, read_complaints(cursor, place, until=as_of), as_of)


def read_complaints(cursor: Any, place: Place, *, until: dt.date) -> dict[str, Array]:
    """Return the complaints opened by a day, as rows; each with the day it was closed on (0 none) and its status now."""
    return place.read(
        cursor,
        _COMPLAINTS,
        _parameters(until) | {"open": Complaint.Status.OPEN.value},
        [("customer_id", "int4"), ("level", "int2"), ("day", "date"), ("closed_day", "date"), ("is_open_now", "bool")],
    )


def complaints_on(
    place: Place, rows: Mapping[str, Array], as_of: dt.date, names: Set[str] | None = None
) -> dict[str, Column]:
    """Return complaints of the last 30 and 90 days, and the gravest one open on that day (0 none).

    open_complaint_day is the day the oldest open complaint of that gravest level was opened; complaint_closed_day
    and major_complaint_day are the latest days one was closed, and a major one was opened.
    """
    owners, day, closed, today = rows["customer_id"], rows["day"], rows["closed_day"], day_number(as_of)
    until = day <= today
    columns = {
        "complaints_30d": lambda: place.count(owners, until & (day >= today - RECENT_COMPLAINT_DAYS)).astype(np.int16),
        "complaints_90d": lambda: place.count(owners, until & (day >= today - COUNT_DAYS)).astype(np.int16),
        "complaint_closed_day": lambda: place.latest(owners, closed, (closed > 0) & (closed <= today)).astype(np.int32),
        "major_complaint_day": lambda: place.latest(owners, day, until & (rows["level"] == MAJOR)).astype(np.int32),
    }
    found: dict[str, Column] = chosen(columns, names)
    if names is None or names & GRAVEST:
        is_open = until & np.where(rows["is_open_now"], closed == 0, closed > today)
        found |= dict(
            zip(
                ("open_complaint_level", "open_complaint_day"),
                _gravest_open(place, owners, rows["level"], day, is_open),
                strict=True,
            )
        )
    return found


def complaint_turns(rows: Mapping[str, Array]) -> list[Array]:
    """Return the days from which on a complaint may count otherwise: opened, closed, too old for each count."""
    day = rows["day"]
    return [day, rows["closed_day"], day + RECENT_COMPLAINT_DAYS + 1, day + COUNT_DAYS + 1]


def _gravest_open(place: Place, owners: Array, level: Array, day: Array, is_open: Array) -> tuple[Column, Column]:
    # One number orders by level first, then by age: the older day counts as the greater.
    beyond = 1 << 24
    found = place.latest(owners, level.astype(np.int64) * beyond + (beyond - 1 - day), is_open)
    opened = np.where(found > 0, beyond - 1 - found % beyond, 0)
    return (found // beyond).astype(np.int16), opened.astype(np.int32)


def _parameters(as_of: dt.date) -> dict[str, Any]:
    return {"as_of": as_of, "zone": business_zone()}
