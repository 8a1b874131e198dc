"""How much may leave the house without a second person (RELIABILITY 3.6 of the design; the numbers stand here)."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from customers.access import ANALYST, LEADER
from customers.models import Export, Staff

ROWS_PER_FILE = {ANALYST: 5_000, LEADER: 500}
ROWS_PER_DAY = 20_000
FILES_PER_HOUR = 3


class TooManyFiles(Exception):
    """This person has asked for as many files as an hour allows."""

    def __str__(self) -> str:
        words = _("You have asked for %(number)s files within an hour. Wait a little before the next.")
        return words % {"number": FILES_PER_HOUR}


def refuse_haste(*, by: Staff, at: dt.datetime) -> None:
    """Raise TooManyFiles when the person's last hour is full. The caller holds the person's row."""
    lately = Export.objects.filter(requested_by=by, requested_at__gt=at - dt.timedelta(hours=1))
    if lately.count() >= FILES_PER_HOUR:
        raise TooManyFiles


def needs_approval(*, by: Staff, rows: int, at: dt.datetime) -> bool:
    """Return whether so many rows have to be approved by another person. The caller holds the person's row.

    Too many for one file of this role, or for what this person took without approval within 24 hours.
    """
    return rows > ROWS_PER_FILE.get(by.role, 0) or rows + _taken_today(by, at=at) > ROWS_PER_DAY


def _taken_today(by: Staff, *, at: dt.datetime) -> int:
    lately = Export.objects.filter(requested_by=by, requested_at__gt=at - dt.timedelta(days=1), approved_by=None)
    live = lately.exclude(Q(status=Export.Status.FAILED) | Q(status=Export.Status.WAITING))
    return live.aggregate(total=Sum("rows_expected"))["total"] or 0
