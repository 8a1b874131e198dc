"""Reads of the churn models: the one that scores a month, and the words beside it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from cvm.lib.months import first_day, month_of
from retention.churn import Scorer, from_bytes
from retention.models import ChurnModel

NOTES = {
    "few_months": _("Score card: %(months)d months of history; learning needs %(needed)d."),
    "few_lost": _("Score card: only %(found)d lost or kept customers on one side; learning needs %(needed)d."),
    "weak": _("Score card: what was learned did not hold on the later time (AUC %(auc).2f)."),
}


def latest_model(*, month: int) -> ChurnModel | None:
    """Return the newest model fitted for this bill month or an earlier one, or None before the first training."""
    models = ChurnModel.objects.filter(month__lte=first_day(month))
    return models.order_by("-month", "-trained_at", "-id").first()


def scorer_of(model: ChurnModel) -> Scorer:
    """Return the scorer of a stored model; raises retention.churn.WrongHash when its bytes were changed."""
    return from_bytes(bytes(model.artifact), model.sha256)


def needs_training(*, month: int) -> bool:
    """Return whether no model was fitted for this bill month yet."""
    model = latest_model(month=month)
    return model is None or month_of(model.month) < month


def note_of(model: ChurnModel) -> str:
    """Return why the score card does the work, in the reader's language; empty for a learned model."""
    return str(NOTES[model.note]) % model.metrics if model.note else ""
