"""Words for what the churn model says about itself."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from customers.models import Run
from retention.churn_metrics import promise_error
from retention.models import ChurnModel

NOTES = {
    "few_months": _("Score card: %(months)d months of history; learning needs %(needed)d."),
    "few_lost": _("Score card: only %(found)d lost or kept customers on one side; learning needs %(needed)d."),
    "weak": _("Score card: what was learned did not hold on the later time (AUC %(auc).2f)."),
}


def note_of(model: ChurnModel) -> str:
    """Return why the score card does the work, in the reader's language; empty for a learned model."""
    return str(NOTES[model.note]) % model.metrics if model.note else ""


@dataclass(frozen=True)
class Doubt:
    """By which share what a run's model promises may be wrong; None where that was never checked."""

    share: float | None

    def half_fen(self, promised_fen: int) -> int | None:
        """Return half the width of the range around an amount that rests on promised departures."""
        return None if self.share is None else round(abs(promised_fen) * self.share)


def doubt_of(run: Run) -> Doubt:
    """Return how far the promises of a run's churn model carry (formula: churn_metrics.promise_error)."""
    model = ChurnModel.objects.filter(pk=run.plan.get("model", {}).get("id")).only("metrics").first()
    return Doubt(promise_error(model.metrics) if model else None)
