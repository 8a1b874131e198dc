"""Reads of the catalogue."""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.utils.translation import gettext_lazy as _

from lifecycle.models import MomentKind
from offers import eligible
from offers.eligible import Catalogue, OfferTerms
from offers.models import Offer

VERDICTS = {
    eligible.SUGGESTED: _("Suggested"),
    eligible.OUTRANKED: _("Another offer is worth more or answers something more urgent"),
    eligible.NO_OCCASION: _("Answers no open moment of this customer"),
    eligible.BOUND: _("The customer is already bound"),
    eligible.HAS_BROADBAND: _("The customer already has our broadband"),
    eligible.COSTLY_FOR_C: _("Too costly without signals of potential"),
    eligible.ABOVE_AUTHORITY: _("Above what a phone manager may give"),
    eligible.NOT_WORTH: _("Would cost more than it is expected to keep"),
}

# Most urgent first: what saves, then what cares, then what sells (DOMAIN 2.2, arbitration).
CATEGORIES = (MomentKind.Category.RETENTION, MomentKind.Category.CARE, MomentKind.Category.MARKETING)


def load_catalogue() -> Catalogue:
    """Return the active offers with their moment codes as bits; codes without a moment kind are left out."""
    kinds = {kind.code: kind for kind in MomentKind.objects.order_by("code")}
    ordered = sorted(kinds.values(), key=lambda kind: (CATEGORIES.index(kind.category), kind.code))
    offers = Offer.objects.filter(is_active=True).order_by("priority", "id")
    return Catalogue(
        offers=tuple(_terms(offer, {code: 1 << kind.bit for code, kind in kinds.items()}) for offer in offers),
        bits_by_urgency=tuple(1 << kind.bit for kind in ordered),
    )


def offers_by_id(ids: set[int]) -> dict[int, Offer]:
    """Return the offers with these ids; 0 (none) and unknown ids are simply not there."""
    return Offer.objects.in_bulk(ids - {0})


def _terms(offer: Offer, bits: dict[str, int]) -> OfferTerms:
    return OfferTerms(
        id=offer.pk,
        family=offer.family,
        cost_fen=offer.cost_fen,
        binding_months=offer.binding_months,
        save_permille=offer.save_permille,
        moment_bits=reduce(or_, (bits.get(code, 0) for code in offer.moments), 0),
        priority=offer.priority,
    )
