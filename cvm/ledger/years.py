"""The cohorts of several years side by side at the same month of their years, each with its own definition."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import Run
from cvm.ledger.books import Books
from cvm.lib.months import month_of
from cvm.templatetags.cvm_format import yuan
from segmentation.models import Cohort, LedgerEntry
from segmentation.queries import LedgerMonth


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


def years(shown: Books, *, run: Run, known: Iterable[int]) -> list[YearRow]:
    """Return the `known` cohorts, the newest first, at the newest month of the year of a run.

    A signed month stands as it was signed, another one as the last night says that counted its cohort.
    """
    offset = month_of(run.month) - 12 * run.month.year
    newest = {year: _newest(shown, year, 12 * year + offset, run) for year in known}
    runs = {year: found for year, found in newest.items() if found}
    at = shown.entries(runs.values())
    return [
        YearRow(
            cohort=cohort,
            month=at.get((runs[cohort.year], cohort.year, 12 * cohort.year + offset)),
            is_closed=(cohort.year, 12 * cohort.year + offset) in shown.signed,
            run_id=runs[cohort.year],
        )
        for cohort in Cohort.objects.filter(year__in=runs).order_by("-year")
    ]


def _newest(shown: Books, year: int, month: int, run: Run) -> int | None:
    """Return the run whose figures of a month of a cohort stand: as signed, else of the last night that counted it."""
    if (year, month) in shown.signed:
        return shown.signed[year, month].run_id
    if any((one.year, one.month) == (year, month) for one in shown.known.get(run.pk, [])):
        return run.pk
    entries = LedgerEntry.objects.filter(run__status=Run.Status.PUBLISHED, run__as_of__lte=run.as_of)
    entries = entries.filter(month=month, cohort__year=year).order_by("-run__as_of", "-run_id")
    return entries.values_list("run_id", flat=True).first()


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
