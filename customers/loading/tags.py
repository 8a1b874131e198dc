"""The tag column: which tags each customer carries on a day, as bits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np

from customers.frame import Column
from customers.loading.place import Array, Place
from cvm.lib.months import day_number

NEVER = "9999-12-31"
# Reads the customer index of the tags by range. A tag that is switched off binds no rule any more.
_TAGS = """
select customer_id, tag.bit, carried.starts_on, coalesce(carried.ends_on, %(never)s)
from customers_customertag as carried
join customers_tag as tag on tag.id = carried.tag_id
where {whose} and tag.is_active
  and carried.starts_on <= %(until)s and (carried.ends_on is null or carried.ends_on >= %(since)s)
"""
_KINDS = [("customer_id", "int4"), ("bit", "int2"), ("start_day", "date"), ("end_day", "date")]


def tag_columns(cursor: Any, place: Place, as_of: dt.date) -> dict[str, Column]:
    """Return the tag column as of a day (`tags_on`)."""
    return tags_on(place, read_tags(cursor, place, first=as_of, last=as_of), as_of)


def read_tags(cursor: Any, place: Place, *, first: dt.date, last: dt.date) -> dict[str, Array]:
    """Return the tags in force on any day from `first` to `last`, as rows."""
    return place.read(cursor, _TAGS, {"since": first, "until": last, "never": NEVER}, _KINDS)


def tags_on(place: Place, rows: Mapping[str, Array], as_of: dt.date) -> dict[str, Column]:
    """Return `tags`: int64, bit `Tag.bit` set for every tag in force on that day."""
    today = day_number(as_of)
    chosen = (rows["start_day"] <= today) & (rows["end_day"] >= today)
    tags = np.zeros(len(place.ids), np.int64)
    bits = np.int64(1) << rows["bit"][chosen].astype(np.int64)
    np.bitwise_or.at(tags, place.rows_of(rows["customer_id"][chosen]), bits)
    return {"tags": tags}


def turns(rows: Mapping[str, Array]) -> list[Array]:
    """Return the days from which on a tag may count otherwise: it begins, is over."""
    return [rows["start_day"], rows["end_day"] + 1]
