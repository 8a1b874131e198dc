"""The tag column: which tags each customer carries on a day, as bits."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from customers.frame import Column
from customers.loading.place import Place

# Reads the customer index of the tags by range. A tag that is switched off binds no rule any more.
_TAGS = """
select customer_id, tag.bit
from customers_customertag as carried
join customers_tag as tag on tag.id = carried.tag_id
where {whose} and tag.is_active
  and carried.starts_on <= %(as_of)s and (carried.ends_on is null or carried.ends_on >= %(as_of)s)
"""


def tag_columns(cursor: Any, place: Place, as_of: dt.date) -> dict[str, Column]:
    """Return `tags`: int64, bit `Tag.bit` set for every tag in force on that day."""
    found = place.read(cursor, _TAGS, {"as_of": as_of}, [("customer_id", "int4"), ("bit", "int2")])
    tags = np.zeros(len(place.ids), np.int64)
    rows = np.searchsorted(place.ids, found["customer_id"])
    np.bitwise_or.at(tags, rows, np.int64(1) << found["bit"].astype(np.int64))
    return {"tags": tags}
