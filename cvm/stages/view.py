"""What an address asks of the stages: two months, whose customers, what is shown; the page and the API read it alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.functional import cached_property

from customers.access import scope_of, staff_of
from customers.models import Branch, Run, Standing
from cvm.directory.bar import Chip, chips
from cvm.filters import StandingFilter
from cvm.kept_paths import kept_paths
from cvm.lib.months import month_of, parse_label
from cvm.night import partition
from cvm.stages import measures
from cvm.stages.flow import Flows, Paths, flows, read_paths
from cvm.stages.measures import Measures
from lifecycle.queries import told_of
from lifecycle.stage_terms import term

OWN = ("from", "to", "show", "file", "run")  # parameters of the page; all the others are filters of the customer list
CUSTOMERS, REVENUE, BOTH = "customers", "revenue", "both"


class UnknownQuestion(ValueError):
    """The address asks for a month, a filter or a way to show that does not exist; `name` is the parameter."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True)
class View:
    """Two months (ordinals) of a list of customers; `months` are all there are, the newest first."""

    run: Run
    months: list[int]
    start: int
    end: int
    show: str
    wanted: StandingFilter
    county_ids: list[int] | None  # the counties the figures are of; None: all of the run

    @property
    def newest(self) -> int:
        return self.months[0]

    @property
    def filters(self) -> dict[str, list[str]]:
        """Return the filters beside the county, as the list takes them."""
        known = self.wanted.filters
        return {name: values for name, values in self.wanted.data.lists() if name in known and name != "county"}

    @property
    def is_whole(self) -> bool:
        """Tell whether everybody in the counties is meant."""
        return not self.filters and scope_of(staff_of(self.wanted.request)).manager_id is None

    def terms(self, *at: tuple[int, Iterable[int]]) -> dict[str, Any]:
        """Return the filters of the list of whoever was in these stages at these month ends."""
        stages = [term(month, *found) for month, found in at]
        return self.filters | {"stage_at": [*self.filters.get("stage_at", []), *stages]}

    @cached_property
    def paths(self) -> Paths:
        """Return the stages of the customers of the list, read once; of whole counties they are kept."""
        if self.is_whole and (kept := kept_paths(self.run, county_ids=self.county_ids)) is not None:
            return Paths(kept["customer_id"], kept["stage_path"], kept["cum3_fen"])
        return read_paths(self.wanted.qs)

    @cached_property
    def has_members(self) -> bool:
        """Return whether the customers of the night are still kept."""
        return partition.has_members(self.run)

    def flows(self) -> Flows:
        """Return who went where; nothing where there are no two months in order, or nobody can tell any more."""
        if self.start >= self.end:
            return {}
        if not self.has_members:
            is_counted = not self.filters and (self.newest - self.start, self.newest - self.end) == (1, 0)
            return measures.newest_flow(self.run, county_ids=self.county_ids) if is_counted else {}
        return flows(self.paths, newest=self.newest, start=self.start, end=self.end)

    def measures(self, *, whole_counties: bool) -> Measures | None:
        """Return the measures: as the night counted them for a reader of whole counties, else from the paths."""
        if whole_counties and not self.filters:
            return measures.of_counties(self.run, county_ids=self.county_ids)
        if not self.has_members:
            return None
        return measures.of_paths(self.paths, months=len(self.months))

    def chips(self, counties: list[Branch], *, without: Iterable[str] = ()) -> list[Chip]:
        """Return the filters in words, but for those the page says otherwise."""
        hidden = {str(self.wanted.filters[name].label) for name in ("county", *without) if name in self.wanted.filters}
        return [chip for chip in chips(self.wanted, counties=counties) if chip.label not in hidden]


def view_of(request: Any, query: QueryDict, run: Run, *, county_ids: list[int] | None) -> View:
    """Return what a query asks; raises UnknownQuestion."""
    now = month_of(run.month)
    months = [now - back for back in range(told_of(run))]
    start = _month(query, "from", months[1:], default=months[min(1, len(months) - 1)])
    end = _month(query, "to", months[:-1], default=months[0])
    show = query.get("show", "") or BOTH
    if show not in (CUSTOMERS, REVENUE, BOTH):
        raise UnknownQuestion("show")
    asked = query.copy()
    for name in OWN:
        asked.pop(name, None)
    wanted = StandingFilter(asked, Standing.objects.filter(run=run).visible_to(staff_of(request)), request=request)
    if not wanted.is_valid():
        raise UnknownQuestion(next(iter(wanted.errors)))
    return View(run, months, start, end, show, wanted, county_ids)


def _month(query: QueryDict, name: str, months: list[int], *, default: int) -> int:
    wanted = query.get(name, "")
    try:
        month = parse_label(wanted) if wanted else default
    except ValueError as error:
        raise UnknownQuestion(name) from error
    if wanted and month not in months:
        raise UnknownQuestion(name)
    return month
