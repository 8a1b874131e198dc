"""The usage columns: what the running month shows so far, fees beyond the plan, how well the network served."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np

from customers.frame import Column
from customers.loading.place import Array, Place, business_zone
from cvm.lib.months import day_number, first_day, last_day, month_of

ROAM_MONTHS, OVER_MONTHS, NETWORK_DAYS = 3, 3, 30
COUNTS = ("zero_call_days", "competitor_forward_days", "competitor_hotline_calls", "onnet_bp", "previous_onnet_bp")

# By the unique key (month, customer): one range of the month, each row's month before beside it. A share nobody
# measured this month stays what it was.
_USAGE = """
select now.customer_id, now.measured_on, now.data_used_mb, now.voice_used_min, now.data_quota_mb, now.voice_quota_min,
  now.zero_call_days, now.competitor_forward_days, now.competitor_hotline_calls,
  coalesce(now.onnet_bp, before.onnet_bp, 0)::int2, coalesce(before.onnet_bp, 0)::int2, now.province_roam_days
from (select * from customers_usagemonth where month = %(month)s and measured_on <= %(as_of)s and {whose}) as now
left join customers_usagemonth as before on before.month = %(before)s and before.customer_id = now.customer_id
"""
_USAGE_COLUMNS = [
    ("customer_id", "int4"),
    ("usage_day", "date"),
    *((name, "int4") for name in ("used_data_mb", "used_voice_min", "month_data_quota_mb", "month_voice_quota_min")),
    *((name, "int2") for name in (*COUNTS, "province_roam_days")),
]
_ROAMED = """
select distinct customer_id from customers_usagemonth
where month between %(since)s and %(until)s and {whose} and province_roam_days > 0
"""
_OVER = """
select customer_id, (count(*) filter (where over_data_fee_fen > 0))::int2,
  (count(*) filter (where over_voice_fee_fen > 0))::int2
from customers_monthlybill
where month between %(since)s and %(until)s and {whose} and (over_data_fee_fen > 0 or over_voice_fee_fen > 0)
group by customer_id
"""
_NETWORK = """
select customer_id, measured_on, (poor_voice::bigint + poor_data)::int8,
  coalesce((outage_ended_at at time zone %(zone)s)::date, '1970-01-01')
from customers_networkquality
where {whose} and measured_on > %(since)s and measured_on <= %(as_of)s
"""
_NETWORK_COLUMNS = [("customer_id", "int4"), ("day", "date"), ("poor", "int8"), ("ended_day", "date")]


def usage_columns(cursor: Any, place: Place, as_of: dt.date) -> dict[str, Column]:
    """Return the newest month of use known by the day, that of `as_of` or the month before; zeros when there is none.

    usage_day: the last day counted (0 unknown). used_data_mb, used_voice_min and their quotas (0: see the profile)
    count from the first of its month. previous_onnet_bp is the month before's. has_roamed_before tells of days in other
    provinces in any of the three months before.
    """
    month = _newest(cursor, as_of)
    known = {"month": first_day(month), "before": first_day(month - 1), "as_of": as_of}
    columns = _placed(place, place.read(cursor, _USAGE, known, _USAGE_COLUMNS), _USAGE_COLUMNS)
    window = {"since": first_day(month - ROAM_MONTHS), "until": first_day(month - 1)}
    roamed = place.read(cursor, _ROAMED, window, [("customer_id", "int4")])
    return columns | {"has_roamed_before": np.isin(place.ids, roamed["customer_id"])}


def over_columns(cursor: Any, place: Place, *, month: int) -> dict[str, Column]:
    """Return in how many of the three months up to `month` something was charged beyond the plan: data, voice."""
    kinds = [("customer_id", "int4"), ("over_data_months", "int2"), ("over_voice_months", "int2")]
    window = {"since": first_day(month - OVER_MONTHS + 1), "until": first_day(month)}
    return _placed(place, place.read(cursor, _OVER, window, kinds), kinds)


def network_columns(cursor: Any, place: Place, as_of: dt.date) -> dict[str, Column]:
    """Return the network columns as of a day (`network_on`)."""
    return network_on(place, read_network(cursor, place, first=as_of, last=as_of), as_of)


def read_network(cursor: Any, place: Place, *, first: dt.date, last: dt.date) -> dict[str, Array]:
    """Return the measurements that matter on any day from `first` to `last`, as rows."""
    known = {"as_of": last, "since": first - dt.timedelta(days=NETWORK_DAYS), "zone": business_zone()}
    return place.read(cursor, _NETWORK, known, _NETWORK_COLUMNS)


def network_on(place: Place, rows: Mapping[str, Array], as_of: dt.date) -> dict[str, Column]:
    """Return poor calls and sessions of the last 30 days, and the latest day an outage ended (0 none)."""
    today, owners = day_number(as_of), rows["customer_id"]
    lately = (rows["day"] <= today) & (rows["day"] > today - NETWORK_DAYS)
    poor = np.zeros(len(place.ids), np.int64)
    np.add.at(poor, place.rows_of(owners[lately]), rows["poor"][lately])
    latest = place.latest(owners, rows["ended_day"], lately)
    return {
        "poor_events_30d": np.minimum(poor, 2**31 - 1).astype(np.int32),
        "outage_ended_day": np.where(latest <= today, latest, 0).astype(np.int32),
    }


def network_turns(rows: Mapping[str, Array]) -> list[Array]:
    """Return the days from which on a measurement may count otherwise: taken, too old, its outage over."""
    return [rows["day"], rows["day"] + NETWORK_DAYS, rows["ended_day"]]


def _newest(cursor: Any, as_of: dt.date) -> int:
    """Return the month whose use is read: the running one once a file of it is here, else the one before."""
    known = {"month": first_day(month_of(as_of)), "last": last_day(month_of(as_of)), "as_of": as_of}
    cursor.execute(
        "select exists (select 1 from customers_usagemonth where month = %(month)s and measured_on <= %(as_of)s)", known
    )
    return month_of(as_of) - (0 if cursor.fetchone()[0] else 1)


def _placed(place: Place, found: dict[str, Array], kinds: Any) -> dict[str, Column]:
    """Return the rows as columns over everybody, zero for who has none; of merged records the larger value counts."""
    rows = np.searchsorted(place.ids, found["customer_id"])
    columns: dict[str, Column] = {}
    for name, kind in kinds[1:]:
        columns[name] = np.zeros(len(place.ids), {"int2": np.int16, "int8": np.int64}.get(kind, np.int32))
        np.maximum.at(columns[name], rows, found[name].astype(columns[name].dtype))
    return columns
