"""The cohorts of several years side by side at the same month of their years, each with its own definition."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import Run
from cvm.ledger.books import Books
from cvm.lib.months import month_of
from cvm.templatetags.cvm_format import yuan
from segmentation.models import Cohort, LedgerClose, LedgerEntry
from segmentation.queries import LedgerMonth, books_of


@dataclass(frozen=True)
class YearRow:
    """One cohort: what it counts by, and where it stood at the month; None where no night knows that month."""

    cohort: Cohort
    month: LedgerMonth | None
    is_closed: bool
    run_id: int

    @property
    def terms(self) -> str:
        """Return what the cohort counts by."""
        return terms_in_words(self.cohort)


def years(shown: Books, *, run: Run) -> list[YearRow]:
    """Return the cohorts up to the year of a run, the newest first, at the newest month of that year.

    A signed month stands as it was signed, another one as the last night of its cohort says.
    """
    offset = month_of(run.month) - 12 * run.month.year
    at_month = F("cohort__year") * 12 + offset
    entries = LedgerEntry.objects.filter(
        run__status=Run.Status.PUBLISHED, run__as_of__lte=run.as_of, month=at_month, cohort__year__lte=run.month.year
    )
    newest = entries.order_by("cohort__year", "-run__as_of", "-run_id").distinct("cohort__year")
    runs = dict(newest.values_list("cohort__year", "run_id"))
    if run.month.year in runs:
        runs[run.month.year] = run.pk
    signed = LedgerClose.objects.filter(month=at_month, run__lte=run.pk, cohort__year__in=runs)
    closed = dict(signed.values_list("cohort__year", "run_id"))
    runs |= closed
    found = books_of(runs.values(), county_ids=shown.county_ids)
    at = {(one, month.year, month.month): month for one, months in found.items() for month in months}
    return [
        YearRow(
            cohort=cohort,
            month=at.get((runs[cohort.year], cohort.year, 12 * cohort.year + offset)),
            is_closed=cohort.year in closed,
            run_id=runs[cohort.year],
        )
        for cohort in Cohort.objects.filter(year__in=runs).order_by("-year")
    ]


def terms_in_words(cohort: Cohort) -> str:
    """Return the terms of a cohort as sentences."""
    entry = [_("Member: three bills of %(amount)s or more together") % {"amount": yuan(cohort.threshold_fen)}]
    entry += [_("a bill in each month")] if cohort.require_full_window else []
    entry += [_("signed only")] if cohort.require_signed else []
    low = ngettext(
        "Lost by value: %(months)s month below %(amount)s",
        "Lost by value: %(months)s months below %(amount)s",
        cohort.low_months,
    ) % {"months": cohort.low_months, "amount": yuan(cohort.low_amount_fen)}
    since = _("counted from January") if cohort.count_from_january else _("counted from entry")
    said = [", ".join(entry), f"{low}, {since}"]
    if cohort.delivered_at:
        day = f"{cohort.delivered_at:%Y-%m-%d}"
        said.append(_("List as the group delivered it on %(day)s") % {"day": day})
    return "; ".join(said)
