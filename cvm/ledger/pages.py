"""The page of the cohort's ledger and its file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from customers.access import can, requires, scope_of, staff_of
from customers.models import Branch, Run, Staff
from customers.queries import counties_in
from cvm.context import published_run
from cvm.directory import list_url
from cvm.exports.tables import csv_answer
from cvm.ledger.books import COLUMNS, Address, Books, Row, books, total
from cvm.ledger.triangle import triangle
from cvm.ledger.years import years
from cvm.lib.months import label, parse_label
from segmentation.closing import is_intact
from segmentation.models import Layer, LedgerLine
from segmentation.queries import ledger_months, vintages

BY = LedgerLine.By
GROUPS = {"county": BY.COUNTY, "layer": BY.LAYER, "manager": BY.MANAGER}
GROUP_NAMES = (
    ("", gettext_lazy("Month by month")),
    ("county", gettext_lazy("By county")),
    ("layer", gettext_lazy("By layer")),
    ("manager", gettext_lazy("By phone manager")),
)


@dataclass(frozen=True)
class View:
    """What the address asks for: the books of the counties looked at, grouped or month by month."""

    books: Books
    counties: list[Branch]
    county: Branch | None
    by: str
    month: int
    address: Address

    def rows(self) -> list[Row]:
        """Return the rows of the table of movements."""
        if not self.by:
            return self.books.rows(self.address)
        names = self._names()
        return self.books.groups(
            by=GROUPS[self.by], month=self.month, names=names, address=self.address, parameter=self.by
        )

    def _names(self) -> dict[int, str]:
        if self.by == "county":
            return {county.pk: county.name for county in self.counties}
        if self.by == "layer":
            return {int(layer): str(layer.label) for layer in Layer}
        managers = Staff.objects.filter(role=Staff.Role.PHONE_MANAGER).order_by("branch_id", "username")
        return {manager.pk: str(manager) for manager in managers} | {0: _("No phone manager")}


@require_safe
@requires("dashboard.view")
def ledger(request: HttpRequest) -> HttpResponse:
    """Show the books of the newest cohort: movements, rates, vintages, signatures."""
    run = published_run(request)
    view = _view(request, run) if run else None
    if run is None or view is None:
        return render(request, "ledger/empty.html", {"has_night": run is not None})
    rows, found = view.rows(), view.books
    rates = found.rates(view.address)
    months = (found.months[0], found.months[-1])
    kept = vintages(run, year=found.year, months=months, county_ids=found.county_ids)
    newest_close = max(found.closes.values(), key=lambda close: close.month, default=None)
    context = {
        "run": run,
        "view": view,
        "rows": rows,
        "sum": total(rows, view.address, month=view.month, words=_("Total")) if view.by else None,
        "columns": [head for _name, _field, head in COLUMNS],
        "groups": [(words, _here(view, by=name), name == view.by) for name, words in GROUP_NAMES],
        "months": [(month, label(month)) for month in reversed(found.months)],
        "file_url": _here(view, by=view.by, month=label(view.month), name="ledger-file"),
        "rates": rates,
        "newest": rates[-1] if rates else None,
        "years": years(found),
        "triangle": triangle(kept, months=found.months, year=found.year, address=view.address),
        "closes": sorted(found.closes.values(), key=lambda close: close.month, reverse=True),
        "newest_close": newest_close,
        "is_intact": newest_close is None or is_intact(newest_close),
        "closable": label(found.months[-1]) if _may_close(request, found) else "",
    }
    return render(request, "ledger/page.html", context)


@require_safe
@requires("dashboard.view")
def file(request: HttpRequest) -> HttpResponse:
    """Send the table of movements as it is shown; a restated line follows the signed one."""
    run = published_run(request)
    view = _view(request, run) if run else None
    if run is None or view is None:
        raise Http404(_("There are no books yet."))
    return csv_answer(_file_rows(view, run), name=f"cohort-ledger-{view.books.year}.csv")


def _file_rows(view: View, run: Run) -> Iterator[list[Any]]:
    said = {"year": view.books.year, "day": run.as_of.isoformat(), "run": run.pk}
    yield [_("Cohort %(year)s, as of %(day)s, night %(run)s") % said]
    heads = (str(head).strip("+−= ") for _n, _f, head in COLUMNS)
    yield [label(view.month) if view.by else _("Month"), _("State"), *heads, _("Bills of the kept (yuan)")]
    for row in view.rows():
        yield _cells(row, _("closed") if row.is_closed else _("open"), row.line)
        if row.is_restated:
            yield _cells(row, _("restated"), row.newest)


def _cells(row: Row, state: str, line: Any) -> list[Any]:
    figures = (getattr(line, name) for _name, name, _head in COLUMNS)
    return [row.label, state, *figures, Decimal(line.revenue_fen).scaleb(-2)]


def _view(request: HttpRequest, run: Run) -> View | None:
    """Return what the address asks for, or None before the first books. Raises Http404 for what is not there."""
    scope = scope_of(staff_of(request))
    counties = counties_in(scope)
    county = _one(counties, request.GET.get("county", ""))
    county_ids = [county.pk] if county else None if scope.is_everything else list(scope.county_ids)
    months = ledger_months(run, county_ids=county_ids)
    if not months or not LedgerLine.objects.filter(run=run).exists():
        return None  # before the first cohort, or a night from before there were lines
    found, by = books(run, months=months, county_ids=county_ids), request.GET.get("by", "")
    if by and by not in GROUPS:
        raise Http404(_("No such grouping."))
    return View(
        books=found,
        counties=counties,
        county=county,
        by=by,
        month=_month(request.GET.get("month", ""), found.months),
        address=_address(request, county),
    )


def _one(counties: list[Branch], wanted: str) -> Branch | None:
    found = next((county for county in counties if str(county.pk) == wanted), None)
    if wanted and found is None:
        raise Http404(_("No such county."))
    return found


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


def _address(request: HttpRequest, county: Branch | None) -> Address:
    """Return how to address a list; no address at all for those who may not open lists."""
    if not can(request.user, "customers.list"):
        return lambda **filters: ""
    return lambda **filters: list_url(**({"county": county.pk if county else None} | filters))


def _here(view: View, *, by: str, month: str = "", name: str = "ledger") -> str:
    query = QueryDict(mutable=True)
    chosen = {"by": by, "month": month if by else "", "county": str(view.county.pk) if view.county else ""}
    query.update({key: value for key, value in chosen.items() if value})
    return f"{reverse(name)}?{query.urlencode()}" if query else reverse(name)


def _may_close(request: HttpRequest, found: Books) -> bool:
    """Return whether the reader may sign, and there is something to sign. An administrator signs for the branch."""
    return can(request.user, "ledger.close") and found.months[-1] not in found.closes
