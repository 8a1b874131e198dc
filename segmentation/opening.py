"""Have the cohort of an earlier year counted: its row is made, the next night counts and fixes its members."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Abs

from customers import audit
from customers.models import Staff
from segmentation.models import Cohort
from segmentation.policies import PARAMETERS


def open_year(year: int, *, by: Staff | None, at: dt.datetime) -> Cohort:
    """Return the cohort of a year, made where it is missing by the terms of the year nearest to it."""
    with transaction.atomic():
        nearest = Cohort.objects.order_by(Abs(F("year") - year), "-year").first() or Cohort()
        terms = {name: getattr(nearest, name) for name in PARAMETERS}
        cohort, is_new = Cohort.objects.get_or_create(year=year, defaults=terms)
        if is_new:
            audit.record("ledger.open", actor=by, at=at, subject=cohort, year=year)
    return cohort
