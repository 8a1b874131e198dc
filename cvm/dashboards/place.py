"""Where a board looks: the run, the counties of the reader or the one chosen, and whether lists open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, QueryDict
from django.utils.translation import gettext as _

from customers.access import can, scope_of, staff_of
from customers.models import Branch, Run
from customers.queries import Matrix, cells_by_kind, counties_in
from cvm.directory import list_url
from segmentation.models import Band

BANDS = [Band.HIGH, Band.MID, Band.POTENTIAL, Band.LOW, Band.VERY_LOW]
MID_HIGH = (Band.MID, Band.HIGH)


@dataclass(frozen=True)
class Place:
    """The figures one reader sees on one address."""

    run: Run
    query: QueryDict
    counties: list[Branch]
    county: Branch | None
    county_ids: list[int] | None  # None: all of the run
    opens_lists: bool

    def cells(self, kinds: Iterable[str]) -> dict[str, Matrix]:
        """Return the cells of these kinds of rollup."""
        return cells_by_kind(self.run, county_ids=self.county_ids, kinds=kinds)

    def list_url(self, **filters: Any) -> str:
        """Return the list of exactly these customers; nothing for those who may not open lists."""
        if not self.opens_lists:
            return ""
        return list_url(**filters, county=self.county.pk if self.county else None)

    def address(self, **changes: str) -> str:
        """Return the query of this page with changes."""
        query = self.query.copy()
        for name, value in changes.items():
            query[name] = value
        return query.urlencode()


def place_of(request: HttpRequest, run: Run) -> Place:
    """Return where a request looks; raises Http404 for a county the reader does not see."""
    scope = scope_of(staff_of(request))
    counties = counties_in(scope)
    wanted = request.GET.get("county", "")
    county = next((county for county in counties if str(county.pk) == wanted), None)
    if wanted and county is None:
        raise Http404(_("No such county."))
    county_ids = [county.pk] if county else None if scope.is_everything else list(scope.county_ids)
    return Place(run, request.GET, counties, county, county_ids, can(request.user, "customers.list"))
