"""Month-end close: an administrator signs a month's figures; from then on every page shows them as they were signed."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Sum

from customers import audit
from customers.models import Run, Staff
from cvm.lib.months import label
from segmentation.models import Cohort, LedgerClose, LedgerLine
from segmentation.queries import MOVEMENTS
from segmentation.signed import keep

LINE = ("by", "county_id", "key", *MOVEMENTS)


class CloseRefused(Exception):
    """Base of everything that stops a close; nothing is written."""


class NightMoved(CloseRefused):
    """Another night has been published since: the figures to be signed are no longer those shown."""


class MonthNotNewest(CloseRefused):
    """The month is not the newest of the books."""


class ClosedAlready(CloseRefused):
    """Somebody has signed this month."""


def close_through(*, run: int, month: int, by: Staff, at: dt.datetime, year: int | None = None) -> list[LedgerClose]:
    """Sign the newest month (ordinal) of a cohort in the published run's books, and every older month still open.

    Without a year the newest cohort is signed. Raises NightMoved, MonthNotNewest or ClosedAlready. The membership is
    frozen by the night itself; what the signature adds is that these figures stay in sight, each with its customers.
    """
    with transaction.atomic():
        published = Run.objects.select_for_update(no_key=True).filter(pk=run, is_current=True).first()
        if published is None:
            raise NightMoved
        found = sorted(set(LedgerLine.objects.filter(run=published).values_list("cohort__year", "month")))
        wanted_year = year or (found[-1][0] if found else 0)
        months = [at_month for of_year, at_month in found if of_year == wanted_year]
        if not months or months[-1] != month:
            raise MonthNotNewest
        cohort = Cohort.objects.select_for_update(no_key=True).get(year=wanted_year)
        signed = set(LedgerClose.objects.filter(cohort=cohort).values_list("month", flat=True))
        if month in signed:
            raise ClosedAlready
        wanted = [open_month for open_month in months if open_month not in signed]
        keep(published, cohort)
        return [_close(published, cohort, open_month, by=by, at=at) for open_month in wanted]


def checksum_of(run: int, *, cohort: int, month: int) -> str:
    """Return the sha256 over the lines of one month of a cohort by a run, in their fixed order."""
    lines = LedgerLine.objects.filter(run=run, cohort=cohort, month=month).order_by("by", "county_id", "key")
    return _sha256(lines.values_list(*LINE))


def is_intact(close: LedgerClose) -> bool:
    """Return whether the lines under a signature are still those that were signed."""
    return checksum_of(close.run_id, cohort=close.cohort_id, month=close.month) == close.checksum


def _sha256(rows: Iterable[tuple[int, ...]]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update((";".join(str(value) for value in row) + "\n").encode())
    return digest.hexdigest()


def _close(run: Run, cohort: Cohort, month: int, *, by: Staff, at: dt.datetime) -> LedgerClose:
    lines = LedgerLine.objects.filter(run=run, cohort=cohort, month=month, by=LedgerLine.By.COUNTY)
    sums = lines.aggregate(**{f"{name}_sum": Sum(name, default=0) for name in MOVEMENTS})
    try:
        with transaction.atomic():
            close = LedgerClose.objects.create(
                cohort=cohort,
                month=month,
                run=run,
                closed_by=by,
                closed_at=at,
                totals={name: int(sums[f"{name}_sum"]) for name in MOVEMENTS},
                checksum=checksum_of(run.pk, cohort=cohort.pk, month=month),
            )
    except IntegrityError as error:
        raise ClosedAlready from error
    detail: dict[str, Any] = {"year": cohort.year, "month": label(month), "run": run.pk, "checksum": close.checksum}
    audit.record("ledger.close", actor=by, at=at, subject=close, **detail)
    return close
