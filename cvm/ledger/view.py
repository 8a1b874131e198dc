"""What an address asks of the cohort's ledger: which cohort, which night, which counties, grouped how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Run, Staff, Standing
from cvm.dashboards.place import Place
from cvm.directory import list_url
from cvm.ledger import signed
from cvm.ledger.books import Books, Door, Row, books
from cvm.ledger.terms import LEDGER
from cvm.ledger.veil import Veil, veil_of
from cvm.lib.months import parse_label
from segmentation.models import Layer, LedgerLine
from segmentation.queries import LedgerMonth, Vintage, books_of, cohort_years, last_run_of, vintages
from segmentation.signed import PLACES

BY = LedgerLine.By
GROUPS = {"county": BY.COUNTY, "layer": BY.LAYER, "manager": BY.MANAGER}
GROUP_NAMES = (
    ("", gettext_lazy("Month by month")),
    ("county", gettext_lazy("By county")),
    ("layer", gettext_lazy("By layer")),
    ("manager", gettext_lazy("By phone manager")),
)
OPEN_TO_ALL = ("", "county")  # groupings whose small cells can be hidden so that none gives another away


@dataclass(frozen=True)
class View:
    """The books of one cohort for the counties looked at, grouped or month by month; `years` are all there are."""

    place: Place
    books: Books
    years: list[int]
    by: str
    month: int

    @property
    def year(self) -> int:
        return self.books.year

    @property
    def shut(self) -> str:
        """Return why no number here opens its customers; nothing where they do."""
        if not self.place.opens_lists:
            return _("Your role opens no lists of customers.")
        if self.place.is_past:
            return _("The lists of this night are gone: only those of the newest night open.")
        if self.is_uncounted:
            return _(
                "The packed bills of this cohort no longer reach back to it, and no signature kept these members: nobody can know who stood here."
            )
        return ""

    @property
    def is_uncounted(self) -> bool:
        """Return whether the night of the page counts this cohort no more: what it shows are the books of an older one."""
        return self.books.run.pk != self.place.run.pk

    def door(self, customers: int, *, is_signed: bool = False, **filters: Any) -> Door:
        """Return a number with the list of these customers of the cohort, by the newest night or by the signature."""
        if not self.place.opens_lists or self.place.is_past:
            return Door(customers)
        if is_signed or self.is_uncounted:
            return self._signed_door(customers, filters)
        if self.year != self.place.run.month.year:
            filters |= {name: f"{filters[name]}:{self.year}" for name in ("ledger", "entry") if name in filters}
        return Door(customers, self.place.list_url(**filters))

    def _signed_door(self, customers: int, filters: dict[str, Any]) -> Door:
        """Return a number with who stood in it at the signature; without a list where no signature says this number."""
        places = {name: [filters.pop(name)] for name in PLACES if name in filters}
        if self.place.county_ids is not None:
            places.setdefault("county", self.place.county_ids)
        at, _colon, what = filters.get("ledger", "").partition(":")
        month, entry = (parse_label(value) if value else None for value in (at, filters.get("entry", "")))
        ids = self.signatures.customers(what=LEDGER[what][0] if what else "", month=month, entry=entry, places=places)
        if ids is None or len(ids) != customers:
            return Door(customers)
        whose = f"{self.year}:{signed.said(places)}"
        url = list_url(**{name: f"{value}:{whose}" for name, value in filters.items()})
        return Door(customers, url, behind=self.listed.count(ids))

    @cached_property
    def signatures(self) -> signed.Signatures:
        """Return the members the signatures of this cohort kept."""
        return signed.Signatures(self.year)

    @cached_property
    def listed(self) -> signed.Listed:
        """Return whom the lists of this reader can show."""
        return signed.Listed(Standing.objects.filter(run=self.place.run).visible_to(self.place.reader))

    def rows(self) -> list[Row]:
        """Return the rows of the table of movements."""
        if not self.by:
            return self.books.rows(self.door)
        names = self._names()
        return self.books.groups(by=GROUPS[self.by], month=self.month, names=names, opens=self.door, parameter=self.by)

    @cached_property
    def veil(self) -> Veil:
        """Return what this reader does not see of these books."""
        if self.place.opens_lists:
            return Veil()
        return veil_of(self.books, county=self.place.county, vintages=self._vintages(self.books.scope))

    @cached_property
    def vintages(self) -> list[Vintage]:
        """Return how the members of each entry month stayed, by the newest night that knows them."""
        return self._vintages(self.books.county_ids)

    def _vintages(self, county_ids: list[int] | None) -> list[Vintage]:
        months = (self.books.months[0], self.books.months[-1])
        return vintages(self.books.run, year=self.year, months=months, county_ids=county_ids)

    def groupings(self) -> list[tuple[str, str]]:
        """Return the groupings this reader may ask for."""
        return [(name, str(words)) for name, words in GROUP_NAMES if self.place.opens_lists or name in OPEN_TO_ALL]

    def here(self, **changes: str) -> str:
        """Return the address of this page with changes; an empty value takes a parameter away."""
        query = self.place.query.copy()
        query.pop("file", None)
        for name, value in changes.items():
            if value:
                query[name] = value
            else:
                query.pop(name, None)
        return f"?{query.urlencode()}"

    def _names(self) -> dict[int, str]:
        if self.by == "county":
            return {county.pk: county.name for county in self.place.counties}
        if self.by == "layer":
            return {int(layer): str(layer.label) for layer in Layer}
        managers = Staff.objects.filter(role=Staff.Role.PHONE_MANAGER).order_by("branch_id", "username")
        return {manager.pk: str(manager) for manager in managers} | {0: _("No phone manager")}


def view_of(place: Place, query: QueryDict) -> View | None:
    """Return what a query asks, or None before the first books; raises Http404 for what is not there."""
    years = cohort_years(until=place.run.month.year)
    year = _year(query.get("year", ""), years)
    if year is None:
        return None
    run, known = _books_of(place, year)
    if run is None or not any(month.year == year for month in known):
        return None
    scope, by = [county.pk for county in place.counties], query.get("by", "")
    found = books(run, year=year, known=known, county_ids=place.county_ids, scope=scope)
    if by and (by not in GROUPS or (by not in OPEN_TO_ALL and not place.opens_lists)):
        raise Http404(_("No such grouping."))
    return View(place, found, years, by, _month(query.get("month", ""), found.months))


def _books_of(place: Place, year: int) -> tuple[Run | None, list[LedgerMonth]]:
    """Return the run whose books of a year are shown, this one or the last that kept them, and all its months."""
    known = books_of([place.run.pk], county_ids=place.county_ids).get(place.run.pk, [])
    if any(month.year == year for month in known):
        return place.run, known
    last = last_run_of(year, until=place.run)
    if last is None or last == place.run.pk:
        return (place.run if last else None), known
    return Run.objects.get(pk=last), books_of([last], county_ids=place.county_ids).get(last, [])


def _year(wanted: str, years: list[int]) -> int | None:
    if not wanted:
        return years[0] if years else None
    if not wanted.isdecimal() or int(wanted) not in years:
        raise Http404(_("No books of this cohort."))
    return int(wanted)


def _month(wanted: str, months: list[int]) -> int:
    if not wanted:
        return months[-1]
    try:
        month = parse_label(wanted)
    except ValueError as error:
        raise Http404(_("No such month.")) from error
    if month not in months:
        raise Http404(_("No such month."))
    return month
