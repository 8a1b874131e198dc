"""Writes on the value ladder: one version in the making at a time; what has been live never changes afterwards."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from customers import audit
from customers.models import Staff
from segmentation.models import TierPolicy

Status = TierPolicy.Status
IN_THE_MAKING = (Status.DRAFT, Status.PENDING, Status.SCHEDULED)
LIMITS = ("low_from_fen", "potential_from_fen", "mid_from_fen", "high_from_fen", "grace_months")


class NoDraft(Exception):
    """There is no version in the state this needs; somebody else may have moved it on already."""


class DraftChanged(Exception):
    """The draft is not the one the effect was shown for; look at the effect again."""


class VersionWaits(Exception):
    """A version waits for approval or its day; it must be taken back before another one is made."""


class SecondPersonNeeded(Exception):
    """Whoever asked for a version may not approve it."""


@dataclass(frozen=True)
class Ladder:
    """The editable values of a tier policy."""

    low_from_fen: int
    potential_from_fen: int
    mid_from_fen: int
    high_from_fen: int
    grace_months: int = 1
    note: str = ""

    @classmethod
    def of(cls, policy: TierPolicy) -> Ladder:
        """Return the values of a stored policy."""
        return cls(**{name: getattr(policy, name) for name in cls.__dataclass_fields__})


def live_policy() -> TierPolicy:
    """Return the ladder in force; there is always exactly one."""
    return TierPolicy.objects.get(status=Status.LIVE)


def current_draft() -> TierPolicy | None:
    """Return the version in the making, if there is one: draft, waiting for approval or scheduled."""
    return TierPolicy.objects.filter(status__in=IN_THE_MAKING).first()


@transaction.atomic
def save_draft(ladder: Ladder, *, by: Staff, at: dt.datetime) -> TierPolicy:
    """Create the draft or change it. Raises IntegrityError when the ladder does not rise, VersionWaits."""
    live = _lock_live()
    draft = current_draft() or _next_version(live, by=by, at=at)
    if draft.status != Status.DRAFT:
        raise VersionWaits
    for name, value in asdict(ladder).items():
        setattr(draft, name, value)
    draft.save()
    _record("draft", draft, by=by, at=at)
    return draft


@transaction.atomic
def publish_draft(
    seen: Ladder, *, by: Staff, at: dt.datetime, preview: dict[str, Any], effective_on: dt.date | None = None
) -> TierPolicy:
    """Send the draft on its way: to a second person when many would move, else to its day, else into force.

    `seen` is the ladder whose effect the person was shown, `preview` that effect; `effective_on` a day to come.
    Raises DraftChanged when the draft differs, NoDraft when there is none.
    """
    live = _lock_live()
    draft = _held(Status.DRAFT)
    if limits_of(draft) != limits_of(seen):
        raise DraftChanged
    draft.requested_by, draft.requested_at, draft.effective_on = by, at, effective_on
    draft.preview, draft.returned_reason = preview, ""
    if preview.get("moved", 0) >= live.approval_movers:
        return _moved_on(draft, Status.PENDING, "request", by=by, at=at)
    return _enter(draft, live, by=by, at=at)


@transaction.atomic
def approve(*, by: Staff, at: dt.datetime) -> TierPolicy:
    """Let the waiting version through. Raises NoDraft, SecondPersonNeeded."""
    live = _lock_live()
    waiting = _held(Status.PENDING)
    if waiting.requested_by_id == by.pk:
        raise SecondPersonNeeded
    waiting.approved_by, waiting.approved_at = by, at
    _record("approve", waiting, by=by, at=at)
    return _enter(waiting, live, by=by, at=at)


@transaction.atomic
def take_back(*, by: Staff, at: dt.datetime, reason: str = "") -> TierPolicy:
    """Make a waiting or scheduled version a draft again, with the reason. Raises NoDraft."""
    _lock_live()
    waiting = _held(Status.PENDING, Status.SCHEDULED)
    waiting.returned_reason, waiting.approved_by, waiting.approved_at = reason, None, None
    return _moved_on(waiting, Status.DRAFT, "take_back", by=by, at=at)


@transaction.atomic
def discard_draft(*, by: Staff, at: dt.datetime) -> None:
    """Throw the draft away. Raises NoDraft when there is none."""
    draft = _held(Status.DRAFT)
    audit.record("tier_policy.discard", actor=by, at=at, subject=draft, version=draft.version)
    draft.delete()


@transaction.atomic
def roll_back(version: int, *, by: Staff, at: dt.datetime, preview: dict[str, Any]) -> TierPolicy:
    """Put an earlier version's values into force at once, as a new version; a draft in the making stays a draft.

    Raises TierPolicy.DoesNotExist for a version that has never been live, VersionWaits.
    """
    live = _lock_live()
    if TierPolicy.objects.filter(status__in=(Status.PENDING, Status.SCHEDULED)).exists():
        raise VersionWaits
    source = TierPolicy.objects.get(version=version, status=Status.RETIRED)
    restored = _next_version(live, by=by, at=at)
    for name in (*LIMITS, "code_a_tenure_months", "potential_signals", "note"):
        setattr(restored, name, getattr(source, name))
    restored.copy_of, restored.preview, restored.requested_by, restored.requested_at = source, preview, by, at
    return _go_live(restored, live, by=by, at=at)


@transaction.atomic
def activate_due(*, on: dt.date, at: dt.datetime) -> TierPolicy | None:
    """Put the scheduled version into force when its day has come; the night asks before it fixes its plan."""
    due = TierPolicy.objects.filter(status=Status.SCHEDULED, effective_on__lte=on).first()
    if due is None:
        return None
    live = _lock_live()
    return _go_live(_held(Status.SCHEDULED), live, by=due.approved_by or due.requested_by, at=at)


def limits_of(policy: TierPolicy | Ladder) -> dict[str, int]:
    """Return the values that decide about customers."""
    return {name: getattr(policy, name) for name in LIMITS}


def _lock_live() -> TierPolicy:
    """Return the live policy, locked: whoever moves a version on waits for the one before."""
    return TierPolicy.objects.select_for_update().get(status=Status.LIVE)


def _held(*states: str) -> TierPolicy:
    found = TierPolicy.objects.select_for_update().filter(status__in=states).first()
    if found is None:
        raise NoDraft
    return found


def _enter(policy: TierPolicy, live: TierPolicy, *, by: Staff, at: dt.datetime) -> TierPolicy:
    """Schedule the version when its day is to come, else put it into force."""
    if policy.effective_on is not None and policy.effective_on > timezone.localdate(at):
        return _moved_on(policy, Status.SCHEDULED, "schedule", by=by, at=at)
    return _go_live(policy, live, by=by, at=at)


def _go_live(policy: TierPolicy, live: TierPolicy, *, by: Staff | None, at: dt.datetime) -> TierPolicy:
    live.status, live.retired_at = Status.RETIRED, at
    live.save(update_fields=["status", "retired_at"])
    policy.published_by, policy.published_at = by, at
    return _moved_on(policy, Status.LIVE, "publish", by=by, at=at)


def _moved_on(policy: TierPolicy, status: str, action: str, *, by: Staff | None, at: dt.datetime) -> TierPolicy:
    policy.status = status
    policy.save()
    _record(action, policy, by=by, at=at)
    return policy


def _record(action: str, policy: TierPolicy, *, by: Staff | None, at: dt.datetime) -> None:
    audit.record(
        f"tier_policy.{action}", actor=by, at=at, subject=policy, version=policy.version, limits=limits_of(policy)
    )


def _next_version(live: TierPolicy, *, by: Staff, at: dt.datetime) -> TierPolicy:
    newest = TierPolicy.objects.order_by("-version").values_list("version", flat=True)[0]
    return TierPolicy(
        version=newest + 1,
        approval_movers=live.approval_movers,
        code_a_tenure_months=live.code_a_tenure_months,
        potential_signals=live.potential_signals,
        created_by=by,
        created_at=at,
    )
