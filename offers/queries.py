"""Reads of the catalogue."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from django.utils.translation import gettext_lazy as _

from lifecycle.models import MomentKind
from offers import eligible
from offers.eligible import ArmTerms, Catalogue, catalogue_of
from offers.models import Experiment, ExperimentArm, ExperimentMember, Offer

VERDICTS = {
    eligible.SUGGESTED: _("Suggested"),
    eligible.OUTRANKED: _("Another offer is worth more or answers something more urgent"),
    eligible.NO_OCCASION: _("Answers no open moment of this customer"),
    eligible.BOUND: _("The customer is already bound"),
    eligible.HAS_BROADBAND: _("The customer already has our broadband"),
    eligible.COSTLY_FOR_C: _("Too costly without signals of potential"),
    eligible.ABOVE_AUTHORITY: _("Above what a phone manager may give"),
    eligible.BUDGET_SPENT: _("Above what is left of this year's budget for the customer"),
    eligible.NOT_WORTH: _("Would cost more than it is expected to keep"),
    eligible.OTHER_STAGE: _("For customers in another stage of life"),
    eligible.OTHER_ARM: _("Not to be offered at present"),  # that a test keeps it back is not told
    eligible.LACKS_TAG: _("Only for customers with a certain tag"),
    eligible.HAS_TAG: _("Not for customers with a certain tag"),
}

FIELDS = (
    "pk",
    "family",
    "cost_fen",
    "binding_months",
    "save_permille",
    "moments",
    "priority",
    "stages",
    "needs_tag__bit",
    "not_for_tag__bit",
)


def load_catalogue() -> Catalogue:
    """Return the active offers as the rules want them."""
    offers = Offer.objects.filter(is_active=True).order_by("priority", "pk").values(*FIELDS)
    catalogue = catalogue_of(offers, bits=dict(MomentKind.objects.values_list("code", "bit")))
    return replace(catalogue, arms=running_arms())


def running_arms() -> tuple[ArmTerms, ...]:
    """Return the arms of the running tests as the rules want them."""
    running = ExperimentArm.objects.filter(experiment__status=Experiment.Status.RUNNING)
    rows = list(running.order_by("pk").values_list("pk", "experiment_id", "offer_id"))
    return tuple(
        ArmTerms(
            id=pk,
            offer_id=offer or 0,
            rivals=tuple(other for _pk, test, other in rows if test == experiment and other and other != offer),
        )
        for pk, experiment, offer in rows
    )


def running_members() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return who is in a running test: main records, ascending, and the test of each. A customer is in at most one."""
    rows = ExperimentMember.objects.filter(is_held=True).counted().order_by("main").values_list("main", "experiment_id")
    found = np.array(list(rows), np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]
