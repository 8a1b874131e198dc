"""One timeline of everything that happened to a customer: filtered by kinds, read backwards page by page.

Every app offers its sources; each is a sub-select of (at, id, data) and the words for its rows. Another one joins by
a source of its own app and a place in KINDS.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy

import callcenter.panels
import customers.panels
import lifecycle.panels
import offers.panels
from customers.panels import Reader
from cvm.profile360 import changes

ROWS = 40
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)
SOURCES = (
    customers.panels.SOURCES
    | lifecycle.panels.SOURCES
    | offers.panels.SOURCES
    | callcenter.panels.SOURCES
    | changes.SOURCES
)
# a kind the reader chooses -> its words and its sources
KINDS = {
    "bill": (gettext_lazy("Bills"), ("bill",)),
    "contact": (gettext_lazy("Contacts"), ("contact",)),
    "moment": (gettext_lazy("Key moments"), ("moment",)),
    "task": (gettext_lazy("Tasks"), ("task",)),
    "test": (gettext_lazy("Tests"), ("experiment",)),
    "event": (gettext_lazy("Events"), ("event",)),
    "complaint": (gettext_lazy("Complaints"), ("complaint",)),
    "service": (gettext_lazy("Service"), ("service",)),
    "network": (gettext_lazy("Network"), ("network",)),
    "bundle": (gettext_lazy("Bundles"), ("bundle",)),
    "change": (gettext_lazy("Verdicts and policies"), ("change", "policy")),
    "ownership": (gettext_lazy("Number and owner"), ("ownership",)),
    "need": (gettext_lazy("Needs and surveys"), ("need", "tag", "survey")),
    "correction": (gettext_lazy("Corrections"), ("correction",)),
}

SECRET_KINDS = frozenset({"test"})  # no choice for whom the desk is the place of work: they do not know of tests

# every source reads its own newest rows before the cursor, by its index; the page takes the newest of all
BRANCH = """(
    select at, '{name}' as source, id, data from ({sql}) of_{name}
    where at <= %(before_at)s and (at, '{name}', id) < (%(before_at)s, %(before_source)s, %(before_id)s)
    order by at desc, id desc limit {rows})"""
PAGE = """
    select json_agg(happening order by at desc, source desc, id desc)
    from (select * from ({union}) everything order by at desc, source desc, id desc limit {rows}) happening"""


class BadCursor(ValueError):
    """The address does not name a place on the timeline."""


@dataclass(frozen=True)
class Happening:
    """One line of the timeline."""

    at: dt.datetime
    source: str
    icon: str
    title: str
    detail: str
    level: int


@dataclass(frozen=True)
class Choice:
    """One kind to choose: `query` is the address with it added, or taken away where it is chosen."""

    label: str
    query: str
    is_current: bool


@dataclass(frozen=True)
class Timeline:
    """One page of happenings, newest first; `older` is the query of the next page, empty at the end."""

    rows: list[Happening]
    choices: list[Choice]
    query: str
    older: str


def statement(kinds: Sequence[str]) -> str:
    """Return the sub-select of one page: `kinds` empty means all; needs the parameters of `place`."""
    names = [name for kind in kinds or KINDS for name in KINDS[kind][1]]
    branches = (BRANCH.format(name=name, sql=SOURCES[name].sql, rows=ROWS + 1) for name in names)
    return PAGE.format(union="\nunion all\n".join(branches), rows=ROWS + 1)


def place(cursor: str, *, now: dt.datetime, reader: Reader) -> dict[str, Any]:
    """Return the parameters of a page: what comes before the cursor, or before now; raises BadCursor."""
    at, source, number = _read_cursor(cursor) if cursor else (now, "~", 0)
    seen = {"before_at": at, "before_source": source, "before_id": number}
    return seen | {"fields": changes.fields_for(reader)}


def timeline(found: list[Mapping[str, Any]] | None, *, kinds: Sequence[str], reader: Reader) -> Timeline:
    """Return the rows read by `statement` in words, and where to go from here."""
    rows = found or []
    shown = [happening for row in rows[:ROWS] if (happening := _happening(row, reader))]
    older = urlencode([*_query(kinds), ("before", _cursor(rows[ROWS - 1]))]) if len(rows) > ROWS else ""
    return Timeline(shown, _choices(kinds, reader), urlencode(_query(kinds)), older)


def chosen_kinds(asked: Sequence[str]) -> list[str] | None:
    """Return the known kinds among those asked for, all when none was; None when only unknown ones were."""
    known = [kind for kind in KINDS if kind in asked]
    return known or (None if any(asked) else [])


def nothing(reader: Reader) -> Timeline:
    """Return a page without rows, for a choice that names no kind."""
    return Timeline([], _choices((), reader), "", "")


def _choices(kinds: Sequence[str], reader: Reader) -> list[Choice]:
    everything = Choice(str(gettext_lazy("All")), "", not kinds)
    shown = [kind for kind in KINDS if reader.sees_tests or kind not in SECRET_KINDS]
    return [everything, *(_choice(kind, kinds) for kind in shown)]


def _choice(kind: str, kinds: Sequence[str]) -> Choice:
    others = [other for other in KINDS if (other in kinds) != (other == kind)]
    return Choice(str(KINDS[kind][0]), urlencode(_query(others)), kind in kinds)


def _query(kinds: Sequence[str]) -> list[tuple[str, str]]:
    return [("show", kind) for kind in kinds]


def _happening(row: Mapping[str, Any], reader: Reader) -> Happening | None:
    source = SOURCES[row["source"]]
    told = source.words(row["data"], reader)
    if told is None:
        return None
    at = dt.datetime.fromisoformat(row["at"])
    return Happening(at, row["source"], source.icon, told.title, told.detail, told.level)


def _cursor(row: Mapping[str, Any]) -> str:
    at = dt.datetime.fromisoformat(row["at"])
    return f"{(at - EPOCH) // MICROSECOND}.{row['source']}.{row['id']}"


def _read_cursor(text: str) -> tuple[dt.datetime, str, int]:
    try:
        at, source, number = text.split(".")
        instant = EPOCH + int(at) * MICROSECOND
        identity = int(number)
    except (ValueError, OverflowError) as error:
        raise BadCursor(text) from error
    if source not in SOURCES or not -(2**63) <= identity < 2**63:
        raise BadCursor(text)
    return instant, source, identity
