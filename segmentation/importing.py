"""Cohort lists as the group delivers them: who was a snapshot customer of which year.

A list fills a year nobody has counted with yet. Once a night has been published on a year, its list stands: a row that
says otherwise is rejected, one that agrees changes nothing. A list never takes a member away.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import Q

from customers.importing.fields import MSISDN, USER_CODE, Field, flag
from customers.importing.people import key_of, with_customers
from customers.importing.reasons import Reason
from customers.importing.rows import NONE, Account, Rows, distinct
from customers.importing.staging import Columns, stage
from customers.importing.targets import Context, Target
from customers.models import MappingTemplate, Run
from cvm.lib.months import first_day
from segmentation.models import Cohort
from segmentation.queries import counted_by

FIRST_YEAR, LAST_YEAR = 2000, 2100
NOT_A_MEMBER, MONTH_UNSAID = 0, -1  # entry months nobody has
MONTHS, WINDOW = 12, 3
FIELDS = (
    USER_CODE,
    MSISDN,
    Field("year", "count", required=True, low=FIRST_YEAR, high=LAST_YEAR),
    flag("is_member", empty=True),  # being on the list says so
    Field("entry_month", "month"),
)
COLUMNS: Columns = {"cohort_id": "integer", "customer_id": "integer", "entry_month": "integer"}


def store_cohorts(rows: Rows, account: Account, context: Context) -> None:
    """Enter the customers listed into the cohort of their year, by default into its base (December before)."""
    rows = with_customers(rows, account, context.cursor)
    rows = distinct(rows, ("customer_id", "year"), account, shown=key_of(rows))
    rows = _within_their_year(rows, account)
    cohorts = _cohorts(np.unique(rows["year"]).tolist(), now=context.now)
    rows = rows.with_values(cohort_id=_ids(rows["year"], cohorts), entry_month=_said(rows))
    stage(context.cursor, "segmentation_cohortmember", rows, COLUMNS)
    differing = _differing(rows, context.cursor, closed=_closed(cohorts.values()))
    rows = rows.without(differing, "year", Reason.COHORT_CLOSED, account)
    stage(context.cursor, "segmentation_cohortmember", rows, COLUMNS)
    context.cursor.execute(_ENTER, {"unsaid": MONTH_UNSAID, "no": NOT_A_MEMBER, "months": MONTHS})
    account.new += context.cursor.rowcount
    account.accepted = len(rows)


TARGET = Target(MappingTemplate.Kind.COHORTS.value, FIELDS, store_cohorts)

_DIFFERING = """
select incoming.customer_id, incoming.cohort_id
from incoming
left join segmentation_cohortmember as member
  on member.cohort_id = incoming.cohort_id and member.customer_id = incoming.customer_id
where case
    when member.id is null then incoming.entry_month <> %(no)s and incoming.cohort_id = any(%(closed)s)
    else incoming.entry_month not in (%(unsaid)s, member.entry_month)
end
"""
_ENTER = """
insert into segmentation_cohortmember (cohort_id, customer_id, entry_month)
select
    incoming.cohort_id,
    incoming.customer_id,
    case when incoming.entry_month = %(unsaid)s then cohort.year * %(months)s - 1 else incoming.entry_month end
from incoming
join segmentation_cohort as cohort on cohort.id = incoming.cohort_id
where incoming.entry_month <> %(no)s
  and not exists (
      select 1 from segmentation_cohortmember as member
      where member.cohort_id = incoming.cohort_id and member.customer_id = incoming.customer_id
  )
order by incoming.line
"""


def frozen_years(month: int) -> list[int]:
    """Return the cohort years whose members a published night fixed on the bills of this month (its ordinal).

    A year rests on the window of its base (October to December before) and on its own months, as far as published.
    """
    years = {month // MONTHS, (month + WINDOW) // MONTHS}
    published = Run.objects.filter(status=Run.Status.PUBLISHED, month__gte=first_day(month))
    found = Cohort.objects.filter(year__in=years).order_by("year").values_list("pk", "year")
    return [year for pk, year in found if published.filter(counted_by(pk)).exists()]


def _within_their_year(rows: Rows, account: Account) -> Rows:
    months, base = rows["entry_month"], rows["year"] * MONTHS - 1
    outside = (months != NONE) & ((months < base) | (months > base + MONTHS))
    return rows.without(outside, "entry_month", Reason.OUTSIDE_PERIOD, account)


def _said(rows: Rows) -> npt.NDArray[np.int64]:
    entered = np.where(rows["entry_month"] == NONE, MONTH_UNSAID, rows["entry_month"])
    said: npt.NDArray[np.int64] = np.where(rows["is_member"], entered, NOT_A_MEMBER)
    return said


def _cohorts(years: Iterable[int], *, now: dt.datetime) -> dict[int, Cohort]:
    """Return the cohort of each year; one nobody has opened yet is the delivered list itself."""
    return {year: Cohort.objects.get_or_create(year=year, defaults={"delivered_at": now})[0] for year in years}


def _ids(years: npt.NDArray[np.int64], cohorts: dict[int, Cohort]) -> npt.NDArray[np.int64]:
    return np.array([cohorts[year].pk for year in years.tolist()], np.int64)


def _closed(cohorts: Iterable[Cohort]) -> list[int]:
    """Return the cohorts a published night stands on: one of their own, or any since their list was delivered."""
    published = Run.objects.filter(status=Run.Status.PUBLISHED)
    closed = []
    for cohort in cohorts:
        standing = counted_by(cohort.pk)
        if cohort.delivered_at is not None:
            standing |= Q(finished_at__gt=cohort.delivered_at)
        if published.filter(standing).exists():
            closed.append(cohort.pk)
    return closed


def _differing(rows: Rows, cursor: Any, *, closed: list[int]) -> npt.NDArray[np.bool_]:
    params = {"no": NOT_A_MEMBER, "unsaid": MONTH_UNSAID, "closed": closed}
    cursor.execute(_DIFFERING, params)
    found = np.array(cursor.fetchall(), np.int64).reshape(-1, 2)
    highest = int(rows["cohort_id"].max(initial=0)) + 1
    ours = rows["customer_id"] * highest + rows["cohort_id"]
    return np.isin(ours, found[:, 0] * highest + found[:, 1])
