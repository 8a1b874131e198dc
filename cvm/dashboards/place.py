"""Where a board looks: the run, the counties of the reader or the one chosen, and whether lists open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, QueryDict
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.access import can, scope_of, staff_of
from customers.models import Branch, Run, Staff
from customers.queries import Matrix, cells_by_kind, counties_in
from cvm.context import published_run
from cvm.dashboards.as_stood import ladder_filters, recounted
from cvm.dashboards.small_cells import any_small
from cvm.dashboards.tiles import Line, guarded
from cvm.directory import list_url
from segmentation.models import Band, TierPolicy
from segmentation.policies import from_row, policy_on
from segmentation.tiers import TierThresholds

BANDS = [Band.HIGH, Band.MID, Band.POTENTIAL, Band.LOW, Band.VERY_LOW]
MID_HIGH = (Band.MID, Band.HIGH)
MEMBERS_GONE = gettext_lazy(
    "These figures are counted from the customers of a night, and those of this one are gone: nights keep them for three days."
)


@dataclass(frozen=True)
class Place:
    """The figures one reader sees on one address."""

    run: Run
    reader: Staff
    query: QueryDict
    counties: list[Branch]
    county: Branch | None
    county_ids: list[int] | None  # None: all of the run
    opens_lists: bool
    policy: TierPolicy | None = None  # the ladder of another day, in place of the run's
    looks_back: bool = False  # whether the reader may ask for one

    def cells(self, kinds: Iterable[str]) -> dict[str, Matrix]:
        """Return the cells of these kinds of rollup."""
        found = cells_by_kind(self.run, county_ids=self.county_ids, kinds=kinds)
        if self.policy is None:
            return found
        return recounted(found, self.run, from_row(self.policy), county_ids=self.county_ids)

    @property
    def terms(self) -> TierThresholds:
        """Return the ladder these figures stand by."""
        return from_row(self.policy) if self.policy else TierThresholds(**self.run.plan["tier"])

    @property
    def policies(self) -> dict[str, Any]:
        """Return the versions of the policies these figures were counted with."""
        return self.run.policies | ({"tier": self.policy.version} if self.policy else {})

    @property
    def is_past(self) -> bool:
        """Return whether the address holds an earlier night: its figures stand, its lists are gone."""
        return not self.run.is_current

    def list_url(self, **filters: Any) -> str:
        """Return the list of exactly these customers; nothing for those who may not open lists."""
        if not self.opens_lists or self.is_past:
            return ""
        if self.policy is not None:
            filters = ladder_filters(self.policy.version, filters)
        return list_url(**({"county": self.county.pk if self.county else None} | filters))

    def shown(self, lines: list[Line], *, columns: Iterable[int], closes_rows: bool = False) -> list[Line]:
        """Return the lines as the reader may see them: whole, or without small cells (tiles.guarded)."""
        return lines if self.opens_lists else guarded(lines, columns=columns, closes_rows=closes_rows)

    def hides(self, *counts: int) -> bool:
        """Return whether numbers made of these counts hide: one of them is small, and the reader opens no lists."""
        return not self.opens_lists and any_small(counts)

    def address(self, **changes: str) -> str:
        """Return the query of this page with changes."""
        query = self.query.copy()
        for name, value in changes.items():
            query[name] = value
        return query.urlencode()

    @property
    def pinned(self) -> str:
        """Return the query that shows these very figures again, whatever nights follow."""
        return self.address(run=str(self.run.pk))


def place_of(request: HttpRequest, run: Run) -> Place:
    """Return where a request looks; raises Http404 for a county the reader does not see."""
    reader = staff_of(request)
    scope = scope_of(reader)
    counties = counties_in(scope)
    wanted = request.GET.get("county", "")
    county = next((county for county in counties if str(county.pk) == wanted), None)
    if wanted and county is None:
        raise Http404(_("No such county."))
    county_ids = [county.pk] if county else None if scope.is_everything else list(scope.county_ids)
    looks_back = can(request.user, "tiers.view")
    return Place(
        run=run,
        reader=reader,
        query=request.GET,
        counties=counties,
        county=county,
        county_ids=county_ids,
        opens_lists=can(request.user, "customers.list"),
        policy=_stood(request.GET.get("stood", "")) if looks_back else None,
        looks_back=looks_back,
    )


def run_of(request: HttpRequest) -> Run | None:
    """Return the published run, or the earlier one an address holds (`run`); raises Http404 for none that was."""
    current, wanted = published_run(request), request.GET.get("run", "")
    if not wanted or (current is not None and wanted == str(current.pk)):
        return current
    found = Run.objects.filter(pk=int(wanted), status=Run.Status.PUBLISHED).first() if wanted.isdecimal() else None
    if found is None:
        raise Http404(_("No such night."))
    return found


def _stood(wanted: str) -> TierPolicy | None:
    """Return the ladder in force at the end of a day; raises Http404 where none was."""
    if not wanted:
        return None
    try:
        day = parse_date(wanted)
    except ValueError:
        day = None
    policy = policy_on(day) if day else None
    if policy is None:
        raise Http404(_("No ladder was in force on that day."))
    return policy
