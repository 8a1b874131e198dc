"""The columns whose rows carry their dates, known for every day of a stretch of time; each source is read once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import numpy as np

from customers.frame import Column
from customers.loading import bundles, events, tags, ties, usage
from customers.loading.place import Array, Place
from customers.running import OnDay, Rows, Running

Read = Callable[[Any, Place, dt.date, dt.date], dict[str, Array]]


class Source(NamedTuple):
    """Rows of one kind: the columns they make, how they are read for some days, and how they make a day's columns."""

    names: frozenset[str]
    read: Read
    on: OnDay
    turns: Callable[[Rows], list[Array]]


BUNDLES = Source(
    frozenset(
        {
            "bundle_count",
            "soft_bundle_count",
            "bundle_end_day",
            "bundle_nearest_end_day",
            "rebate_end_month",
            "bundle_ended_day",
            "unified_pay_end_day",
            "has_handset_bundle",
        }
    ),
    lambda cursor, place, _first, last: bundles.read_bundles(cursor, place, until=last),
    bundles.bundles_on,
    bundles.turns,
)
EVENTS = Source(
    frozenset({*events.LATEST, *events.COUNTS, *events.CONTACT_DAYS}),
    lambda cursor, place, first, last: events.read_events(cursor, place, first=first, last=last),
    events.events_on,
    events.event_turns,
)
COMPLAINTS = Source(
    frozenset(
        {
            "complaints_30d",
            "complaints_90d",
            "open_complaint_level",
            "open_complaint_day",
            "complaint_closed_day",
            "major_complaint_day",
        }
    ),
    lambda cursor, place, _first, last: events.read_complaints(cursor, place, until=last),
    events.complaints_on,
    events.complaint_turns,
)
NETWORK = Source(
    frozenset({"poor_events_30d", "outage_ended_day"}),
    lambda cursor, place, first, last: usage.read_network(cursor, place, first=first, last=last),
    lambda place, rows, day, _names: usage.network_on(place, rows, day),
    usage.network_turns,
)
SUBSCRIPTIONS = Source(
    frozenset({"subscription_end_day", "trial_end_day"}),
    lambda cursor, place, first, last: ties.read_subscriptions(cursor, place, first=first, last=last),
    lambda place, rows, day, _names: ties.subscriptions_on(place, rows, day),
    ties.subscription_turns,
)
TAGS = Source(
    frozenset({"tags"}),
    lambda cursor, place, first, last: tags.read_tags(cursor, place, first=first, last=last),
    lambda place, rows, day, _names: tags.tags_on(place, rows, day),
    tags.turns,
)
SOURCES = (BUNDLES, EVENTS, COMPLAINTS, NETWORK, SUBSCRIPTIONS, TAGS)
NAMES = frozenset[str]().union(*(source.names for source in SOURCES))


class Dated:
    """The dated columns of one bucket; going from day to day is cheap."""

    def __init__(self, sources: Mapping[frozenset[str], Running]) -> None:
        self._sources = sources

    def at(self, day: dt.date, names: Collection[str]) -> dict[str, Column]:
        """Return the columns of a day that are among the names, of some sources those beside them too."""
        found: dict[str, Column] = {}
        for group, running in self._sources.items():
            if wanted := group.intersection(names):
                found |= running.at(day, wanted)
        return found


def read(cursor: Any, place: Place, *, first: dt.date, last: dt.date) -> Dated:
    """Return what is dated of the customers of a place on any day from `first` to `last`."""
    return Dated({source.names: _running(source, source.read(cursor, place, first, last), place) for source in SOURCES})


def _running(source: Source, rows: Mapping[str, Array], place: Place) -> Running:
    placed = {**rows, "customer_id": np.searchsorted(place.ids, rows["customer_id"])}
    return Running(placed, source.turns(rows), source.on, size=len(place.ids))
