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

LINE = ("by", "county_id", "key", *MOVEMENTS)


class CloseRefused(Exception):
    """Base of everything that stops a close; nothing is written."""


class NightMoved(CloseRefused):
    """Another night has been published since: the figures to be signed are no longer those shown."""


class MonthNotNewest(CloseRefused):
    """The month is not the newest of the books."""


class ClosedAlready(CloseRefused):
    """Somebody has signed this month."""


def close_through(*, run: int, month: int, by: Staff, at: dt.datetime) -> list[LedgerClose]:
    """Sign the newest month (ordinal) of the published run's books, and with it every older month still open.

    Raises NightMoved, MonthNotNewest or ClosedAlready. The membership is frozen by the night itself; what the
    signature adds is that these figures stay in sight.
    """
    with transaction.atomic():
        published = Run.objects.select_for_update(no_key=True).filter(pk=run, is_current=True).first()
        if published is None:
            raise NightMoved
        lines = LedgerLine.objects.filter(run=published)
        found = sorted(set(lines.values_list("cohort", "month")))
        if not found or found[-1][1] != month:
            raise MonthNotNewest
        cohort = Cohort.objects.select_for_update(no_key=True).get(pk=found[-1][0])
        signed = set(LedgerClose.objects.filter(cohort=cohort).values_list("month", flat=True))
        if month in signed:
            raise ClosedAlready
        wanted = [open_month for _cohort, open_month in found if open_month not in signed]
        return [_close(published, cohort, open_month, by=by, at=at) for open_month in wanted]


def checksum_of(run: int, *, month: int) -> str:
    """Return the sha256 over the lines of one month of a run, in their fixed order."""
    lines = LedgerLine.objects.filter(run=run, month=month).order_by("by", "county_id", "key")
    return _sha256(lines.values_list(*LINE))


def is_intact(close: LedgerClose) -> bool:
    """Return whether the lines under a signature are still those that were signed."""
    return checksum_of(close.run_id, month=close.month) == close.checksum


def _sha256(rows: Iterable[tuple[int, ...]]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update((";".join(str(value) for value in row) + "\n").encode())
    return digest.hexdigest()


def _close(run: Run, cohort: Cohort, month: int, *, by: Staff, at: dt.datetime) -> LedgerClose:
    lines = LedgerLine.objects.filter(run=run, month=month, by=LedgerLine.By.COUNTY)
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
                checksum=checksum_of(run.pk, month=month),
            )
    except IntegrityError as error:
        raise ClosedAlready from error
    detail: dict[str, Any] = {"year": cohort.year, "month": label(month), "run": run.pk, "checksum": close.checksum}
    audit.record("ledger.close", actor=by, at=at, subject=close, **detail)
    return close
