"""Reads of the cohort's ledger as the published run wrote it."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from customers.models import Rollup, Run, Standing
from segmentation.models import Cohort, CohortPath, CohortState, LedgerEntry, LedgerLine
from segmentation.movements import path_bits
from segmentation.rates import rate, revenue_rate

COUNTS = ("base", "base_kept", "added", "members", "kept", "lost_off_network", "lost_value", "reached")
MOVEMENTS = ("opening", "entered", "returned", "lost_off_network", "lost_value", "closing", "revenue_fen")
MONEY = ("base_revenue_fen", "base_window_fen")


ALARM_PERCENT = 5  # month on month, DOMAIN 4.3

# rollups of the vintages, written by cvm/night/vintages.py: row = year × YEAR_STEP + months from the base to the entry
VINTAGE, VINTAGE_KEPT = "vintage", "vintage_kept"
YEAR_STEP = 100

# The paths are few: customers are counted by path first, and only the paths meet the months.
PATHS = """
    select cohort_entry, cohort_path, count(*) as customers
    from customers_standing
    where run_id = %(run)s and cohort_path > 0 and (%(is_everywhere)s or county_id = any(%(counties)s))
    group by cohort_entry, cohort_path
"""
VINTAGES = """
with paths as ({paths})
select
    cohort_entry,
    month,
    sum(customers),
    coalesce(sum(customers) filter (where (cohort_path >> (2 * (month - %(base)s))) & 3 = %(retained)s), 0)
from paths
cross join generate_series(%(first)s::int, %(last)s::int) as month
where month >= cohort_entry
group by cohort_entry, month
order by cohort_entry, month
"""


# The same of a cohort of an earlier year (CohortPath): its month ends stand beside the standings.
OLDER_PATHS = """
    select entry_month as cohort_entry, path as cohort_path, count(*) as customers
    from segmentation_cohortpath
    where run_id = %(run)s and cohort_id = %(cohort)s and (%(is_everywhere)s or county_id = any(%(counties)s))
    group by entry_month, path
"""


@dataclass(frozen=True)
class MovementLine:
    """How the kept of one place moved in one month; closing is opening + entered + returned - both losses."""

    opening: int = 0
    entered: int = 0
    returned: int = 0
    lost_off_network: int = 0
    lost_value: int = 0
    closing: int = 0
    revenue_fen: int = 0

    def __add__(self, other: MovementLine) -> MovementLine:
        return MovementLine(**{name: getattr(self, name) + getattr(other, name) for name in MOVEMENTS})

    @property
    def change(self) -> Decimal | None:
        """Return the change of the kept against the month before, in percent."""
        return rate(self.closing - self.opening, self.opening)

    @property
    def is_alarming(self) -> bool:
        """Return whether the kept changed by more than the alarm allows; the first month has nothing before it."""
        return abs(self.closing - self.opening) * 100 > self.opening * ALARM_PERCENT and self.opening > 0


@dataclass(frozen=True)
class Vintage:
    """Those who entered the cohort in one month, at a later month end."""

    entry: int
    month: int
    members: int
    kept: int

    @property
    def kept_rate(self) -> Decimal | None:
        """Return kept of members, in percent."""
        return rate(self.kept, self.members)


@dataclass(frozen=True)
class LedgerMonth:
    """One month of a cohort, added over counties; rates in percent, None where nothing is to be kept."""

    year: int
    month: int
    base: int
    base_kept: int
    added: int
    members: int
    kept: int
    lost_off_network: int
    lost_value: int
    reached: int
    base_revenue_fen: int
    base_window_fen: int

    @property
    def static_rate(self) -> Decimal | None:
        """Return base kept of base (DOMAIN 4.3)."""
        return rate(self.base_kept, self.base)

    @property
    def dynamic_rate(self) -> Decimal | None:
        """Return kept of members."""
        return rate(self.kept, self.members)

    @property
    def revenue_rate(self) -> Decimal | None:
        """Return this month's bills of the kept base against the base window."""
        return revenue_rate(self.base_revenue_fen, self.base_window_fen)

    @property
    def base_entry(self) -> int:
        """Return the entry month of the base: December before the cohort's year."""
        return self.year * 12 - 1


