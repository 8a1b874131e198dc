"""Words for what the churn model says about itself."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from retention.models import ChurnModel

NOTES = {
    "few_months": _("Score card: %(months)d months of history; learning needs %(needed)d."),
    "few_lost": _("Score card: only %(found)d lost or kept customers on one side; learning needs %(needed)d."),
    "weak": _("Score card: what was learned did not hold on the later time (AUC %(auc).2f)."),
}


def note_of(model: ChurnModel) -> str:
    """Return why the score card does the work, in the reader's language; empty for a learned model."""
    return str(NOTES[model.note]) % model.metrics if model.note else ""
