"""The list as a page: rows of the published run by position, chosen columns, masked cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from customers.access import can, requires, scope_of, staff_of
from customers.models import Run, Standing
from customers.queries import counties_in
from cvm import cells, columns
from cvm.call_lists.forms import CallListForm
from cvm.columns import Column, UnknownColumn
from cvm.context import published_run
from cvm.directory import saved_views
from cvm.directory.addresses import changed, query_with
from cvm.directory.bar import bar, chips
from cvm.directory.counting import exact_count
from cvm.filters import DEFAULT_SORT, SORTS, StandingFilter
from cvm.paging import BadCursor, Page, read_page
from cvm.segments.from_list import rule_of

PAGE_SIZE = 50


@dataclass(frozen=True)
class Head:
    """The head of a column: its words, and the list in the order of this column where it has one."""

    label: str | Promise
    is_number: bool
    url: str
    direction: str  # for aria-sort; empty for every column but the one the list is sorted by


@require_safe
@requires("customers.list")
def customer_list(request: HttpRequest) -> HttpResponse:
    """Show the customers the address asks for; htmx gets the result part only."""
    run = published_run(request)
    if run is None:
        return render(request, "customers/list.html", {"is_before_first_night": True})
    wanted = StandingFilter(
        request.GET, Standing.objects.filter(run=run).visible_to(staff_of(request)), request=request
    )
    try:
        shown = columns.chosen(wanted.data, user=request.user)
    except UnknownColumn as error:
        return _refused(request, [_("There is no column %(name)s.") % {"name": error}])
    if not wanted.is_valid():
        return _refused(request, [f"{name}: {error}" for name, errors in wanted.errors.items() for error in errors])
    counties = counties_in(scope_of(staff_of(request)))
    context = bar(wanted, counties=counties) | {"chips": chips(wanted, counties=counties)}
    context |= _result(request, run, wanted, shown=shown) | _tools(request, wanted, shown=shown)
    if not request.htmx:
        return render(request, "customers/list.html", context)
    response = render(request, "customers/_result.html", context)
    response["HX-Push-Url"] = changed(wanted.data, {})
    return response


def _refused(request: HttpRequest, problems: list[str]) -> HttpResponse:
    return render(request, "customers/list.html", {"problems": problems}, status=400)


def _result(request: HttpRequest, run: Run, wanted: StandingFilter, *, shown: list[Column]) -> dict[str, Any]:
    number = exact_count(run, wanted, scope=scope_of(staff_of(request)))
    page = _page(run, wanted, shown, number=number)
    names = cells.names_for(shown, reader=request.user, run=run)
    if any(column.name == "tags" for column in shown):
        cells.add_tags(names, page.rows, on=timezone.localdate())
    return {
        "rows": page.rows,
        "lines": [(row, [(column, cells.shown(column, row, names)) for column in shown]) for row in page.rows],
        "number": number,
        "page": _pager(wanted.data, page, number=number),
        "heads": [_head(wanted.data, column, current=page.sort) for column in shown],
        "run": run,
        "opens_customers": can(request.user, "customers.view"),
    }


def _page(run: Run, wanted: StandingFilter, shown: list[Column], *, number: int) -> Page:
    sort = wanted.data.get("sort", DEFAULT_SORT)
    try:
        return read_page(
            wanted.qs,
            run=run,
            fields=columns.fields_of(shown),
            number=number,
            sort=sort,
            size=PAGE_SIZE,
            after=wanted.data.get("after", ""),
            before=wanted.data.get("before", ""),
        )
    except BadCursor as error:
        raise Http404(_("No such position in the list.")) from error


def _tools(request: HttpRequest, wanted: StandingFilter, *, shown: list[Column]) -> dict[str, Any]:
    """Return the menus above the table: columns, saved views, and the way to a file."""
    query = query_with(wanted.data, {})
    kept = [(name, value) for name, values in QueryDict(query).lists() if name != columns.PARAMETER for value in values]
    return {
        "picker": [(column, column in shown) for column in columns.allowed(request.user)],
        "picker_kept": kept,
        "usual_columns_url": changed(wanted.data, {columns.PARAMETER: ""}),
        "views": saved_views.menu(staff_of(request), current=query),
        "query": query,
        "exports": can(request.user, "exports.create"),
        "call_list_form": CallListForm(initial={"query": query}) if can(request.user, "call_lists.make") else None,
        "segment_url": _segment_url(request, query),
        "experiment_url": f"{reverse('experiment-new')}?{query}" if can(request.user, "experiments.run") else "",
    }


def _segment_url(request: HttpRequest, query: str) -> str:
    """Return where these filters become a segment; nothing where they cannot, or not by this person."""
    if not can(request.user, "segments.edit") or rule_of(QueryDict(query)) is None:
        return ""
    return f"{reverse('segment-new')}?{query}"


def _pager(query: QueryDict, page: Page, *, number: int) -> dict[str, str]:
    showing = ngettext("%(count)s customer", "%(count)s customers", number) % {"count": f"{number:,}"}
    return {
        "showing": showing,
        "first_url": changed(query, {}) if page.has_previous else "",
        "previous_url": changed(query, {"before": page.before}) if page.has_previous and page.rows else "",
        "next_url": changed(query, {"after": page.after}) if page.has_next else "",
    }


def _head(query: QueryDict, column: Column, *, current: str) -> Head:
    if not column.sort:
        return Head(column.label, column.is_number, "", "")
    direction = "descending" if SORTS[column.sort][1] else "ascending"
    url = changed(query, {"sort": column.sort})
    return Head(column.label, column.is_number, url, direction if column.sort == current else "")
