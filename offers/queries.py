"""Reads of the catalogue."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from lifecycle.models import MomentKind
from offers import eligible
from offers.eligible import Catalogue, catalogue_of
from offers.models import Offer

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
    return catalogue_of(offers, bits=dict(MomentKind.objects.values_list("code", "bit")))
