"""What of the ledger is withheld from readers without lists (S-84): decided once for all months and counties.

Every number of the books hangs together with others: months carry over, counties add up to the branch, members less the
kept are the lost. So what hides is decided over all of them together, whichever county or grouping is looked at, and a
number that hides in one table hides in all of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from customers.models import Branch
from cvm.dashboards.small_cells import withheld
from cvm.ledger.books import Books
from segmentation.models import LedgerEntry, LedgerLine
from segmentation.queries import Vintage, county_books

EVERYWHERE = 0  # in place of a county: all the reader sees
FLOWS = {"opening": 1, "entered": 1, "returned": 1, "lost_off_network": -1, "lost_value": -1, "closing": -1}
RATED = ("base", "base_kept", "members", "kept", "added", "reached")
UNSHOWN = ("lost", "base_lost")  # nobody prints them, a subtraction tells them

Key = tuple[str, int, int]  # name of a number, month (or entry month), county (or month)
Values = dict[Key, int]
Sum = dict[Key, int]  # number -> sign, together nothing


@dataclass(frozen=True)
class Veil:
    """The numbers that hide, as (name, month, county); none for readers who may open lists."""

    gone: frozenset[Key] = frozenset()
    county: int = EVERYWHERE
    is_drawn: bool = False

    def hides(self, *names: str, month: int, county: int | None = None) -> bool:
        """Return whether one of these numbers of a month hides, in the county looked at or another."""
        place = self.county if county is None else county
        return any((name, month, place) in self.gone for name in names)

    def hides_vintage(self, name: str, entry: int, month: int = 0) -> bool:
        """Return whether a number of a vintage hides; of one county all of them do."""
        return self.is_drawn and (self.county != EVERYWHERE or (name, entry, month) in self.gone)


def veil_of(books: Books, *, county: Branch | None, vintages: list[Vintage]) -> Veil:
    """Return what hides of a cohort's books: the same whatever is looked at; `vintages` are those of all counties."""
    values = _numbers(books)
    sums: list[Sum] = []
    for month, place in sorted({(at[1], at[2]) for at in values}):
        sums += _of_place(values, month, place)
    sums += list(_of_counties(values))
    sums += list(_of_vintages(values, vintages))
    unshown = [key for key in values if key[0] in UNSHOWN or key[0] == "vintage_lost"]
    gone = withheld(values, sums, unshown=unshown)
    return Veil(frozenset(gone), county.pk if county else EVERYWHERE, is_drawn=True)


def _numbers(books: Books) -> Values:
    """Return every number by (name, month, county), with those of all counties together."""
    shown, _newest = books.lines(books.months, by=LedgerLine.By.COUNTY, county_ids=books.scope)
    entries = county_books({books.shown_by(month) for month in books.months}, year=books.year, county_ids=books.scope)
    values: Values = {}
    for (month, county), line in sorted(shown.items(), key=lambda item: item[0]):
        _add(values, month, county, {name: getattr(line, name) for name in FLOWS})
    for month in books.months:
        for county, entry in entries.get((books.shown_by(month), month), {}).items():
            _add(values, month, county, _rated(entry))
    return values


def _add(values: Values, month: int, county: int, numbers: dict[str, int]) -> None:
    for name, number in numbers.items():
        values[name, month, county] = number
        values[name, month, EVERYWHERE] = values.get((name, month, EVERYWHERE), 0) + number


def _rated(entry: LedgerEntry) -> dict[str, int]:
    return {
        **{name: getattr(entry, name) for name in RATED},
        "lost": entry.members - entry.kept,
        "base_lost": entry.base - entry.base_kept,
    }


def _of_place(values: Values, month: int, place: int) -> Iterator[Sum]:
    """Yield what holds within a month of one place, and from the month before to it."""
    signed = (
        FLOWS,
        {"kept": 1, "closing": -1},
        {"members": 1, "kept": -1, "lost": -1},
        {"base": 1, "base_kept": -1, "base_lost": -1},
    )
    for names in signed:
        yield from _known(values, {(name, month, place): sign for name, sign in names.items()})
    carried = (
        ({"opening": 1}, {"closing": -1}),
        ({"members": 1, "added": -1}, {"members": -1}),
        ({"base": 1}, {"base": -1}),
    )
    for now, before in carried:
        yield from _known(
            values,
            {(name, month, place): sign for name, sign in now.items()}
            | {(name, month - 1, place): sign for name, sign in before.items()},
        )


def _of_counties(values: Values) -> Iterator[Sum]:
    """Yield that the counties add up to what stands for all of them."""
    keys = sorted(values, key=str)
    for _at, group in itertools.groupby(sorted(keys, key=lambda key: (key[0], key[1])), key=lambda key: key[:2]):
        parts = list(group)
        if len(parts) > 1:
            yield {key: -1 if key[2] == EVERYWHERE else 1 for key in parts}


def _of_vintages(values: Values, found: list[Vintage]) -> Iterator[Sum]:
    """Yield that the kept and the lost of a vintage are its members, and all kept together the kept of the month.

    The numbers of the vintages are added to `values`.
    """
    by_month: dict[int, list[Vintage]] = {}
    for one in found:
        by_month.setdefault(one.month, []).append(one)
        values["vintage", one.entry, 0] = one.members
        values["vintage_kept", one.entry, one.month] = one.kept
        values["vintage_lost", one.entry, one.month] = one.members - one.kept
        yield {
            ("vintage", one.entry, 0): 1,
            ("vintage_kept", one.entry, one.month): -1,
            ("vintage_lost", one.entry, one.month): -1,
        }
    for month, ones in by_month.items():
        for name, whole in (("vintage_kept", "closing"), ("vintage", "members")):
            at = 0 if name == "vintage" else month
            yield from _known(values, {(name, one.entry, at): 1 for one in ones} | {(whole, month, EVERYWHERE): -1})


def _known(values: Values, one: Sum) -> Iterator[Sum]:
    if all(key in values for key in one):
        yield one
