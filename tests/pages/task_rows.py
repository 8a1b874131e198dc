"""Tasks for the tests of pages and API."""

import datetime as dt
import itertools

from django.utils import timezone

from callcenter.models import Dispatch
from customers.models import Consent
from lifecycle.models import MomentKind

SERIAL = itertools.count()


def a_kind(moment):
    """Return the kind with this code, made where the catalogue has none yet."""
    texts = {f"{name}_{language}": moment for name in ("name", "action", "script") for language in ("zh", "en")}
    newest = MomentKind.objects.order_by("-bit").first()
    values = texts | {"bit": newest.bit + 1 if newest else 0, "category": moment[0], "cool_down_days": 20}
    return MomentKind.objects.get_or_create(code=moment, defaults=values)[0]


def make_task(customer, moment="C1", **values):
    """Issue a task of a kind (an empty code: a warning) for a customer, due tomorrow unless told otherwise."""
    at = values.pop("at", timezone.now())
    known = {
        "kind": a_kind(moment) if moment else None,
        "is_lead": True,
        "county_id": customer.county_id,
        "manager_id": customer.manager_id or 0,
        "level": 1,
        "priority": 5,
        "detected_at": at,
        "due_at": at + dt.timedelta(days=1),
        "expires_at": at + dt.timedelta(days=30),
        "channel": "call",
        "owner_role": "phone_manager",
        "owner_id": customer.manager_id,
        "gate_rule": "allowed",
    }
    if "owner" in values:
        del known["owner_id"]
    return Dispatch.objects.create(customer=customer, **known | values)


def close(task, result="accepted", *, at=None, **values):
    """Close a task with a result."""
    at = at or timezone.now()
    Dispatch.objects.filter(pk=task.pk).update(status="closed", result=result, closed_at=at, attempted_at=at, **values)


def agree(customer, *channels):
    """Let a customer agree to channels."""
    for channel in channels:
        Consent.objects.update_or_create(
            customer=customer,
            channel=channel,
            defaults={"is_given": True, "said_at": timezone.now(), "source": f"t{next(SERIAL)}"},
        )
