"""The two panels of the 360 page: what the customer needs, and how well we know them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.urls import reverse

from customers import contact_panel
from customers.access import can
from customers.models import Customer


def panel(customer: Customer, *, user: Any, now: dt.datetime) -> dict[str, Any]:
    """Return the context of customers/_panel_needs.html and customers/_panel_upkeep.html; one query.

    Keys: `known` (contact_panel.Known), `need_url`, `dismiss_url`, `field_url` (empty where the person may not),
    `step_urls` (name of a step -> address, for who analyses).
    """
    may_record, may_correct = can(user, "needs.record"), can(user, "customers.correct")
    steps = ("analyse", "apply", "drop") if can(user, "needs.analyse") else ()
    return {
        "known": contact_panel.known(customer, user=user, now=now),
        "need_url": reverse("customer-need", args=[customer.pk]) if may_record else "",
        "dismiss_url": reverse("customer-need-dismissal", args=[customer.pk]) if may_record else "",
        "field_url": reverse("customer-field", args=[customer.pk]) if may_correct else "",
        "step_urls": {step: reverse(f"needs-{step}") for step in steps},
    }
