"""The tie columns: who of a customer's group or family left lately, what they subscribe to, and rare profile values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np

from customers.frame import Column
from customers.loading.place import Array, Place
from customers.models import Customer, Subscription
from cvm.lib import bulk
from cvm.lib.months import day_number

LEFT_DAYS = 30
AHEAD_DAYS = 366  # no threshold looks further
BEHIND_DAYS = 60
PORTED, PAYER = Customer.State.PORTED_OUT.value, Customer.FamilyRole.PAYER.value

# By the index customer_by_leave_date: the whole branch's leavers of a month, few beside its customers.
_LEAVERS = """
select coalesce(group_id, 0)::int8, coalesce(family_id, 0)::int8, family_role, state, leave_date
from customers_customer
where leave_date > %(since)s and leave_date <= %(as_of)s and (group_id is not null or family_id is not null)
"""
_LEAVER = [("group", "int8"), ("family", "int8"), ("role", "int2"), ("state", "int2"), ("day", "date")]
_SUBSCRIPTIONS = """
select customer_id, is_trial, start_date, end_date from customers_subscription
where {whose} and (status = %(active)s or (status = %(ended)s and end_date < %(until)s)) and start_date <= %(until)s
  and end_date between %(earliest)s and %(until)s::date + %(ahead)s
"""
# Few have any of these: one pass by the primary key that hands over only those.
_RARE = """
select id as customer_id, points_expiring, coalesce(points_expire_on, '1970-01-01'),
  case when next_plan_fee_fen < plan_fee_fen then next_plan_fee_fen else 0 end,
  coalesce(handset_changed_on, '1970-01-01'), coalesce(broadband_expires_on, '1970-01-01')
from customers_customer
where id between %(first)s and %(last)s and (
  points_expire_on between %(as_of)s and %(as_of)s::date + %(ahead)s
  or next_plan_fee_fen < plan_fee_fen
  or handset_changed_on between %(as_of)s::date - %(behind)s and %(as_of)s
  or broadband_expires_on between %(as_of)s and %(as_of)s::date + %(ahead)s)
"""
_RARE_COLUMNS = [
    ("customer_id", "int4"),
    ("points_expiring", "int4"),
    ("points_expire_day", "date"),
    ("next_plan_fee_fen", "int4"),
    ("handset_changed_day", "date"),
    ("broadband_end_day", "date"),
]


def tie_columns(cursor: Any, group_id: Array, family_id: Array, as_of: dt.date) -> dict[str, Column]:
    """Return group_ported_30d, members of the customer's group who ported out, and payer_left_day of the family."""
    window = {"as_of": as_of, "since": as_of - dt.timedelta(days=LEFT_DAYS)}
    left = bulk.read(cursor, _LEAVERS, window, _LEAVER)
    ported = left["group"][(left["group"] > 0) & (left["state"] == PORTED)]
    groups, counts = np.unique(ported, return_counts=True)
    payers = (left["family"] > 0) & (left["role"] == PAYER)
    order = np.argsort(left["day"][payers], kind="stable")
    return {
        "group_ported_30d": _looked_up(group_id, groups, counts).astype(np.int16),
        "payer_left_day": _looked_up(family_id, left["family"][payers][order], left["day"][payers][order]),
    }


def subscription_columns(cursor: Any, place: Place, as_of: dt.date) -> dict[str, Column]:
    """Return the subscription columns as of a day (`subscriptions_on`)."""
    return subscriptions_on(place, read_subscriptions(cursor, place, first=as_of, last=as_of), as_of)


def read_subscriptions(cursor: Any, place: Place, *, first: dt.date, last: dt.date) -> dict[str, Array]:
    """Return the subscriptions that ran on any day from `first` to `last`, as rows; a cancelled one never counts."""
    status = Subscription.Status
    known = {"earliest": first, "until": last, "active": status.ACTIVE.value, "ended": status.ENDED.value}
    kinds = [("customer_id", "int4"), ("is_trial", "bool"), ("start_day", "date"), ("day", "date")]
    return place.read(cursor, _SUBSCRIPTIONS, known | {"ahead": AHEAD_DAYS}, kinds)


def subscriptions_on(place: Place, rows: Mapping[str, Array], as_of: dt.date) -> dict[str, Column]:
    """Return the nearest end of a paid subscription or benefit, and of a free trial, still running (0 none)."""
    owners, day, trial, today = rows["customer_id"], rows["day"], rows["is_trial"], day_number(as_of)
    runs = (rows["start_day"] <= today) & (day >= today) & (day <= today + AHEAD_DAYS)
    return {
        "subscription_end_day": place.nearest(owners, day, runs & ~trial).astype(np.int32),
        "trial_end_day": place.nearest(owners, day, runs & trial).astype(np.int32),
    }


def subscription_turns(rows: Mapping[str, Array]) -> list[Array]:
    """Return the days from which on a subscription may count otherwise: it begins, its end is near, it is over."""
    return [rows["start_day"], rows["day"] - AHEAD_DAYS, rows["day"] + 1]


def rare_columns(cursor: Any, place: Place, as_of: dt.date) -> dict[str, Column]:
    """Return points_expiring with their day, next_plan_fee_fen when lower, handset_changed_day, broadband_end_day."""
    known = {"as_of": as_of, "ahead": AHEAD_DAYS, "behind": BEHIND_DAYS, **place.reach}
    found = bulk.read(cursor, place.spoken(_RARE), known, _RARE_COLUMNS)
    ours = np.isin(found["customer_id"], place.ids)
    rows = np.searchsorted(place.ids, found["customer_id"][ours])
    columns: dict[str, Column] = {}
    for name, _kind in _RARE_COLUMNS[1:]:
        columns[name] = np.zeros(len(place.ids), np.int32)
        columns[name][rows] = found[name][ours]
    behind = columns["handset_changed_day"] > day_number(as_of)
    columns["handset_changed_day"][behind] = 0
    return columns


def _looked_up(wanted: Array, keys: Array, values: Array) -> Array:
    """Return the value of each wanted key, 0 for those without; a key 0 is nobody's, of equal keys the last counts."""
    found = np.zeros(len(wanted), np.int32)
    if len(keys):
        order = np.argsort(keys, kind="stable")
        place = np.searchsorted(keys[order], wanted, side="right") - 1
        is_there = (place >= 0) & (keys[order][np.maximum(place, 0)] == wanted) & (wanted > 0)
        found[is_there] = values[order][place[is_there]]
    return found
