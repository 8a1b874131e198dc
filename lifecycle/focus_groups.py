"""What people do with a focus group: convene it, invite, say who was there, record needs, note ideas."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from customers import audit
from customers.models import Need, NeedKind, Run, Staff
from customers.need_actions import record_need
from lifecycle.models import FocusGroup, FocusGroupMember, OfferIdea

Status = FocusGroupMember.Status
# where a member may go from where
NEXT = {
    Status.DRAWN: (Status.INVITED, Status.DECLINED),
    Status.INVITED: (Status.ATTENDED, Status.ABSENT, Status.DECLINED),
    Status.DECLINED: (),
    Status.ATTENDED: (Status.ABSENT,),
    Status.ABSENT: (Status.ATTENDED,),
}


class StepNotOpen(Exception):
    """The member is not where this step begins; somebody else may have moved it on already."""


class NobodyToDraw(Exception):
    """No customer of the stage may be contacted."""


class WasNotThere(Exception):
    """A need is recorded of somebody who was there."""


@transaction.atomic
def convene(
    *,
    name: str,
    topic: str,
    stage: int,
    size: int,
    seed: int,
    run: Run,
    drawn: Sequence[int],
    candidates: int,
    passed_over: int,
    meets_on: dt.date | None,
    by: Staff,
    at: dt.datetime,
) -> FocusGroup:
    """Keep a drawing as a group. Raises NobodyToDraw."""
    if not drawn:
        raise NobodyToDraw
    group = FocusGroup.objects.create(
        name=name, topic=topic, stage=stage, size=size, seed=seed, run=run, candidates=candidates,
        passed_over=passed_over, meets_on=meets_on, created_by=by, created_at=at,
    )  # fmt: skip
    FocusGroupMember.objects.bulk_create(
        FocusGroupMember(group=group, customer_id=pk, position=place) for place, pk in enumerate(drawn, start=1)
    )
    detail = {"stage": stage, "seed": seed, "drawn": len(drawn), "passed_over": passed_over}
    audit.record("focus_group.convene", actor=by, at=at, subject=group, run=run.pk, **detail)
    return group


@transaction.atomic
def move_on(member: FocusGroupMember, *, to: str, by: Staff, at: dt.datetime) -> None:
    """Say that a member was invited, declined, was there or not. Raises StepNotOpen."""
    begins = [status for status, open_steps in NEXT.items() if to in open_steps]
    moved = FocusGroupMember.objects.filter(pk=member.pk, status__in=begins).update(status=to, changed_at=at)
    if not moved:
        raise StepNotOpen(to)
    audit.record("focus_group.member", actor=by, at=at, subject=member, group=member.group_id, to=to)


@transaction.atomic
def record(member: FocusGroupMember, *, text: str, by: Staff, at: dt.datetime) -> Need:
    """Record what somebody who was there needs; it enters the loop of all needs. Raises WasNotThere, UnknownNeed."""
    if not FocusGroupMember.objects.filter(pk=member.pk, status=Status.ATTENDED).exists():
        raise WasNotThere
    need = record_need(member.customer, text=text, by=by, at=at).need
    member.needs.add(need)
    return need


@transaction.atomic
def note_idea(
    group: FocusGroup, *, kind: NeedKind, words: str, offer_code: str, by: Staff, at: dt.datetime
) -> OfferIdea:
    """Note what could answer a kind of need the group spoke of."""
    idea = OfferIdea.objects.create(
        group=group, kind=kind, words=words, offer_code=offer_code, created_by=by, created_at=at
    )
    audit.record("focus_group.idea", actor=by, at=at, subject=idea, group=group.pk, kind=kind.code, offer=offer_code)
    return idea
