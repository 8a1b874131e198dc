"""The bundle columns: what binds a customer on a day, and until when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from customers.frame import Column
from customers.loading.place import Array, Place, chosen
from customers.models import Bundle
from cvm.lib.months import day_number, month_of

NEVER = 2**30  # the end day of a bundle without an end
# DOMAIN 3.4: V-net and other soft bundles show activity, they bind nobody.
SOFT = (Bundle.Kind.VNET.value, Bundle.Kind.SOFT.value)
BENEFIT = Bundle.Kind.SOFT.value
UNIFIED_PAY, HANDSET = Bundle.Kind.GROUP_PAY.value, Bundle.Kind.HANDSET.value

_BUNDLES = """
select customer_id, kind, start_date, coalesce(end_date, '1970-01-01'), coalesce(rebate_end_month, '1970-01-01')
from customers_bundle
where {whose} and start_date <= %(as_of)s
  and (status = %(active)s or (status = %(ended)s and end_date is not null))
"""
_ANNOUNCED = [
    ("customer_id", "int4"),
    ("kind", "int2"),
    ("start_day", "date"),
    ("end_day", "date"),
    ("rebate_day", "date"),
]


def bundle_columns(cursor: Any, place: Place, as_of: dt.date) -> dict[str, Column]:
    """Return the bundle columns as of a day (`bundles_on`)."""
    return bundles_on(place, read_bundles(cursor, place, until=as_of), as_of)


def read_bundles(cursor: Any, place: Place, *, until: dt.date) -> dict[str, Array]:
    """Return the bundles that had begun by a day, as rows: enough to know every day up to it.

    end_day is NEVER for one without an end; rebate_month is 0 for one without a rebate.
    """
    parameters = {
        "as_of": until,
        "active": Bundle.Status.ACTIVE.value,
        "ended": Bundle.Status.ENDED.value,
    }
    found = place.read(cursor, _BUNDLES, parameters, _ANNOUNCED)
    rebate = found.pop("rebate_day")
    months = rebate.astype("datetime64[D]").astype("datetime64[M]").astype(np.int32) + np.int32(1970 * 12)
    return found | {
        "end_day": np.where(found["end_day"] == 0, NEVER, found["end_day"]),
        "rebate_month": np.where(rebate > 0, months, 0),
        "is_soft": np.isin(found["kind"], SOFT),
    }


def turns(rows: Mapping[str, Array]) -> list[Array]:
    """Return the days from which on a bundle may count otherwise: it begins, is over, its rebate is over."""
    after_rebate = (rows["rebate_month"] + 1 - 1970 * 12).astype("datetime64[M]").astype("datetime64[D]")
    return [rows["start_day"], rows["end_day"] + 1, after_rebate.astype(np.int64)]


def bundles_on(
    place: Place, rows: Mapping[str, Array], as_of: dt.date, names: Collection[str] | None = None
) -> dict[str, Column]:
    """Return the bundle columns as of a day, from the hard bundles; soft ones are only counted.

    bundle_count, soft_bundle_count: running ones; benefit_count: of the soft ones those besides V-net. bundle_end_day: latest end of a running one (0 none,
    NEVER without end). bundle_nearest_end_day: earliest end of a running one. rebate_end_month: ordinal of
    the nearest last rebate month not yet past. bundle_ended_day: latest end when nothing runs any more.
    unified_pay_end_day: latest end of a running payment by the group (0 none, NEVER without end). has_handset_bundle.
    Dates decide what ran on that day, so that a past day can be asked; a cancelled bundle never counts.
    """
    today, owners, end = day_number(as_of), rows["customer_id"], rows["end_day"]
    begun = rows["start_day"] <= today
    running = begun & (end >= today)
    hard = running & ~rows["is_soft"]
    return chosen(
        {
            "bundle_count": lambda: place.count(owners, hard).astype(np.int16),
            "soft_bundle_count": lambda: place.count(owners, running & rows["is_soft"]).astype(np.int16),
            "benefit_count": lambda: place.count(owners, running & (rows["kind"] == BENEFIT)).astype(np.int16),
            "bundle_end_day": lambda: place.latest(owners, end, hard).astype(np.int32),
            "bundle_nearest_end_day": lambda: place.nearest(owners, end, hard & (end < NEVER)).astype(np.int32),
            "rebate_end_month": lambda: place.nearest(
                owners, rows["rebate_month"], hard & (rows["rebate_month"] >= month_of(as_of))
            ).astype(np.int32),
            "bundle_ended_day": lambda: np.where(
                place.count(owners, hard) == 0,
                place.latest(owners, end, begun & (end < today) & ~rows["is_soft"]),
                0,
            ).astype(np.int32),
            "unified_pay_end_day": lambda: place.latest(owners, end, hard & (rows["kind"] == UNIFIED_PAY)).astype(
                np.int32
            ),
            "has_handset_bundle": lambda: place.count(owners, hard & (rows["kind"] == HANDSET)) > 0,
        },
        names,
    )
