"""A bucket's past, read once: the frame of any day of the last months, as the night of that day would have loaded it.

What has dates (bundles, events, complaints, tags, the months of history) is known for every day. What is kept only as it
is now is known since the nights note it (customers/noting.py), and not before: nobody may decide about a past day by
today's. Of what is noted, three things are told of earlier days too, in less detail: whether somebody was in network by
month end, the use of a month from its last day on, and the handset from the day of its last change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from customers import blocks, dated, noting
from customers.before_notes import BeforeNotes
from customers.features import months_of
from customers.frame import Column, Frame
from customers.frames import HISTORY_MONTHS
from customers.history import HAS_BILL, IN_NETWORK, PORTED, PRE_CANCEL, SUSPENDED, id_range
from customers.loading.aliases import fold_history, place_of
from customers.loading.place import Array, Place
from customers.loading.profile import profile_columns
from customers.models import Run, StandingChange
from cvm.lib import bulk
from cvm.lib.months import day_number, last_day, month_of

DATED = dated.NAMES  # change from day to day, and their rows carry the dates
TOLD_BEFORE = noting.USAGE | noting.HANDSET  # what is noted, and known in less detail before
FIXED = frozenset(
    ("id", "county_id", "join_day", "birth_month_day", "tenure_months")
)  # the same on every day, or dated
NORMAL, STOPPED, GONE, PORTED_OUT, PRE_CANCELLED = 1, 3, 6, 8, 5  # Customer.State; test_past holds the two together

_STATES = """
select customer_id, state from customers_standing
where run_id = %(run)s and customer_id between %(first)s and %(last)s order by customer_id
"""
_CHANGES = """
select change.customer_id, run.as_of, change.before
from customers_standingchange as change
join customers_run as run on run.id = change.run_id
where change.customer_id between %(first)s and %(last)s and change.field = %(state)s
  and run.status = 'published' and run.as_of > %(since)s and run.as_of <= %(until)s
order by run.as_of desc, run.id desc
"""

Mask = npt.NDArray[np.bool_]


def newest_closed(day: dt.date) -> int:
    """Return the newest month (ordinal) that has ended by a day, whose bills the night of that day reads."""
    return month_of(day) - (day != last_day(month_of(day)))


@dataclass
class Past:
    """One bucket. `month_frame` is the base of a month, `dated` the columns of a day; both are cheap after loading."""

    frame: Frame  # the profile of today, and the whole history, row 0 = newest month
    states: States
    place: Place
    rows: dated.Dated
    before: BeforeNotes
    notes: noting.Nights | None = None
    window: int = HISTORY_MONTHS

    def __len__(self) -> int:
        return len(self.frame)

    def month_frame(self, day: dt.date, month: int) -> Frame:
        """Return the frame of a day by the bills of `month`, with the state of that day; dated columns are not in it."""
        back = self.frame.month - month
        history = {fact: matrix[back : back + self.window] for fact, matrix in self.frame.history.items()}
        tenure = np.maximum(month_of(day) - months_of(self.frame["join_day"]) + 1, 0).astype(np.int16)
        columns = {**self.frame.columns, "tenure_months": tenure, "state": self.state(day, month)}
        return Frame(as_of=day, month=month, columns=columns, history=history)

    def dated(self, day: dt.date, names: Collection[str]) -> dict[str, Column]:
        """Return the dated columns of a day that are among the names."""
        return self.rows.at(day, names)

    def noted(self, day: dt.date, month: int, names: Collection[str]) -> dict[str, Column]:
        """Return the columns among the names that are kept only as they are now: as the last night knew them.

        Before the first noted night what a month's use or a handset's date tells; nothing of all others: zeros.
        """
        found = self.before.fees(month, names)
        if self.noted_by(day) is not None and self.notes is not None:
            return found | self.notes.at(day, names)
        zeros = np.zeros(len(self), np.int32)
        found |= {
            name: zeros.astype(np.bool_) if name in noting.YES_NO else zeros for name in names if name in noting.NOTED
        }
        return found | self.before.use(month, names) | self.before.handset(day, names)

    def noted_by(self, day: dt.date) -> int | None:
        """Return a number that changes with what the nights noted from day to day; None while they noted nothing wanted."""
        return self.notes.number(day) if self.notes is not None else None

    def state(self, day: dt.date, month: int) -> Column:
        """Return the state on a day: by the nights where they noted it, else by the bills of the closed month."""
        if self.states.since is not None and day >= self.states.since:
            return self.states.on(day)
        back = self.frame.month - month
        flags = self.frame.history["flags"][back]
        return state_by_bills(flags, has_joined_later=months_of(self.frame["join_day"]) > month)

    def is_there(self, month: int) -> Mask:
        """Tell who was in network at a month end."""
        there: Mask = (self.frame.history["flags"][self.frame.month - month] & IN_NETWORK) != 0
        return there


@dataclass(frozen=True)
class States:
    """The state of each customer in the published run, and every change noted since a day, newest first."""

    since: dt.date | None  # the first day whose night noted changes; None: no night has
    now: Column
    row: Array
    day: Array
    before: Array

    def on(self, day: dt.date) -> Column:
        """Return the states as the last night up to a day knew them."""
        later = int(np.searchsorted(-self.day, -day_number(day)))  # days descend: those after `day` come first
        state = self.now.copy()
        state[self.row[:later]] = self.before[:later]  # the last write of a row is its oldest change after the day
        return state

    def known_by(self, day: dt.date) -> int | None:
        """Return a number that changes with the states from day to day; None while no night had noted them."""
        if self.since is None or day < self.since:
            return None
        return int(np.searchsorted(-self.day, -day_number(day)))


def state_by_bills(flags: npt.NDArray[np.int32], *, has_joined_later: Mask) -> Column:
    """Return the state a month end's flags tell: in service, suspended in any way, pre-cancelled, ported out or gone."""
    is_there = (flags & IN_NETWORK) != 0
    state = np.where(is_there, np.int16(NORMAL), np.int16(GONE))
    state[(flags & PORTED) != 0] = PORTED_OUT
    state[is_there & ((flags & SUSPENDED) != 0)] = STOPPED
    state[is_there & ((flags & PRE_CANCEL) != 0)] = PRE_CANCELLED
    state[has_joined_later & ((flags & HAS_BILL) == 0)] = NORMAL
    return state


