"""The parts of the last bills beyond the plan fee: what a customer spends on."""

from __future__ import annotations

from typing import Any

import numpy as np

from customers.facets import Fees
from customers.loading.place import Place
from cvm.lib.months import first_day

MONTHS = 3
# Three partitions, each by the range of customers of its key.
_FEES = """
select customer_id, sum(voice_fee_fen), sum(data_fee_fen), sum(sms_fee_fen::bigint + vas_fee_fen)::bigint
from customers_monthlybill
where month between %(since)s and %(month)s and {whose}
group by customer_id
"""
_ANNOUNCED = [("customer_id", "int4"), ("voice", "int8"), ("data", "int8"), ("value_added", "int8")]


def fee_columns(cursor: Any, place: Place, *, month: int) -> Fees:
    """Return voice, data and value-added fees (SMS among them) in fen over the three months up to `month`."""
    months = {"since": first_day(month - MONTHS + 1), "month": first_day(month)}
    found = place.read(cursor, _FEES, months, _ANNOUNCED)
    rows = np.searchsorted(place.ids, found.pop("customer_id"))
    fees = {name: np.zeros(len(place.ids), np.int64) for name in found}
    for name, values in found.items():
        np.add.at(fees[name], rows, values)
    return fees
