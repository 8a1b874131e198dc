"""The customer list: filters from the address, an exact count, pages by position, masked rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from customers.access import Scope, can, requires, scope_of
from customers.masking import sees_value
from customers.models import Branch, Run, Standing
from customers.queries import cell_count, counties_in
from cvm.context import published_run
from cvm.filters import DEFAULT_SORT, SORTS, StandingFilter
from cvm.paging import BadCursor, Page, read_page
from lifecycle.models import MomentKind

PAGE_SIZE = 50
POSITION = ("after", "before")
SORT_LABELS = {
    "-kept": gettext_lazy("Expected kept revenue"),
    "-value": gettext_lazy("Value"),
    "-risk": gettext_lazy("Risk"),
    "tenure": gettext_lazy("Tenure"),
}
# Which rollup answers which pair of filters: kind, its row, its column, only customers on the network
CELLS = (
    ("band_stage", "band", "stage", False),
    ("band_previous", "previous_band", "band", False),
    ("warning_band", "warning", "band", True),
    ("layer_code", "layer", "code", True),
    ("state", "state", "", False),
)


@dataclass(frozen=True)
class Chip:
    """One active filter in words, and the list without it."""

    label: str
    value: str
    url: str


@dataclass(frozen=True)
class Choice:
    """One value a filter can take."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class Select:
    """One filter of the bar with its values."""

    name: str
    label: str
    choices: list[Choice]


@require_safe
@requires("customers.list")
def customer_list(request: HttpRequest) -> HttpResponse:
    """Show the customers the address asks for; htmx gets the result part only."""
    run = published_run(request)
    if run is None:
        return render(request, "customers/list.html", {"is_before_first_night": True})
    wanted = StandingFilter(request.GET, Standing.objects.filter(run=run).visible_to(request.user), request=request)
    if not wanted.is_valid():
        return render(request, "customers/list.html", _refused(wanted), status=400)
    scope = scope_of(request.user)
    counties = counties_in(scope)
    context = _bar(request, wanted, counties=counties) | _result(request, run, wanted, scope=scope, counties=counties)
    if not request.htmx:
        return render(request, "customers/list.html", context)
    response = render(request, "customers/_result.html", context)
    response["HX-Push-Url"] = _with(wanted.data, {})
    return response


def list_url(**filters: Any) -> str:
    """Return the address of the list with these filters; None is left out, a sequence means either value."""
    given = {name: value for name, value in filters.items() if value is not None}
    query = urlencode(given, doseq=True)
    return f"{reverse('customers')}?{query}" if query else reverse("customers")


def _refused(wanted: StandingFilter) -> dict[str, Any]:
    return {"problems": [f"{name}: {error}" for name, errors in wanted.errors.items() for error in errors]}


def _result(
    request: HttpRequest, run: Run, wanted: StandingFilter, *, scope: Scope, counties: list[Branch]
) -> dict[str, Any]:
    page = _page(request, wanted)
    number = exact_count(run, wanted, scope=scope)
    names = {county.pk: county.name for county in counties}
    for row in page.rows:
        row.county_name = names.get(row.county_id, "")
    return {
        "rows": page.rows,
        "number": number,
        "page": _pager(wanted.data, page, number=number),
        "sorts": _sorts(wanted.data, page.sort),
        "chips": _chips(wanted.data, wanted, counties=counties),
        "run": run,
        "sees_value": sees_value(request.user),
        "opens_customers": can(request.user, "customers.view"),
    }


def _page(request: HttpRequest, wanted: StandingFilter) -> Page:
    try:
        return read_page(
            wanted.qs.select_related("customer__manager"),
            sort=wanted.data.get("sort", DEFAULT_SORT),
            size=PAGE_SIZE,
            after=wanted.data.get("after", ""),
            before=wanted.data.get("before", ""),
        )
    except BadCursor as error:
        raise Http404(_("No such position in the list.")) from error


def exact_count(run: Run, wanted: StandingFilter, *, scope: Scope) -> int:
    """Return how many customers match: out of the rollups when a cell says it, else counted."""
    chosen = _chosen(wanted)
    kind = None if scope.manager_id is not None else _cell_kind(chosen)
    if kind is None:
        return wanted.qs.order_by().count()
    name, row, column, _on_network = kind
    counties = [int(county) for county in chosen.get("county", ())] or (
        None if scope.is_everything else list(scope.county_ids)
    )
    if counties and not scope.is_everything and not set(counties) <= set(scope.county_ids):
        return 0
    return cell_count(run, kind=name, rows=chosen.get(row, ()), columns=chosen.get(column, ()), county_ids=counties)


