"""The customers behind a signed number: how an address names them, and how many of them are still to be listed.

An address says YYYY-MM:WHAT:YEAR:signed, with `.county-4-7`, `.layer-3` or `.manager-12` for the place at the signature;
who entered in a month says YYYY-MM:YEAR:signed likewise, by the newest signature of the year.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from customers.models import Branch, Standing
from cvm.lib import bulk
from segmentation.models import Layer, LedgerClose
from segmentation.signed import PLACES, Members, members_of, signatures

SIGNED = "signed"
Places = dict[str, list[int]]
Ids = npt.NDArray[np.int64]


def said(places: Mapping[str, Iterable[int]]) -> str:
    """Return the part of an address that asks for members as they were signed, at these places."""
    parts = [f"{name}-{'-'.join(str(key) for key in keys)}" for name, keys in sorted(places.items())]
    return ".".join([SIGNED, *parts])


def heard(part: str) -> Places | None:
    """Return the places a part of an address asks for, None where it asks for no signature; raises ValueError."""
    if not part:
        return None
    word, *rest = part.split(".")
    found = {name: keys for name, _dash, keys in (one.partition("-") for one in rest)}
    if word != SIGNED or not found.keys() <= set(PLACES):
        raise ValueError(part)
    return {name: [int(key) for key in keys.split("-")] for name, keys in found.items()}


def in_words(part: str) -> list[str]:
    """Return such a part in words, for the chip above a list."""
    try:
        places = heard(part)
    except ValueError:
        return [part]
    if places is None:
        return []
    counties = Branch.objects.filter(pk__in=places.get("county", ())).order_by("code").values_list("name", flat=True)
    layers = [str(label) for layer, label in Layer.choices if layer in places.get("layer", ())]
    managers = [_("phone manager %(number)s") % {"number": number} for number in places.get("manager", ())]
    return [_("as signed"), *counties, *layers, *managers]


@dataclass
class Signatures:
    """The kept members of the cohort of a year, each signing night read once."""

    year: int
    known: dict[int, Members] = field(default_factory=dict)

    @cached_property
    def closes(self) -> dict[int, LedgerClose]:
        return signatures(self.year)

    def customers(self, *, what: str, month: int | None, entry: int | None, places: Places) -> Ids | None:
        """Return who stands in a number of a signed month, entered in a month, or both; None without their signature."""
        close = self.closes.get(max(self.closes, default=0) if month is None else month)
        if close is None:
            return None
        members = self._members(close)
        chosen = members.at(places)
        if month is not None:
            chosen &= members.in_number(what, index=month - (self.year * 12 - 1))
        if entry is not None:
            chosen &= members.entry_month == entry
        return members.customer_id[chosen].astype(np.int64)

    def _members(self, close: LedgerClose) -> Members:
        if close.run_id not in self.known:
            self.known[close.run_id] = members_of(close.cohort_id, close.run_id)
        return self.known[close.run_id]


class Listed:
    """Whom somebody's lists can show."""

    def __init__(self, standings: QuerySet[Standing]) -> None:
        select, values = standings.order_by().values_list("customer_id").query.sql_with_params()
        with connection.cursor() as cursor:
            bound = cursor.mogrify(select, values).decode().replace("%", "%%")
            found = bulk.read(cursor, bound, {}, [("customer_id", "int4")])["customer_id"]
        self._is_listed = np.zeros(int(found.max(initial=0)) + 1, np.bool_)
        self._is_listed[found] = True

    def count(self, ids: Ids) -> int:
        """Return how many of these customers they show."""
        return int(np.count_nonzero(self._is_listed[ids[ids < len(self._is_listed)]]))
