"""The lines of the header: may we call, the counter prompt, who protects whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

import callcenter.panels
import retention.panels
import segmentation.panels
from customers.models import Bundle, Customer, Run, Standing
from customers.panels import Term, age_years, day_text
from retention.policies import ContactTerms, contact_terms_of, live_contact_policy
from segmentation import protection, stickiness
from segmentation.models import Code, CohortState


def may_call(customer: Customer, found: Mapping[str, Any], *, run: Run | None, now: dt.datetime) -> list[Any]:
    """Return the gate's verdict on a call now, by the contact policy of the night (the live one before the first)."""
    terms = ContactTerms(**run.plan["contact"]) if run else contact_terms_of(live_contact_policy())
    said = {name: found[name] for name in ("lists", "consents", "quiet")}
    known = retention.panels.facts(customer, **said)
    history = callcenter.panels.history(found["contacts"], found["home_day"], at=now)
    return retention.panels.may_call(known, history, terms, at=now)


def prompt(standing: Standing | None, terms: list[Term], *, offer: str, sees_value: bool) -> str:
    """Return the counter prompt, one of its four cases (DOMAIN 5.1); the cohort is named only to who may see value."""
    if standing is None:
        return ""
    if standing.cohort_state == CohortState.OUTSIDE:
        return _("Not in the cohort.") if sees_value else _("Nothing to recommend today.")
    if not offer:
        return _("In the cohort: nothing to recommend today.") if sees_value else _("Nothing to recommend today.")
    advice = _advice(terms, offer=offer)
    return _("In the cohort: %(advice)s") % {"advice": advice} if sees_value else advice


def _advice(terms: list[Term], *, offer: str) -> str:
    last = _last_of(terms)
    if last is None:
        return _("Never had a bundle: recommend “%(offer)s”.") % {"offer": offer}
    if last.end_date is None:
        return _("Bundle “%(bundle)s” runs without end: recommend “%(offer)s”.") % {
            "bundle": last.product_name,
            "offer": offer,
        }
    words = {"bundle": last.product_name, "day": day_text(last.end_date), "offer": offer}
    return _("Last bundle “%(bundle)s” ends on %(day)s: recommend “%(offer)s”.") % words


def _last_of(terms: list[Term]) -> Bundle | None:
    """Return the hard bundle that binds longest, also one that has ended; None without any."""
    hard = [term.bundle for term in terms if term.is_hard and term.bundle.status != Bundle.Status.CANCELLED]
    return max(hard, key=lambda bundle: (bundle.end_date or dt.date.max, bundle.pk), default=None)


def protections(
    customer: Customer, found: Mapping[str, Any], *, strong_a: int, today: dt.date, names_codes: bool
) -> list[str]:
    """Return why this customer is protected, in words; empty when nothing protects.

    `strong_a`: how many code A customers talk with them a fifth of the time or more.
    """
    age = age_years(customer, on=today)
    values = {
        "family_role": customer.family_role,
        "is_key_person": customer.is_key_person,
        "group_class": customer.group.group_class if customer.group else 0,
        "has_relative_a": any(row["code"] == Code.A for row in found["family"]),
        "age_years": -1 if age is None else age,
        "open_complaints": found["complaints"]["open"],
        "has_circle_a": strong_a > 0,
    }
    bits = protection.protection({name: np.array([value]) for name, value in values.items()})
    return segmentation.panels.protections(int(bits[0]), names_codes=names_codes)


def ties(
    customer: Customer, terms: list[Term], *, today: dt.date, weights: stickiness.StickinessWeights
) -> tuple[stickiness.Part, ...]:
    """Return the parts of the stickiness index."""
    hard = [term for term in terms if term.is_running and term.is_hard]
    months = [stickiness.CONTRACT_MONTHS if term.months_left is None else term.months_left for term in hard]
    soft = [term for term in terms if term.is_running and not term.is_hard and term.bundle.kind != Bundle.Kind.VNET]
    return stickiness.stickiness(
        stickiness.Ties(
            bound_months=max(months, default=0),
            vnet=customer.vnet,
            has_family=customer.family_id is not None,
            soft_bundles=len(soft),
            tenure_months=(today.year - customer.join_date.year) * 12 + today.month - customer.join_date.month,
            pays_by_itself=customer.pay_mode in stickiness.PAYS_BY_ITSELF,
        ),
        weights,
    )