def _chosen(wanted: StandingFilter) -> dict[str, list[Any]]:
    """Return the filters in use with their values as lists."""
    cleaned: Mapping[str, Any] = wanted.form.cleaned_data
    used = {name: value for name, value in cleaned.items() if value not in (None, "", [])}
    return {name: value if isinstance(value, list) else [value] for name, value in used.items()}


def _cell_kind(chosen: Mapping[str, list[Any]]) -> tuple[str, str, str, bool] | None:
    names = set(chosen) - {"county"}
    on_network = chosen.get("in_network") == [True]
    if "in_network" in names and not on_network:
        return None
    for kind in CELLS:
        _name, row, column, is_network_only = kind
        if names - {"in_network"} <= {row, column} and is_network_only == on_network:
            return kind
    return None


def _pager(query: QueryDict, page: Page, *, number: int) -> dict[str, str]:
    showing = ngettext("%(count)s customer", "%(count)s customers", number) % {"count": f"{number:,}"}
    return {
        "showing": showing,
        "first_url": _with(query, {}) if page.has_previous else "",
        "previous_url": _with(query, {"before": page.before}) if page.has_previous and page.rows else "",
        "next_url": _with(query, {"after": page.after}) if page.has_next else "",
    }


def _with(query: QueryDict, changes: Mapping[str, str], *, without: tuple[str, str] | None = None) -> str:
    """Return the list's address with changes, back at the first page; `without` drops one value of one filter."""
    changed = query.copy()
    for name in POSITION:
        changed.pop(name, None)
    for name, value in changes.items():
        changed[name] = value
    if without:
        changed.setlist(without[0], [value for value in changed.getlist(without[0]) if value != without[1]])
    text = changed.urlencode()
    return f"{reverse('customers')}?{text}" if text else reverse("customers")


def _sorts(query: QueryDict, current: str) -> dict[str, dict[str, Any]]:
    """Return the sorts by the name of their column, for the heads of the table."""
    return {
        SORTS[sort][0]: {
            "url": _with(query, {"sort": sort}),
            "label": label,
            "is_current": sort == current,
            "direction": "descending" if SORTS[sort][1] else "ascending",
        }
        for sort, label in SORT_LABELS.items()
    }


def _chips(query: QueryDict, wanted: StandingFilter, *, counties: list[Branch]) -> list[Chip]:
    labels = {"county": {str(county.pk): county.name for county in counties}}
    chips = []
    for name, filter_ in wanted.filters.items():
        known = labels.get(name) or {str(key): str(label) for key, label in filter_.extra.get("choices", ())}
        for value in filter(None, query.getlist(name)):
            shown = known.get(value, value)
            chips.append(Chip(str(filter_.label), shown, _with(query, {}, without=(name, value))))
    return chips


def _bar(request: HttpRequest, wanted: StandingFilter, *, counties: list[Branch]) -> dict[str, Any]:
    several = {name for name, values in wanted.data.lists() if len(values) > 1}  # a select holds one; chips show these
    names = [name for name in ("band", "stage", "warning", "layer", "code") if name in wanted.filters]
    selects = [
        _select(name, wanted.filters[name], wanted.filters[name].extra["choices"], wanted.data) for name in names
    ]
    places = [(county.pk, county.name) for county in counties]
    kinds = [(kind.code, kind.name) for kind in MomentKind.objects.filter(is_enabled=True).order_by("bit")]
    selects.append(_select("moment", wanted.filters["moment"], kinds, wanted.data))
    if len(places) > 1:
        selects.insert(0, _select("county", wanted.filters["county"], places, wanted.data))
    selects = [select for select in selects if select.name not in several]
    shown = {select.name for select in selects} | {"q", *POSITION}
    kept = [(name, value) for name, values in wanted.data.lists() if name not in shown for value in values]
    return {
        "selects": selects,
        "words": wanted.data.get("q", ""),
        "kept": kept,
        "names": can(request.user, "customers.see_name"),
    }


def _select(name: str, filter_: Any, choices: Any, query: QueryDict) -> Select:
    chosen = query.getlist(name)
    found = [Choice(str(value), str(label), str(value) in chosen) for value, label in choices]
    return Select(name, str(filter_.label), found)
