"""Load a bucket of customers as a `Frame`: every reader works on a range of ids and returns columns aligned to them."""

from __future__ import annotations

import datetime as dt

import numpy as np
from django.db import connection

from customers import blocks
from customers.frame import Frame
from customers.history import id_range
from customers.loading.aliases import fold_history, place_of, strictest
from customers.loading.bundles import bundle_columns
from customers.loading.events import complaint_columns, event_columns
from customers.loading.profile import do_not_call, profile_columns
from customers.loading.tags import tag_columns

HISTORY_MONTHS = 24


def load_frame(*, bucket: int, as_of: dt.date, month: int, months: int = HISTORY_MONTHS) -> Frame:
    """Return every customer of a bucket as of a day, ordered by id; gaps in the ids simply have no row.

    A record merged into another has no row; what belongs to it counts for the other (customers/loading/aliases.py).

    `month` (an ordinal) is the newest closed bill month and becomes row 0 of the history; months without
    a block, and customers a block does not reach, read as zeros (the flag HAS_BILL tells them apart).
    """
    first, last = id_range(bucket)
    with connection.cursor() as cursor:
        columns = profile_columns(cursor, first, last, as_of)
        place = place_of(cursor, columns["id"])
        if len(place.ids) < len(columns["id"]):
            rows = np.isin(columns["id"], place.ids)
            columns = {name: column[rows] for name, column in columns.items()}
        columns |= strictest(columns, cursor, place)
        columns["do_not_call"] = do_not_call(cursor, place, as_of)
        columns |= bundle_columns(cursor, place, as_of)
        columns |= event_columns(cursor, place, as_of)
        columns |= complaint_columns(cursor, place, as_of)
        columns |= tag_columns(cursor, place, as_of)
        history = blocks.read_history(cursor, bucket, columns["id"], month=month, months=months)
        fold_history(history, cursor, place, month=month)
    return Frame(as_of=as_of, month=month, columns=columns, history=history)
