"""Which needs the texts about customers speak of: what agents wrote down, complaints, notes of calls (DOMAIN S-107)."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from customers.loading.place import Place, business_zone
from customers.needs import heard

WINDOW = dt.timedelta(days=90)
LONGEST = 200  # of the words kept with a need
Said = dict[str, dict[int, str]]  # code of a kind: the newest words of each customer about it

# By the range of customers, each table by its index on customer and time; the newest text of a customer first.
TEXTS = """
select customer_id, words from (
    select customer_id, served_at as at, concat_ws(' ', nullif(category, ''), nullif(content, '')) as words
    from customers_servicelog where {whose} and served_at >= %(since)s and served_at < %(until)s
    union all
    select customer_id, opened_at, concat_ws(' ', nullif(category, ''), nullif(content, ''))
    from customers_complaint where {whose} and opened_at >= %(since)s and opened_at < %(until)s
    union all
    select customer_id, started_at, note
    from callcenter_contact where {whose} and started_at >= %(since)s and started_at < %(until)s
) as told
where words <> ''
order by customer_id, at desc, words
"""
DAY = """
select (%(day)s::date + 1)::timestamp at time zone %(zone)s
"""


def said(cursor: Any, place: Place, as_of: dt.date, *, codes: Sequence[str]) -> Said:
    """Return by kind of need who spoke of it within the window up to the end of the day, with the newest words."""
    cursor.execute(DAY, {"day": as_of, "zone": business_zone()})
    until = cursor.fetchone()[0]
    cursor.execute(TEXTS.format(whose=place.whose), place.reach | {"since": until - WINDOW, "until": until})
    rows = cursor.fetchall()
    columns = {
        "customer_id": np.array([row[0] for row in rows], np.int64),
        "words": np.array([row[1] for row in rows], object),
    }
    owned = place.owned(columns)
    known = tuple(sorted(codes))
    found: Said = {code: {} for code in known}
    for customer, words in zip(owned["customer_id"].tolist(), owned["words"].tolist(), strict=True):
        code = _kind_of(words, known)
        if code:
            found[code].setdefault(customer, words[:LONGEST])
    return found


@functools.lru_cache(maxsize=16_384)
def _kind_of(words: str, codes: tuple[str, ...]) -> str:
    """Return the kind a text speaks of; agents write the same sentences again and again."""
    return heard(words.casefold(), codes)
