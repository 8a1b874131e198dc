"""Have a churn model for the newest month: learn one, once a month, from the same frames the buckets will read."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator

from customers.frame import Frame
from customers.frames import load_frame
from customers.models import Run
from cvm.lib.months import first_day, month_of
from retention import churn
from retention.models import ChurnModel


def train(run: Run, *, at: dt.datetime) -> None:
    """Fix the run's churn model: the last one of its newest month, or a new one."""
    model = ChurnModel.objects.filter(month=run.month).order_by("-trained_at", "-pk").only("pk", "sha256").first()
    if model is None:
        model = learn(run, at=at)
    run.plan["model"] = {"id": model.pk, "sha256": model.sha256}
    run.policies["model"] = model.pk
    run.save(update_fields=["plan", "policies"])


def learn(run: Run, *, at: dt.datetime) -> ChurnModel:
    """Fit, check on a later time and store a model."""
    month, months = month_of(run.month), run.plan["history_months"]
    scorer = churn.fit(_frames(run, months), customers=run.customers, month=month, months=months)
    artifact, sha256 = churn.to_bytes(scorer)
    return ChurnModel.objects.create(
        kind=scorer.kind,
        trained_at=at,
        month=run.month,
        train_month=_first_day(scorer.learn_month),
        valid_month=_first_day(scorer.check_month),
        features=list(scorer.features),
        metrics=scorer.metrics,
        note=scorer.note,
        sha256=sha256,
        artifact=artifact,
    )


@functools.lru_cache(maxsize=2)
def scorer_of(*, id: int, sha256: str) -> churn.Scorer:
    """Return a stored model, kept in the worker between buckets; raises WrongHash when it is not the run's."""
    return churn.from_bytes(bytes(ChurnModel.objects.only("artifact").get(pk=id).artifact), sha256)


def _frames(run: Run, months: int) -> Iterator[Frame]:
    """Yield the frames of all buckets, one at a time."""
    for bucket in range(run.buckets):
        yield load_frame(bucket=bucket, as_of=run.as_of, month=month_of(run.month), months=months)


def _first_day(month: int | None) -> dt.date | None:
    return None if month is None else first_day(month)
