"""Everything the page shows of one customer in one statement, so that all of it is of the same instant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

import callcenter.panels
import lifecycle.panels
import offers.panels
import segmentation.panels
from customers import queries360
from customers.models import Bundle, Customer, MonthlyBill, Run, Standing
from customers.panels import BILL_MONTHS, model_of
from cvm.lib.months import first_day, month_of
from lifecycle.models import Playbook

YEAR = dt.timedelta(days=365)
CIRCLE_MONTHS = 3  # a tie not seen for longer is no tie any more
PARTS = (
    queries360.PARTS
    | segmentation.panels.PARTS
    | lifecycle.panels.PARTS
    | offers.panels.PARTS
    | callcenter.panels.PARTS
)
ROWS_OF = {"bills": MonthlyBill, "bundles": Bundle}


def read_all(known: dict[str, Any], **more: str) -> dict[str, Any]:
    """Return every part: bills, bundles and standing as instances of their models, the other rows as mappings."""
    found = read(PARTS, known, **more)
    for name in PARTS.keys() - {
        "standing",
        "complaints",
        "home_day",
        "lists",
        "payments",
        "layer_owners",
        "tags",
        "loyalty",
        "playbook",
    }:
        found[name] = found[name] or []
    found |= {name: [model_of(model, row) for row in found[name]] for name, model in ROWS_OF.items()}
    found["playbook"] = model_of(Playbook, found["playbook"]) if found["playbook"] else None
    found["standing"] = model_of(Standing, found["standing"]) if found["standing"] else None
    return found


def parameters(customer: Customer, *, run: Run | None, now: dt.datetime) -> dict[str, Any]:
    """Return the parameters every sub-select of the page knows."""
    today = timezone.localdate(now)
    newest = run.month if run else today.replace(day=1)
    return {
        "id": customer.pk,
        "run": run.pk if run else None,
        "as_of": run.as_of if run else today,
        "cust_code": customer.cust_code,
        "family": customer.family_id,
        "zone": settings.TIME_ZONE,
        "at": now,
        "today": today,
        "newest": newest,
        "circle_from": first_day(month_of(newest) - CIRCLE_MONTHS + 1),
        "first_month": first_day(month_of(newest) - BILL_MONTHS + 1),
        "year_ago": now - YEAR,
    }


def read(parts: Iterable[str], known: dict[str, Any], **more: str) -> dict[str, Any]:
    """Return the JSON value of each part, by one query; `more` are sub-selects beside those of the apps."""
    wanted = {name: PARTS[name] for name in parts} | more
    columns = ",\n".join(f"({sql}) as {name}" for name, sql in wanted.items())
    with connection.cursor() as cursor:
        cursor.execute(f"{queries360.PEOPLE}\nselect {columns}", known)
        return dict(zip(wanted, cursor.fetchone(), strict=True))
