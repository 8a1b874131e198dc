"""The cohorts of earlier years: counted again by every night, as far back as the packed history reaches.

The same functions as for the running year, on the months of theirs. Counties, layers and managers are those of the
run, so that a number of any year opens its customers; who is a member was fixed by the first night that counted.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Min

from customers.frame import Frame
from customers.frames import load_past
from customers.loading.aliases import place_of
from customers.models import HistoryBlock, Run
from cvm.lib import bulk
from cvm.lib.months import month_of
from cvm.night import lines, partition
from cvm.night.parcel import Arrays
from segmentation.cohort import CohortTerms, cohort
from segmentation.frozen import frozen_entry
from segmentation.models import Cohort, CohortPath
from segmentation.policies import cohort_terms

MOST = 3  # years kept beside the running one; each costs a night about as much as the cohort of the running year
WINDOW = 3  # months of bills that make a member
FACTS = ("arpu_fen", "flags")
PATHS = [
    ("run_id", "int8"),
    ("cohort_id", "int8"),
    ("customer_id", "int4"),
    ("county_id", "int4"),
    ("entry_month", "int4"),
    ("path", "int4"),
]
# The first night that counts a year fixes who belonged to it, like the nights of the year itself.
FREEZE = """
insert into segmentation_cohortmember (cohort_id, customer_id, entry_month)
select cohort_id, customer_id, entry_month
from segmentation_cohortpath
where run_id = %(run)s and cohort_id = %(cohort)s and entry_month > %(frozen_through)s
on conflict (customer_id, cohort_id) do nothing
"""


def countable(month: dt.date) -> range:
    """Return the years before a month's own whose cohort the packed history can tell, its base window included."""
    oldest = HistoryBlock.objects.aggregate(oldest=Min("month"))["oldest"]
    first = (month_of(oldest) + WINDOW + 11) // 12 if oldest else month.year  # the window before January is packed
    return range(min(first, month.year), month.year)


def plans(month: dt.date) -> list[dict[str, Any]]:
    """Return the earlier cohorts a night of this month counts, the newest first, as plain JSON values."""
    found = Cohort.objects.filter(year__in=countable(month)).order_by("-year")[:MOST]
    return [_plan(one) for one in found]


def count(frame: Frame, run: Run, bucket: int) -> Arrays:
    """Write the members' month ends of one bucket, and return what the merge needs: books and movements of each year."""
    found: Arrays = {}
    for book in lines.older_books(run):
        past = _past(frame, book.terms, book.cohort_id, bucket)
        _write(past, run, book.cohort_id)
        found |= lines.report(past, book, counties=run.plan["counties"])
    return found


def freeze(run: Run) -> None:
    """Fix the members of the earlier cohorts a run counted for the first time."""
    with connection.cursor() as cursor:
        for book in lines.older_books(run):
            known = {"run": run.pk, "cohort": book.cohort_id, "frozen_through": book.terms.frozen_through}
            cursor.execute(FREEZE, known)


def tidy() -> None:
    """Forget the month ends of runs whose standings are gone."""
    CohortPath.objects.exclude(run_id__in=partition.kept_runs())._raw_delete(CohortPath.objects.db)


def _plan(one: Cohort) -> dict[str, Any]:
    terms = cohort_terms(one.year, frozen_through=_frozen_through(one))
    return {
        "cohort_id": one.pk,
        "terms": asdict(terms),
        "months": list(range(terms.base_month, terms.last_month + 1)),
    }


def _frozen_through(one: Cohort) -> int:
    """Return the newest month whose members stand: the whole year, once a night after it has counted it."""
    published = Run.objects.filter(status=Run.Status.PUBLISHED)
    if published.filter(plan__older__contains=[{"cohort_id": one.pk}]).exists():
        return one.year * 12 + 11
    own = published.filter(plan__cohort_id=one.pk).order_by("-month").values_list("month", flat=True).first()
    return month_of(own) if own else 0


def _past(frame: Frame, terms: CohortTerms, cohort_id: int, bucket: int) -> Frame:
    months = terms.last_month - terms.base_month + WINDOW
    past = load_past(frame, bucket=bucket, month=terms.last_month, months=months, facts=FACTS)
    with connection.cursor() as cursor:
        entries = frozen_entry(cursor, place_of(cursor, frame["id"]), cohort_id=cohort_id)
    return cohort(past.with_columns(frozen_entry=entries), terms)


def _write(past: Frame, run: Run, cohort_id: int) -> None:
    members = np.flatnonzero(past["cohort_path"])
    columns: Arrays = {
        "run_id": np.full(len(members), run.pk),
        "cohort_id": np.full(len(members), cohort_id),
        "customer_id": past["id"][members],
        "county_id": past["county_id"][members],
        "entry_month": past["cohort_entry"][members],
        "path": past["cohort_path"][members],
    }
    with connection.cursor() as cursor:
        bulk.write(cursor, "segmentation_cohortpath", PATHS, columns)
