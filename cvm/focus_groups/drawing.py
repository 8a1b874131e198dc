"""Whom a focus group is drawn from: customers of the stage the person may see, past the contact gate's hard blocks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from django.db.models import Exists, OuterRef

from customers.frame import Frame
from customers.loading.profile import LISTS
from customers.models import Consent, Customer, DoNotDisturb, Run, Staff, Standing
from cvm.lib.months import month_of
from lifecycle.drawing import in_drawn_order
from retention.gate import hard_block_columns

BATCH = 200


@dataclass(frozen=True)
class Drawing:
    """Who was drawn, of how many, and how many before them were passed over."""

    drawn: list[int]
    candidates: int
    passed_over: int


def draw(*, run: Run, stage: int, size: int, seed: int, by: Staff, at: dt.datetime) -> Drawing:
    """Draw so many customers of a stage in the seed's order; whom the gate never lets anybody contact is passed over."""
    found = Standing.objects.filter(run=run, stage=stage).visible_to(by)
    order = in_drawn_order(found.values_list("customer_id", flat=True), seed=seed)
    drawn: list[int] = []
    passed_over = 0
    for start in range(0, len(order), BATCH):
        free = _may_be_contacted(order[start : start + BATCH], run=run, at=at)
        for pk in order[start : start + BATCH]:
            if len(drawn) == size:
                return Drawing(drawn, len(order), passed_over)
            if pk in free:
                drawn.append(pk)
            else:
                passed_over += 1
    return Drawing(drawn, len(order), passed_over)


def _may_be_contacted(ids: list[int], *, run: Run, at: dt.datetime) -> set[int]:
    """Return whom no hard block of the gate stops: lists, do-not-disturb, no consent to calls."""
    running = DoNotDisturb.objects.in_force(at).filter(customer=OuterRef("pk"))
    agreed = Consent.objects.filter(customer=OuterRef("pk"), channel=Consent.Channel.CALL, is_given=True)
    rows = list(
        Customer.objects.filter(pk__in=ids, merged_into=None)
        .annotate(do_not_call=Exists(running), has_call_consent=Exists(agreed))
        .values("pk", *LISTS, "do_not_call", "has_call_consent")
    )
    columns = {name: np.array([row[name] for row in rows], np.bool_) for name in (*LISTS, "do_not_call")}
    columns["has_call_consent"] = np.array([row["has_call_consent"] for row in rows], np.bool_)
    columns["id"] = np.array([row["pk"] for row in rows], np.int32)
    frame = Frame(as_of=run.as_of, month=month_of(run.month), columns=columns, history={})
    return set(frame["id"][~hard_block_columns(frame)].tolist())