def counted_by(cohort_id: int) -> Q:
    """Return the condition on a run that it counted this cohort, be it as that of its year or as an older one."""
    return Q(plan__cohort_id=cohort_id) | Q(plan__older__contains=[{"cohort_id": cohort_id}])


def books_of(runs: Iterable[int], *, county_ids: Iterable[int] | None) -> dict[int, list[LedgerMonth]]:
    """Return the months of several runs in one query, by run, oldest first."""
    entries = LedgerEntry.objects.filter(run__in=set(runs))
    if county_ids is not None:
        entries = entries.filter(county_id__in=county_ids)
    sums = {f"{name}_sum": Sum(name) for name in (*COUNTS, *MONEY)}
    found: dict[int, list[LedgerMonth]] = {}
    for row in entries.values("run_id", "cohort__year", "month").annotate(**sums).order_by("cohort__year", "month"):
        found.setdefault(row["run_id"], []).append(_month(row))
    return found


def county_books(
    runs: Iterable[int], *, year: int, county_ids: Iterable[int] | None
) -> dict[tuple[int, int], dict[int, LedgerEntry]]:
    """Return the entries of a cohort by several runs, county by county: (run, month) -> county -> entry."""
    entries = LedgerEntry.objects.filter(run__in=set(runs), cohort__year=year)
    if county_ids is not None:
        entries = entries.filter(county_id__in=county_ids)
    found: dict[tuple[int, int], dict[int, LedgerEntry]] = {}
    for entry in entries.order_by("run_id", "month", "county_id"):
        found.setdefault((entry.run_id, entry.month), {})[entry.county_id] = entry
    return found


def cohort_years(*, until: int) -> list[int]:
    """Return the years up to one whose cohorts some published night has kept books of, the newest first."""
    entries = LedgerEntry.objects.filter(run__status=Run.Status.PUBLISHED, cohort=OuterRef("pk"))
    known = Cohort.objects.filter(Exists(entries), year__lte=until)
    return list(known.order_by("-year").values_list("year", flat=True))


def last_run_of(year: int, *, until: Run | None = None) -> int | None:
    """Return the newest published run (not after one) whose books hold this year's cohort."""
    entries = LedgerEntry.objects.filter(cohort__year=year, run__status=Run.Status.PUBLISHED)
    if until is not None:
        entries = entries.filter(run__as_of__lte=until.as_of)
    return entries.order_by("-run__as_of", "-run_id").values_list("run_id", flat=True).first()


def movement_lines(
    months_by_run: Mapping[int, Iterable[int]], *, year: int, by: int, county_ids: Iterable[int] | None
) -> dict[tuple[int, int, int], MovementLine]:
    """Return the lines of some months of a cohort by some runs in one query, added over counties, by (run, month, key)."""
    wanted = [Q(run=run, month__in=list(months)) for run, months in months_by_run.items()]
    if not wanted:
        return {}
    lines = LedgerLine.objects.filter(functools.reduce(operator.or_, wanted), cohort__year=year, by=by)
    if county_ids is not None:
        lines = lines.filter(county_id__in=county_ids)
    sums = {f"{name}_sum": Sum(name) for name in MOVEMENTS}
    rows: Any = lines.values("run_id", "month", "key").annotate(**sums)
    return {
        (row["run_id"], row["month"], row["key"]): MovementLine(**{name: row[f"{name}_sum"] for name in MOVEMENTS})
        for row in rows
    }


def vintages(run: Run, *, year: int, months: tuple[int, int], county_ids: Iterable[int] | None) -> list[Vintage]:
    """Return, for who entered in each month, how many of them each later month end kept, in the order of both.

    `months` are the first and the last month end (ordinals) of the run's books. A night counts them once for all;
    of nights from before that they are counted from its members, as long as those are kept.
    """
    counted = _counted_vintages(run, year=year, months=months, county_ids=county_ids)
    return counted or _vintages_of_members(run, year=year, months=months, county_ids=county_ids)


