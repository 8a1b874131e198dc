"""Writes on the value ladder: one draft at a time, published once, never changed afterwards."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

from customers import audit
from customers.models import Staff
from segmentation.models import TierPolicy


class NoDraft(Exception):
    """There is no draft to publish or discard; somebody else may have done so already."""


class DraftChanged(Exception):
    """The draft is not the one the effect was shown for; look at the effect again."""


@dataclass(frozen=True)
class Ladder:
    """The editable values of a tier policy."""

    low_from_fen: int
    potential_from_fen: int
    mid_from_fen: int
    high_from_fen: int
    note: str = ""

    @classmethod
    def of(cls, policy: TierPolicy) -> Ladder:
        """Return the values of a stored policy."""
        return cls(**{name: getattr(policy, name) for name in cls.__dataclass_fields__})


def live_policy() -> TierPolicy:
    """Return the ladder in force; there is always exactly one."""
    return TierPolicy.objects.get(status=TierPolicy.Status.LIVE)


def current_draft() -> TierPolicy | None:
    """Return the draft being edited, if there is one."""
    return TierPolicy.objects.filter(status=TierPolicy.Status.DRAFT).first()


@transaction.atomic
def save_draft(ladder: Ladder, *, by: Staff, at: dt.datetime) -> TierPolicy:
    """Create the draft or change it. Raises IntegrityError when the ladder does not rise."""
    live = TierPolicy.objects.select_for_update().get(status=TierPolicy.Status.LIVE)
    draft = current_draft() or _next_version(live, by=by, at=at)
    for name, value in asdict(ladder).items():
        setattr(draft, name, value)
    draft.save()
    audit.record(
        "tier_policy.draft",
        actor=by,
        at=at,
        subject=draft,
        version=draft.version,
        limits=_limits(draft),
    )
    return draft


@transaction.atomic
def publish_draft(seen: Ladder, *, by: Staff, at: dt.datetime, preview: dict[str, Any]) -> TierPolicy:
    """Make the draft live and retire the policy before it.

    `seen` is the ladder whose effect the person was shown; raises DraftChanged when the draft differs, NoDraft
    when there is none.
    """
    retired = list(TierPolicy.objects.select_for_update().filter(status=TierPolicy.Status.LIVE))
    draft = TierPolicy.objects.select_for_update().filter(status=TierPolicy.Status.DRAFT).first()
    if draft is None:
        raise NoDraft
    if _limits(draft) != {name: getattr(seen, name) for name in _limits(draft)}:
        raise DraftChanged
    TierPolicy.objects.filter(pk__in=[policy.pk for policy in retired]).update(status=TierPolicy.Status.RETIRED)
    draft.status, draft.published_by, draft.published_at, draft.preview = (
        TierPolicy.Status.LIVE,
        by,
        at,
        preview,
    )
    draft.save()
    audit.record(
        "tier_policy.publish",
        actor=by,
        at=at,
        subject=draft,
        version=draft.version,
        limits=_limits(draft),
    )
    return draft


@transaction.atomic
def discard_draft(*, by: Staff, at: dt.datetime) -> None:
    """Throw the draft away. Raises NoDraft when there is none."""
    draft = TierPolicy.objects.select_for_update().filter(status=TierPolicy.Status.DRAFT).first()
    if draft is None:
        raise NoDraft
    audit.record("tier_policy.discard", actor=by, at=at, subject=draft, version=draft.version)
    draft.delete()


def _next_version(live: TierPolicy, *, by: Staff, at: dt.datetime) -> TierPolicy:
    newest = TierPolicy.objects.order_by("-version").values_list("version", flat=True)[0]
    return TierPolicy(
        version=newest + 1,
        code_a_tenure_months=live.code_a_tenure_months,
        potential_signals=live.potential_signals,
        created_by=by,
        created_at=at,
    )


def _limits(policy: TierPolicy) -> dict[str, int]:
    names = ("low_from_fen", "potential_from_fen", "mid_from_fen", "high_from_fen")
    return {name: getattr(policy, name) for name in names}
