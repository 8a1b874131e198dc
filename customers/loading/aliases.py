"""Records merged as aliases, as the frame sees them: no row of their own, everything of theirs with the main record.

Nothing is copied anywhere, so that the night after an undone merge says what the night before it said.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from customers import blocks
from customers.frame import Column
from customers.history import HAS_BILL, IN_NETWORK, SIGNED, bucket_of
from customers.loading.place import Array, Place
from customers.loading.profile import LISTS
from cvm.lib import bulk

# Walks the index of the merged records only; there are few.
_MERGED = "select id, merged_into_id from customers_customer where merged_into_id is not null order by id"
_WORDS = """
select customer_id, is_given from customers_consent
where channel = 'call' and (customer_id = any(%(aliases)s) or customer_id = any(%(mains)s))
"""
EITHER = HAS_BILL | IN_NETWORK | SIGNED  # flags one of the two is enough for; the others are the main record's
DAYS = "active_days"  # days of a month, which the records share

History = dict[str, npt.NDArray[np.int32]]


def place_of(cursor: Any, ids: Array) -> Place:
    """Return the place of these customers of one bucket, without the aliases among them and with their own aliases."""
    merged = bulk.read(cursor, _MERGED, {}, [("id", "int4"), ("main", "int4")])
    if not len(merged["id"]):
        return Place(ids)
    kept = ids[~np.isin(ids, merged["id"])]
    ours = np.isin(merged["main"], kept)
    return Place(kept, merged["id"][ours], merged["main"][ours])


def strictest(columns: dict[str, Column], cursor: Any, place: Place) -> dict[str, Column]:
    """Return the consent and list columns where an alias has a say: any refusal and any list counts."""
    if not len(place.aliases):
        return {}
    rows = np.searchsorted(place.ids, place.mains)
    found = {"has_call_consent": _consent(columns["has_call_consent"], rows, cursor, place)}
    names = ", ".join(f"{name}::int4" for name in LISTS)
    said = bulk.read(
        cursor,
        f"select {names} from customers_customer where id = any(%(aliases)s) order by id",  # noqa: S608 constants
        {"aliases": place.aliases.tolist()},
        [(name, "int4") for name in LISTS],
    )
    for name in LISTS:
        found[name] = columns[name].copy()
        np.logical_or.at(found[name], rows, said[name] != 0)
    return found


def fold_history(history: History, cursor: Any, place: Place, *, month: int) -> None:
    """Add the months of the aliases to those of their main records, in place."""
    months, facts = len(history["flags"]), tuple(history)
    buckets = np.array([bucket_of(alias) for alias in place.aliases.tolist()], np.int64)
    for bucket in np.unique(buckets).tolist():
        here = buckets == bucket
        theirs = blocks.read_history(cursor, bucket, place.aliases[here], month=month, months=months, facts=facts)
        for number, row in enumerate(np.searchsorted(place.ids, place.mains[here]).tolist()):
            _fold(history, row, {fact: matrix[:, number] for fact, matrix in theirs.items()})


def _consent(column: Column, rows: Array, cursor: Any, place: Place) -> Column:
    words = {"aliases": place.aliases.tolist(), "mains": place.mains.tolist()}
    said = place.owned(bulk.read(cursor, _WORDS, words, [("customer_id", "int4"), ("is_given", "bool")]))
    owner, given = np.searchsorted(place.ids, said["customer_id"]), said["is_given"]
    has = column.copy()
    has[rows] = False
    has[owner[given]] = True
    has[owner[~given]] = False
    return has


def _fold(history: History, row: int, theirs: History) -> None:
    ours = {fact: matrix[:, row] for fact, matrix in history.items()}
    has_ours, has_theirs = ours["flags"] & HAS_BILL != 0, theirs["flags"] & HAS_BILL != 0
    alone, both = has_theirs & ~has_ours, has_theirs & has_ours
    joined = {fact: ours[fact] + theirs[fact] for fact in history}
    joined["flags"] = ours["flags"] | theirs["flags"] & EITHER
    if DAYS in history:
        joined[DAYS] = np.maximum(ours[DAYS], theirs[DAYS])
    for fact in history:
        history[fact][:, row] = np.select([alone, both], [theirs[fact], joined[fact]], ours[fact])
