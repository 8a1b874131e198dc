"""Columns only the suggested needs read: months with roaming charges, and whether a handset contract runs."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from customers.frame import Column
from customers.loading.place import Place
from customers.models import Bundle
from customers.need_signs import SignTerms
from cvm.lib.months import first_day

# One partition per month, by the range of customers.
_ROAMED = """
select customer_id from customers_monthlybill
where month between %(since)s and %(month)s and {whose} and roam_fee_fen >= %(from_fen)s
"""
_HANDSETS = """
select distinct customer_id from customers_bundle
where {whose} and kind = %(handset)s and status = %(active)s
  and start_date <= %(as_of)s and (end_date is null or end_date >= %(as_of)s)
"""


def sign_columns(cursor: Any, place: Place, as_of: dt.date, *, month: int, terms: SignTerms) -> dict[str, Column]:
    """Return `roam_months` (with enough roaming charges, in the window up to `month`) and `has_handset_bundle` on that day."""
    since = first_day(month - terms.window_months + 1)
    months = {"since": since, "month": first_day(month), "from_fen": terms.roam_from_fen}
    roamed = place.read(cursor, _ROAMED, months, [("customer_id", "int4")])["customer_id"]
    kinds = {"handset": Bundle.Kind.HANDSET.value, "active": Bundle.Status.ACTIVE.value, "as_of": as_of}
    bound = place.read(cursor, _HANDSETS, kinds, [("customer_id", "int4")])["customer_id"]
    return {
        "roam_months": place.count(roamed, np.ones(len(roamed), np.bool_)).astype(np.int16),
        "has_handset_bundle": np.isin(place.ids, bound),
    }