def load_past(
    *,
    bucket: int,
    run: Run,
    first: dt.date,
    noted_since: dt.date | None,
    nights: Sequence[tuple[int, dt.date]] = (),
    names: Collection[str] = (),
) -> Past:
    """Return a bucket's past from a day to the day of a published run, by the bills that run knew.

    `noted_since`: the day of the first night that noted changes of state (`notes_states` in its plan). `nights`: those
    that noted the columns kept only as they are now; of them only those among `names` are read.
    """
    newest = month_of(run.month)
    low, high = id_range(bucket)
    with connection.cursor() as cursor:
        columns = profile_columns(cursor, low, high, run.as_of)
        place = place_of(cursor, columns["id"])
        if len(place.ids) < len(columns["id"]):
            rows = np.isin(columns["id"], place.ids)
            columns = {name: column[rows] for name, column in columns.items()}
        months = newest - min(newest_closed(first), newest) + HISTORY_MONTHS
        history = blocks.read_history(cursor, bucket, columns["id"], month=newest, months=months)
        fold_history(history, cursor, place, month=newest)
        return Past(
            frame=Frame(as_of=run.as_of, month=newest, columns=columns, history=history),
            states=_states(cursor, place, columns["state"], run=run, since=noted_since),
            place=place,
            rows=dated.read(cursor, place, first=first, last=run.as_of),
            before=BeforeNotes(place, run.as_of),
            notes=noting.read(bucket=bucket, nights=nights, names=names, slots=place.ids - low),
        )


def on_day(frame: Frame, day: dt.date, dated: Mapping[str, Column]) -> Frame:
    """Return a month's frame as of one of its days."""
    return replace(frame, as_of=day, columns={**frame.columns, **dated})


def _states(cursor: Any, place: Place, profile: Column, *, run: Run, since: dt.date | None) -> States:
    reach = {"first": place.first, "last": place.last}
    now = profile.copy()
    found = bulk.read(cursor, _STATES, reach | {"run": run.pk}, [("customer_id", "int4"), ("state", "int2")])
    ours = np.isin(found["customer_id"], place.ids)
    now[np.searchsorted(place.ids, found["customer_id"][ours])] = found["state"][ours]
    known = {"state": StandingChange.Field.STATE.value, "since": since or run.as_of, "until": run.as_of}
    kinds = [("customer_id", "int4"), ("day", "date"), ("before", "int2")]
    changes = bulk.read(cursor, _CHANGES, reach | known, kinds)
    ours = np.isin(changes["customer_id"], place.ids)
    changes = {name: column[ours] for name, column in changes.items()}
    rows = np.searchsorted(place.ids, changes["customer_id"])
    return States(since, now, rows, changes["day"], changes["before"])
