"""What people do with segments. Each is one transaction and leaves a trace; rules come in checked (segments.py)."""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from customers import audit
from customers.access import PHONE, can
from customers.models import Staff
from segmentation.models import Segment, SegmentVersion
from segmentation.segments import Rule, inner_first, readers_of


class NotYours(Exception):
    """A locked segment, and a circle, is changed by its owner only."""


class SegmentChanged(Exception):
    """Somebody else has saved another version meanwhile, or taken the segment out of use."""


class LockOver(Exception):
    """The last day of a lock lies in the past."""


class SegmentInUse(Exception):
    """Rules of other segments read this one."""


def may_change(segment: Segment, user: Staff, *, on: dt.date) -> bool:
    """Return whether this person may change the segment that day: common ones are open until their owner locks them."""
    if not can(user, "segments.edit") or not segment.is_active:
        return False
    is_own_only = segment.is_locked_on(on) or segment.is_circle or user.role == PHONE
    return segment.owner_id == user.pk or not is_own_only


@transaction.atomic
def create_segment(*, name: str, meaning: str, rule: Rule, by: Staff, at: dt.datetime) -> Segment:
    """Keep a rule under a name; a phone manager's is a circle. Raises IntegrityError `segment_name_once_per_owner`."""
    segment = Segment.objects.create(name=name, meaning=meaning, owner=by, is_circle=by.role == PHONE)
    SegmentVersion.objects.create(segment=segment, number=1, rule=rule, created_by=by, created_at=at)
    audit.record("segment.create", actor=by, at=at, subject=segment, version=1)
    return segment


@transaction.atomic
def change_segment(
    segment: Segment, *, name: str, meaning: str, rule: Rule, seen: int, by: Staff, at: dt.datetime
) -> Segment:
    """Rename, and put a new version into force when the rule differs; `seen` is the version the person saw.

    Raises NotYours, SegmentChanged, SegmentCycle; IntegrityError `segment_name_once_per_owner`.
    """
    _hold_rules()
    if not may_change(segment, by, on=timezone.localdate(at)):
        raise NotYours
    rules = current_rules()
    is_new = rules.get(segment.pk) != rule
    number = seen + 1 if is_new else seen
    inner_first(rules | {segment.pk: rule})
    held = Segment.objects.filter(pk=segment.pk, version=seen, is_active=True)
    if not held.update(name=name, meaning=meaning, version=number):
        raise SegmentChanged
    if is_new:
        SegmentVersion.objects.create(segment=segment, number=number, rule=rule, created_by=by, created_at=at)
    audit.record("segment.change", actor=by, at=at, subject=segment, version=number)
    return Segment.objects.get(pk=segment.pk)


@transaction.atomic
def lock_segment(
    segment: Segment, *, is_locked: bool, until: dt.date | None = None, by: Staff, at: dt.datetime
) -> None:
    """Lock a segment, for good or with a last day, or open it again; its owner's decision. Raises NotYours, LockOver."""
    if segment.owner_id != by.pk or not can(by, "segments.edit"):
        raise NotYours
    today, until = timezone.localdate(at), until if is_locked else None
    if until is not None and until < today:
        raise LockOver
    holds = Q(is_locked=True) & (Q(locked_until=None) | Q(locked_until__gte=today))
    other = ~holds if is_locked else Q(is_locked=True)
    if Segment.objects.filter(other, pk=segment.pk, is_active=True).update(is_locked=is_locked, locked_until=until):
        told = {"until": str(until)} if until else {}
        audit.record("segment.lock" if is_locked else "segment.unlock", actor=by, at=at, subject=segment, **told)


@transaction.atomic
def retire_segment(segment: Segment, *, by: Staff, at: dt.datetime) -> None:
    """Take a segment out of use; its versions and sizes stay. Raises NotYours, SegmentInUse, SegmentChanged."""
    _hold_rules()
    if not may_change(segment, by, on=timezone.localdate(at)):
        raise NotYours
    if readers_of(segment.pk, current_rules()):
        raise SegmentInUse
    if not Segment.objects.filter(pk=segment.pk, is_active=True).update(is_active=False):
        raise SegmentChanged
    audit.record("segment.retire", actor=by, at=at, subject=segment)


def current_rules() -> dict[int, Rule]:
    """Return the rule in force of every segment in use."""
    return {segment.pk: segment.rule for segment in Segment.objects.filter(is_active=True).with_rule()}


def _hold_rules() -> None:
    """Two people changing rules at once take turns, else both could close a circle neither saw."""
    with connection.cursor() as cursor:
        cursor.execute("lock table segmentation_segmentversion in share row exclusive mode")
