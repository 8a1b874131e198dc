"""The numbers of the ledger in an address: read, found, and said in words."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Standing
from customers.queries import one_of
from cvm.ledger import signed
from cvm.lib.months import parse_label

# a number of the cohort's ledger in the address -> its name in segmentation.movements, and its words
LEDGER = {
    "opening": ("opening", gettext_lazy("kept at the month's opening")),
    "entered": ("entered", gettext_lazy("entered in the month")),
    "returned": ("returned", gettext_lazy("returned in the month")),
    "lost_off": ("lost_off_network", gettext_lazy("lost off network in the month")),
    "lost_value": ("lost_value", gettext_lazy("lost by value in the month")),
    "closing": ("closing", gettext_lazy("kept at the month's end")),
    "members": ("members", gettext_lazy("members at the month's end")),
}


def ledger_cell(value: str) -> tuple[int, str, int | None, signed.Places | None]:
    """Return month, number, year and signed places of an address of the ledger; raises ValueError."""
    month, _colon, rest = value.partition(":")
    what, _colon, whose = rest.partition(":")
    if what not in LEDGER:
        raise ValueError(value)
    return (parse_label(month), LEDGER[what][0], *_whose(whose))


def entry_cell(value: str) -> tuple[int, int | None, signed.Places | None]:
    """Return month, year and signed places of an address of an entry; raises ValueError."""
    month, _colon, whose = value.partition(":")
    return (parse_label(month), *_whose(whose))


def _whose(value: str) -> tuple[int | None, signed.Places | None]:
    year, _colon, part = value.partition(":")
    places = signed.heard(part)
    if places is not None and not year:
        raise ValueError(value)
    return _year(year), places


def signed_in(
    standings: QuerySet[Standing],
    year: int | None,
    *,
    what: str,
    month: int | None,
    entry: int | None,
    places: signed.Places,
) -> QuerySet[Standing]:
    """Keep who stood in a number of a signed month, or entered in a month; see Signatures.customers."""
    ids = signed.Signatures(year or 0).customers(what=what, month=month, entry=entry, places=places)
    return standings.none() if ids is None else standings.filter(one_of("customer_id", ids))


def _year(value: str) -> int | None:
    """Return the year of a cohort in an address, None where it says none; raises ValueError."""
    if value and not (len(value) == 4 and value.isdecimal()):
        raise ValueError(value)
    return int(value) if value else None


def ledger_words(value: str) -> str:
    """Return a number of the ledger in an address in words, for the chip above a list."""
    month, _colon, rest = value.partition(":")
    what, _colon, whose = rest.partition(":")
    year, _colon, part = whose.partition(":")
    if what not in LEDGER:
        return value
    cohort = [_("cohort %(year)s") % {"year": year}] if year else []
    return " · ".join([month, str(LEDGER[what][1]), *cohort, *signed.in_words(part)])
