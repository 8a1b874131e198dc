"""By what else customers are counted beside value (S-109 to S-114): small codes, packed into one number per customer.

Each facet has four of the 63 bits of `Standing.facets`, so that a night's lists, files and dashboards all divide the customers the
way the night did, whatever is corrected afterwards.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import IntegerChoices
from django.utils.translation import gettext_lazy as _

from customers import credit as paying
from customers.credit import CreditTerms, credit
from customers.frame import Frame
from customers.models import Customer
from cvm.lib.months import day_number

BITS, MOST = 4, 15
TENURE_FROM_MONTHS = (3, 12, 24, 60, 120)  # each line opens the next band
SOON_DAYS = 92  # "within three months"
MOST_PRODUCTS = 5

Codes = npt.NDArray[np.int64]
Fees = dict[str, npt.NDArray[np.int64]]  # voice, data and value_added, in fen, over the last three bills


class TenureBand(IntegerChoices):
    BELOW_3 = 0, _("Under 3 months")
    BELOW_12 = 1, _("3 to 11 months")
    BELOW_24 = 2, _("12 to 23 months")
    BELOW_60 = 3, _("2 to 4 years")
    BELOW_120 = 4, _("5 to 9 years")
    FROM_120 = 5, _("10 years and longer")


class Structure(IntegerChoices):
    PLAN_ONLY = 0, _("Plan fee only, or no bill")
    VOICE = 1, _("Voice leads")
    DATA = 2, _("Data leads")
    VALUE_ADDED = 3, _("Value-added leads")
    BALANCED = 4, _("Balanced")


class Bundling(IntegerChoices):
    NONE = 0, _("Not bound")
    SOON = 1, _("Bound, ends within 3 months")
    LATER = 2, _("Bound for longer")


class GroupAttribute(IntegerChoices):
    NONE = 0, _("No group")
    A = 1, _("Group class A")
    B = 2, _("Group class B")
    C = 3, _("Group class C")
    D = 4, _("Group class D")
    KEY_PERSON = 5, _("Key person")


class Products(IntegerChoices):
    NONE = 0, _("No product besides the number")
    ONE = 1, _("1 product")
    TWO = 2, _("2 products")
    THREE = 3, _("3 products")
    FOUR = 4, _("4 products")
    FIVE = 5, _("5 products")


class Credit(IntegerChoices):
    UNKNOWN = paying.UNKNOWN, _("Not known")
    GOOD = paying.GOOD, _("Pays on time")
    LATE = paying.LATE, _("Pays late, or low score")
    ARREARS = paying.ARREARS, _("Arrears in the last months")
    OWES = paying.OWES, _("Suspended or cancelled for arrears")
    LISTED = paying.LISTED, _("Black-listed")


# name -> (words of the facet, words of its codes); the place in this table is the place in the packed number
FACETS: dict[str, tuple[Any, type[IntegerChoices]]] = {
    "brand": (_("Brand"), Customer.Brand),
    "tenure_band": (_("Time on the network"), TenureBand),
    "structure": (_("Consumption structure"), Structure),
    "bundling": (_("Bundling"), Bundling),
    "group": (_("Group attribute"), GroupAttribute),
    "payment": (_("Payment mode"), Customer.PayMode),
    "products": (_("Products held"), Products),
    "credit": (_("Credit"), Credit),
}
SHIFT = {name: BITS * place for place, name in enumerate(FACETS)}


def facets(frame: Frame, fees: Fees, terms: CreditTerms | None = None) -> Codes:
    """Return the packed facets of each customer; the frame as `load_frame` gives it, `fees` as `fee_columns`."""
    found = {
        "brand": frame["brand"],
        "tenure_band": np.searchsorted(TENURE_FROM_MONTHS, frame["tenure_months"], side="right"),
        "structure": structure(fees),
        "bundling": _bundling(frame),
        "group": np.where(frame["is_key_person"], GroupAttribute.KEY_PERSON, frame["group_class"]),
        "payment": frame["pay_mode"],
        "products": products(frame),
        "credit": credit(frame, terms),
    }
    packed = np.zeros(len(frame), np.int64)
    for name, code in found.items():
        packed |= code.astype(np.int64) << SHIFT[name]
    return packed


def codes(packed: npt.NDArray[Any], name: str) -> npt.NDArray[Any]:
    """Return one facet out of the packed numbers."""
    return (packed >> SHIFT[name]) & MOST


def structure(fees: Fees) -> npt.NDArray[np.int64]:
    """Return which part leads: more than half of voice, data and value-added together; the plan fee belongs to none.

    Refunds count as nothing. Without any of the three there is no structure.
    """
    parts = np.stack([np.maximum(fees[name], 0) for name in ("voice", "data", "value_added")])
    whole = parts.sum(axis=0)
    leads = 2 * parts > whole
    found = np.where(leads.any(axis=0), 1 + leads.argmax(axis=0), Structure.BALANCED)
    return np.where(whole > 0, found, Structure.PLAN_ONLY)


def products(frame: Frame) -> npt.NDArray[np.int64]:
    """Return how many of five kinds a customer holds: contract, soft bundle or V-net, own broadband, family, group."""
    kinds = (
        frame["bundle_count"] > 0,
        (frame["soft_bundle_count"] > 0) | (frame["vnet"] > 0),
        frame["broadband_carrier"] == Customer.BroadbandCarrier.OWN,
        frame["is_in_family"],
        frame["group_class"] > 0,
    )
    return np.sum([kind.astype(np.int64) for kind in kinds], axis=0)


def _bundling(frame: Frame) -> npt.NDArray[np.int64]:
    """Free is who has no contract; who has several is bound until the last one ends."""
    is_soon = frame["bundle_end_day"] <= day_number(frame.as_of) + SOON_DAYS
    bound = np.where(is_soon, Bundling.SOON, Bundling.LATER)
    return np.where(frame["bundle_count"] > 0, bound, Bundling.NONE)
