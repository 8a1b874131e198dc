"""Load customers as a `Frame`: a bucket for the night, a single customer during the day; same values either way.

Every reader works on a range of customer ids and returns columns aligned to the ids found there, so one
customer is simply a range of length one.
"""

from __future__ import annotations

import datetime as dt

from django.db import connection

from customers import blocks
from customers.frame import Frame
from customers.history import bucket_of, id_range
from customers.loading.bundles import bundle_columns
from customers.loading.events import complaint_columns, event_columns
from customers.loading.place import Place
from customers.loading.profile import profile_columns

HISTORY_MONTHS = 24


class NoSuchCustomer(LookupError):
    """No customer has this id."""


def load_frame(*, bucket: int, as_of: dt.date, month: int, months: int = HISTORY_MONTHS) -> Frame:
    """Return every customer of a bucket as of a day, ordered by id; gaps in the ids simply have no row.

    `month` (an ordinal) is the newest closed bill month and becomes row 0 of the history; months without
    a block, and customers a block does not reach, read as zeros (the flag HAS_BILL tells them apart).
    """
    first, last = id_range(bucket)
    return _load(first, last, as_of, month, months)


def load_one(customer_id: int, *, as_of: dt.date, month: int, months: int = HISTORY_MONTHS) -> Frame:
    """Return the one-row frame of a customer, equal to that customer's row of `load_frame`."""
    frame = _load(customer_id, customer_id, as_of, month, months)
    if not len(frame):
        raise NoSuchCustomer(customer_id)
    return frame


def _load(first: int, last: int, as_of: dt.date, month: int, months: int) -> Frame:
    with connection.cursor() as cursor:
        columns = profile_columns(cursor, first, last, as_of)
        place = Place(columns["id"])
        columns |= bundle_columns(cursor, place, as_of)
        columns |= event_columns(cursor, place, as_of)
        columns |= complaint_columns(cursor, place, as_of)
        history = blocks.read_history(cursor, bucket_of(first), columns["id"], month=month, months=months)
    return Frame(as_of=as_of, month=month, columns=columns, history=history)