def _counted_vintages(
    run: Run, *, year: int, months: tuple[int, int], county_ids: Iterable[int] | None
) -> list[Vintage]:
    base, rows = year * 12 - 1, (year * YEAR_STEP, year * YEAR_STEP + 12)
    cells = Rollup.objects.filter(run=run, kind__in=(VINTAGE, VINTAGE_KEPT), row__range=rows)
    if county_ids is not None:
        cells = cells.filter(county_id__in=county_ids)
    sums = cells.values_list("kind", "row", "column").annotate(number=Sum("customers"))
    found = {(row - rows[0] + base, column + base, kind): number for kind, row, column, number in sums}
    return [
        Vintage(entry, month, members, found.get((entry, month, VINTAGE_KEPT), 0))
        for (entry, month, kind), members in sorted(found.items())
        if kind == VINTAGE and months[0] <= month <= months[1]
    ]


def _vintages_of_members(
    run: Run, *, year: int, months: tuple[int, int], county_ids: Iterable[int] | None
) -> list[Vintage]:
    older = None if year == run.month.year else Cohort.objects.filter(year=year).values_list("pk", flat=True).first()
    known = {
        "run": run.pk,
        "cohort": older,
        "base": year * 12 - 1,
        "first": months[0],
        "last": months[1],
        "is_everywhere": county_ids is None,
        "counties": list(county_ids or ()),
        "retained": int(CohortState.RETAINED),
    }
    with connection.cursor() as cursor:
        cursor.execute(VINTAGES.format(paths=OLDER_PATHS if older else PATHS), known)
        return [Vintage(*(int(value) for value in row)) for row in cursor.fetchall()]


def standing_in(
    standings: QuerySet[Standing], *, run: Run, month: int, what: str, year: int | None = None
) -> QuerySet[Standing]:
    """Keep the customers of one number of the ledger: a month (ordinal) of the cohort of a year, see path_bits.

    The standings are those of the run; without a year its own cohort is meant. Outside the cohort's months stands
    nobody, nor in a year the run did not count.
    """
    wanted = year or run.month.year
    mask, values = ledger_bits(run, month=month, what=what, year=wanted)
    if not values:
        return standings.none()
    if wanted != run.month.year:
        paths = CohortPath.objects.filter(run=run, cohort__year=wanted).alias(ledger=F("path").bitand(mask))
        return standings.filter(customer_id__in=paths.filter(ledger__in=values).values("customer_id"))
    # "> 0" says nothing new, but lets the planner use the index of members alone (cvm/night/partition.py)
    return standings.alias(ledger=F("cohort_path").bitand(mask)).filter(ledger__in=values, cohort_path__gt=0)


def ledger_bits(run: Run, *, month: int, what: str, year: int | None = None) -> tuple[int, list[int]]:
    """Return the mask of the paths of a cohort (without a year: of the run's own), and its values in such a number."""
    index = month - ((year or run.month.year) * 12 - 1)
    return path_bits(what, index=index) if 0 <= index <= 12 else (0, [])


def entered_in(standings: QuerySet[Standing], *, run: Run, month: int, year: int | None = None) -> QuerySet[Standing]:
    """Keep who entered the cohort of a year (without one: that of the run) in a month (ordinal)."""
    if year is None or year == run.month.year:
        return standings.filter(cohort_entry=month)
    paths = CohortPath.objects.filter(run=run, cohort__year=year, entry_month=month)
    return standings.filter(customer_id__in=paths.values("customer_id"))


def _month(row: dict[str, int]) -> LedgerMonth:
    figures = {name: row[f"{name}_sum"] for name in (*COUNTS, *MONEY)}
    return LedgerMonth(year=row["cohort__year"], month=row["month"], **figures)
