"""How many of each entry month of a cohort every later month end kept: rollups of a night, so that they outlive its members.

kind "vintage" and "vintage_kept": `row` the year of the cohort × 100 + months from its base to the entry, `column` months
from the base to the month end; `customers` all who entered, and who of them is kept.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from customers.models import Run
from cvm.night import lines
from segmentation.models import CohortState
from segmentation.queries import VINTAGE, VINTAGE_KEPT, YEAR_STEP

OWN = """
    select county_id, cohort_entry, cohort_path, count(*) as customers
    from customers_standing
    where run_id = %(run)s and cohort_path > 0
    group by county_id, cohort_entry, cohort_path
"""
OLDER = """
    select county_id, entry_month as cohort_entry, path as cohort_path, count(*) as customers
    from segmentation_cohortpath
    where run_id = %(run)s and cohort_id = %(cohort)s
    group by county_id, entry_month, path
"""
# The paths are few: customers are counted by path first, and only the paths meet the months.
INSERT = """
insert into customers_rollup (run_id, kind, county_id, "row", "column", customers, revenue_fen)
with paths as ({paths}), cell as (
    select county_id, cohort_entry - %(base)s as entry, month,
        sum(customers) as members,
        coalesce(sum(customers) filter (where (cohort_path >> (2 * month)) & 3 = %(retained)s), 0) as kept
    from paths
    cross join unnest(%(months)s::int[]) as month
    where month >= cohort_entry - %(base)s
    group by county_id, entry, month
)
select %(run)s, kind, county_id, %(first_row)s + entry, month, case kind when %(members)s then cell.members else kept end, 0
from cell
cross join unnest(array[%(members)s, %(kept)s]) as kind
"""


def write(run: Run) -> None:
    """Write the vintages of every cohort a run counted; its standings are complete."""
    for book in lines.books(run):
        write_of(run, book.cohort_id, year=book.terms.year, months=book.months)


def write_of(run: Run, cohort: int, *, year: int, months: Iterable[int]) -> None:
    """Write the vintages of one cohort at these month ends (ordinals)."""
    base = year * 12 - 1
    known = {
        "run": run.pk,
        "cohort": cohort,
        "base": base,
        "months": [month - base for month in months],
        "first_row": year * YEAR_STEP,
        "retained": int(CohortState.RETAINED),
        "members": VINTAGE,
        "kept": VINTAGE_KEPT,
    }
    with connection.cursor() as cursor:
        cursor.execute(INSERT.format(paths=OWN if year == run.month.year else OLDER), known)
