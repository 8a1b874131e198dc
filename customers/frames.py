"""Load a bucket of customers as a `Frame`: every reader works on a range of ids and returns columns aligned to them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from django.db import connection

from customers import blocks
from customers.frame import Column, Frame
from customers.history import SIGNAL_DAY, bucket_of, id_range
from customers.loading.aliases import fold_history, place_of, strictest
from customers.loading.bundles import bundle_columns
from customers.loading.events import complaint_columns, event_columns, signal_days
from customers.loading.place import Place
from customers.loading.profile import do_not_disturb, profile_columns
from customers.loading.tags import tag_columns
from customers.loading.ties import rare_columns, subscription_columns, tie_columns
from customers.loading.usage import network_columns, over_columns, usage_columns

HISTORY_MONTHS = 24


def load_frame(*, bucket: int, as_of: dt.date, month: int, months: int = HISTORY_MONTHS) -> Frame:
    """Return every customer of a bucket as of a day, ordered by id; gaps in the ids simply have no row.

    A record merged into another has no row; what belongs to it counts for the other (customers/loading/aliases.py).

    `month` (an ordinal) is the newest closed bill month and becomes row 0 of the history; months without
    a block, and customers a block does not reach, read as zeros (the flag HAS_BILL tells them apart).
    """
    return _load(*id_range(bucket), as_of=as_of, month=month, months=months)


def load_customers(ids: Iterable[int], *, as_of: dt.date, month: int, months: int = HISTORY_MONTHS) -> Frame:
    """Return the frame of a few customers, the very rows of their buckets' frames; none for merged records and nobody."""
    named = sorted(set(ids))
    return _load(named[0], named[-1], as_of=as_of, month=month, months=months, ids=named)


def _load(first: int, last: int, *, as_of: dt.date, month: int, months: int, ids: Sequence[int] = ()) -> Frame:
    with connection.cursor() as cursor:
        columns, place = _profiles(cursor, first, last, as_of, ids=ids)
        columns |= strictest(columns, cursor, place)
        columns |= do_not_disturb(cursor, place, as_of)
        columns |= bundle_columns(cursor, place, as_of)
        columns |= event_columns(cursor, place, as_of)
        columns |= complaint_columns(cursor, place, as_of)
        columns |= tag_columns(cursor, place, as_of)
        columns |= usage_columns(cursor, place, as_of) | over_columns(cursor, place, month=month)
        columns |= network_columns(cursor, place, as_of) | subscription_columns(cursor, place, as_of)
        columns |= rare_columns(cursor, place, as_of)
        columns |= tie_columns(cursor, columns["group_id"], columns["family_id"], as_of)
        # what the last night said is told by whoever has one: cvm/night/context.py
        columns["previous_marks"] = np.zeros(len(place.ids), np.int32)
        history = _history(cursor, place, month=month, months=months)
        fold_history(history, cursor, place, month=month)
        history[SIGNAL_DAY] = signal_days(cursor, place, month=month, months=months)
    return Frame(as_of=as_of, month=month, columns=columns, history=history)


def load_worth(*, bucket: int, as_of: dt.date, month: int, months: int = HISTORY_MONTHS) -> Frame:
    """Return the customers of `load_frame` with profile, bundles, events and history only: all a ladder's values look at.

    Half the work of `load_frame`, for pages that try ladders on everybody.
    """
    with connection.cursor() as cursor:
        columns, place = _profiles(cursor, *id_range(bucket), as_of)
        columns |= strictest(columns, cursor, place)
        columns |= bundle_columns(cursor, place, as_of)
        columns |= event_columns(cursor, place, as_of)
        history = blocks.read_history(cursor, bucket, columns["id"], month=month, months=months)
        fold_history(history, cursor, place, month=month)
    return Frame(as_of=as_of, month=month, columns=columns, history=history)


def load_life(*, bucket: int, as_of: dt.date, month: int, months: int = HISTORY_MONTHS) -> Frame:
    """Return the customers of `load_frame` with profile, history and events only: all that the stage rule looks at."""
    with connection.cursor() as cursor:
        columns, place = _profiles(cursor, *id_range(bucket), as_of)
        columns |= strictest(columns, cursor, place)
        columns |= event_columns(cursor, place, as_of)
        history = blocks.read_history(cursor, bucket, columns["id"], month=month, months=months)
        fold_history(history, cursor, place, month=month)
        history[SIGNAL_DAY] = signal_days(cursor, place, month=month, months=months)
    return Frame(as_of=as_of, month=month, columns=columns, history=history)


def load_past(frame: Frame, *, bucket: int, month: int, months: int, facts: Sequence[str]) -> Frame:
    """Return the customers of a bucket's frame with the months that end in an earlier one, and these facts alone.

    `flags` is always among the facts. The columns stay those of the frame.
    """
    with connection.cursor() as cursor:
        history = blocks.read_history(cursor, bucket, frame["id"], month=month, months=months, facts=facts)
        fold_history(history, cursor, place_of(cursor, frame["id"]), month=month)
    return replace(frame, month=month, history=history)


def _history(cursor: Any, place: Place, *, month: int, months: int) -> dict[str, np.ndarray[Any, Any]]:
    """Return the months of everybody: a bucket's in one go, or those of customers far apart."""
    bucket = bucket_of(place.first)
    if not place.is_sparse and bucket == bucket_of(max(place.last, 1)):
        return blocks.read_history(cursor, bucket, place.ids, month=month, months=months)
    return blocks.read_few(cursor, place.ids, month=month, months=months)


def _profiles(
    cursor: Any, first: int, last: int, as_of: dt.date, *, ids: Sequence[int] = ()
) -> tuple[dict[str, Column], Place]:
    """Return the profile columns of a range, or of these ids, without aliases, and where each customer stands."""
    columns = profile_columns(cursor, first, last, as_of, ids=ids)
    place = place_of(cursor, columns["id"])
    if len(place.ids) < len(columns["id"]):
        rows = np.isin(columns["id"], place.ids)
        columns = {name: column[rows] for name, column in columns.items()}
    return columns, place
