"""Report a figure of a month, or take it away again. One transaction each, with a trace of what stood there before."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from customers import audit
from customers.models import Branch, ReportedFigure, Staff


@transaction.atomic
def report(
    *, kind: int, month: dt.date, county: Branch | None, value: int, source: str, by: Staff, at: dt.datetime
) -> ReportedFigure:
    """Write the figure of a month (money in fen) over whatever was reported before."""
    known = ReportedFigure.objects.select_for_update().filter(kind=kind, month=month, county=county).first()
    figure, _is_new = ReportedFigure.objects.update_or_create(
        kind=kind,
        month=month,
        county=county,
        defaults={"value": value, "source": source, "reported_by": by, "reported_at": at},
    )
    before = {"value": known.value, "source": known.source} if known else None
    audit.record("figure.report", actor=by, at=at, subject=figure, before=before, value=value, source=source)
    return figure


@transaction.atomic
def withdraw(figure: ReportedFigure, *, by: Staff, at: dt.datetime) -> None:
    """Take a figure away: the boards say again that nobody has reported it."""
    audit.record("figure.withdraw", actor=by, at=at, subject=figure, value=figure.value, source=figure.source)
    figure.delete()
