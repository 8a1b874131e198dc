"""The cohort in short, for the overview: its rates, where its members stand, and the newest corner of the triangle."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.http import QueryDict
from django.utils.translation import gettext as _

from customers.queries import Matrix, total
from cvm.context import address
from cvm.dashboards.overview import counted
from cvm.dashboards.place import Place
from cvm.dashboards.showing import Figure
from cvm.dashboards.tiles import Entry, Table, Tile
from cvm.definitions.catalogue import define
from cvm.ledger.veil import Veil
from cvm.ledger.view import View, view_of
from cvm.ledger.vintage_tiles import vintages_table
from cvm.lib.months import label
from segmentation.models import CohortState
from segmentation.queries import LedgerMonth

MONTH_ENDS = 4  # of the triangle, beside the pyramid


@dataclass(frozen=True)
class Short:
    """The books of a run's newest cohort as the run itself tells them, signed or not."""

    view: View
    months: list[LedgerMonth]
    members: Matrix  # rows: CohortState
    place: Place

    @property
    def newest(self) -> LedgerMonth:
        return self.months[-1]

    @property
    def veil(self) -> Veil:
        return self.view.veil

    @property
    def hides(self) -> bool:
        """Return whether this reader sees no members: one of their states is small."""
        is_veiled = self.veil.hides("members", "kept", month=self.newest.month)
        return is_veiled or self.place.hides(*(number for _state, number in self.states))

    @property
    def hides_base(self) -> bool:
        return self.veil.hides("base", "base_kept", month=self.newest.month)

    @property
    def states(self) -> list[tuple[CohortState, int]]:
        """Return where the members stand now."""
        known = [state for state in CohortState if state != CohortState.OUTSIDE]
        return [(state, total(self.members, row=state).customers) for state in known]


def cohort_of(place: Place, members: Matrix) -> Short | None:
    """Return the cohort of the year, None before its first month has closed."""
    # the books stand by the terms of their cohort: no ladder of another day has a say
    view = view_of(replace(place, policy=None), QueryDict())
    if view is None or view.books.run.pk != place.run.pk:
        return None
    months = [month for month in view.books.known[place.run.pk] if month.year == view.year]
    return Short(view, months, members, place)


def figures(cohort: Short) -> list[Figure]:
    """Return the two rates read first."""
    static, _dynamic, revenue = _rates(cohort)
    return [
        Figure(define("ledger.kpi-static-retention"), static, hint=_("of the base")),
        Figure(define("ledger.kpi-revenue-retention"), revenue, hint=label(cohort.newest.month)),
    ]


def cohort_tile(cohort: Short | None) -> Tile:
    """Return the rates, the states of the members, and how the newest month ends kept each entry month."""
    definition = define("overview.cohort", tail=define("ledger.vintages"))
    if cohort is None:
        note = _("No ledger yet: the cohort's first month has not closed.")
        return Tile("cohort", _("Cohort"), definition, Table(_("Cohort"), [], []), note=note)
    names = (_("static retention"), _("dynamic retention"), _("revenue retention"))
    query = f"?county={cohort.place.county.pk}" if cohort.place.county else ""
    return Tile(
        name="cohort",
        title=_("Cohort %(year)s") % {"year": cohort.newest.year},
        definition=definition,
        table=vintages_table(cohort.view, months=cohort.view.books.months[-MONTH_ENDS:], places=1),
        pairs=tuple(zip(_rates(cohort), names, strict=True)),
        facts=_facts(cohort),
        is_heat=True,
        more=(address("ledger") + query, _("Open the cohort ledger")),
    )


def _rates(cohort: Short) -> tuple[Entry, Entry, Entry]:
    newest = cohort.newest
    return (
        Entry(newest.static_rate, "percent", is_hidden=cohort.hides_base),
        Entry(newest.dynamic_rate, "percent", is_hidden=cohort.hides),
        Entry(newest.revenue_rate, "percent", is_hidden=cohort.hides_base),
    )


def _facts(cohort: Short) -> tuple[tuple[Entry, str], ...]:
    """Return what the rates are made of, each number with its customers."""
    newest, place = cohort.newest, cohort.place
    base = label(newest.base_entry)

    def entry(customers: int, *, hides: bool, **filters: object) -> Entry:
        return replace(counted(customers, place, **filters), is_hidden=hides)

    states = [
        (entry(number, hides=cohort.hides, cohort=int(state)), str(state.label)) for state, number in cohort.states
    ]
    whole = entry(
        sum(number for _s, number in cohort.states), hides=cohort.hides, cohort=[int(s) for s, _n in cohort.states]
    )
    return (
        (entry(newest.base_kept, hides=cohort.hides_base, entry=base, cohort=int(CohortState.RETAINED)), _("of the base kept")),
        (entry(newest.base, hides=cohort.hides_base, entry=base), _("in the base")),
        (whole, _("members")),
        *states,
        (Entry(newest.base_revenue_fen, "yuan", is_hidden=cohort.hides_base), _("bills of the base kept")),
    )  # fmt: skip
