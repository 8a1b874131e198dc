"""Writes of the retention app."""

from __future__ import annotations

import datetime as dt

from cvm.lib.months import first_day
from retention.churn import Scorer, to_bytes
from retention.models import ChurnModel


def keep_model(scorer: Scorer, *, trained_at: dt.datetime) -> ChurnModel:
    """Store a fitted scorer with its bytes, hash and figures; older models stay as they are."""
    data, sha256 = to_bytes(scorer)
    return ChurnModel.objects.create(
        kind=scorer.kind,
        trained_at=trained_at,
        month=first_day(scorer.month),
        train_month=_first_day(scorer.learn_month),
        valid_month=_first_day(scorer.check_month),
        features=list(scorer.features),
        metrics=scorer.metrics,
        note=scorer.note,
        sha256=sha256,
        artifact=data,
    )


def _first_day(month: int | None) -> dt.date | None:
    return None if month is None else first_day(month)
