"""The cohorts of several years side by side at the same month of their years, each with its own definition."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F

from customers.models import Run
from cvm.ledger.books import Books
from segmentation.models import Cohort, LedgerClose, LedgerEntry
from segmentation.queries import LedgerMonth, books_of


@dataclass(frozen=True)
class YearRow:
    """One cohort: what it counts by, and where it stood at the month; None where no night knows that month."""

    cohort: Cohort
    month: LedgerMonth | None
    is_closed: bool
    run_id: int


def years(shown: Books) -> list[YearRow]:
    """Return the cohorts up to the one shown, the newest first, at the newest month of the books shown.

    A signed month stands as it was signed, another one as the last night of its cohort says.
    """
    offset = shown.months[-1] - 12 * shown.year
    at_month = F("cohort__year") * 12 + offset
    entries = LedgerEntry.objects.filter(run__status=Run.Status.PUBLISHED, month=at_month)
    newest = entries.order_by("cohort__year", "-run__as_of", "-run_id").distinct("cohort__year")
    runs = dict(newest.values_list("cohort__year", "run_id")) | {shown.year: shown.run.pk}
    signed = dict(LedgerClose.objects.filter(month=at_month).values_list("cohort__year", "run_id"))
    runs |= signed
    found = books_of(runs.values(), county_ids=shown.county_ids)
    at = {(run, month.year, month.month): month for run, months in found.items() for month in months}
    cohorts = Cohort.objects.filter(year__in=runs, year__lte=shown.year).order_by("-year")
    return [
        YearRow(
            cohort=cohort,
            month=at.get((runs[cohort.year], cohort.year, 12 * cohort.year + offset)),
            is_closed=cohort.year in signed,
            run_id=runs[cohort.year],
        )
        for cohort in cohorts
    ]
