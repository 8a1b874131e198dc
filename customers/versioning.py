"""The way of a policy kept in versions: one version in the making at a time; what has been live never changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from customers import audit
from customers.models import PolicyVersion, Staff

P = TypeVar("P", bound=PolicyVersion)
Status = PolicyVersion.Status
IN_THE_MAKING = (Status.DRAFT, Status.PENDING, Status.SCHEDULED)


class NoDraft(Exception):
    """There is no version in the state this needs; somebody else may have moved it on already."""


class DraftChanged(Exception):
    """The draft is not the one the effect was shown for; look at the effect again."""


class VersionWaits(Exception):
    """A version waits for approval or its day; it must be taken back before another one is made."""


class SecondPersonNeeded(Exception):
    """Whoever asked for a version may not approve it."""


@dataclass(frozen=True)
class Compared:
    """How many customers a verdict had in the preview and in the night: a band, a stage."""

    value: int
    previewed: int
    resulted: int


@dataclass(frozen=True)
class Comparison:
    """The live version's preview against the published run; not computed until a night has used the version."""

    is_computed: bool
    rows: list[Compared]
    codes: list[Compared] = field(default_factory=list)  # of the ladder, where its preview told them

    @property
    def is_equal(self) -> bool:
        return all(row.previewed == row.resulted for row in (*self.rows, *self.codes))


@dataclass(frozen=True)
class Way(Generic[P]):
    """How the versions of one policy come into force.

    `decides` names the fields that decide about customers, `carried` those a new version takes over from the one in
    force, `within` the fixed values of a policy that exists several times. `name` begins the names in the audit.
    """

    model: type[P]
    name: str
    decides: tuple[str, ...]
    carried: tuple[str, ...] = ()
    within: Mapping[str, Any] = field(default_factory=dict)

    def versions(self) -> QuerySet[P]:
        """Return all versions."""
        return self.model._default_manager.filter(**self.within)

    def live(self) -> P:
        """Return the version in force; there is always exactly one."""
        return self.versions().get(status=Status.LIVE)

    def in_the_making(self) -> P | None:
        """Return the version in the making, if there is one: draft, waiting for approval or scheduled."""
        return self.versions().filter(status__in=IN_THE_MAKING).first()

    def on(self, day: dt.date) -> P | None:
        """Return the version that was in force at the end of a day (business time zone); None before the first."""
        zone = timezone.get_default_timezone()
        midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=zone)
        begun = self.versions().filter(published_at__lt=midnight)
        return begun.filter(Q(retired_at=None) | Q(retired_at__gte=midnight)).order_by("-version").first()

    @transaction.atomic
    def save_draft(self, values: Mapping[str, Any], *, by: Staff, at: dt.datetime) -> P:
        """Create the draft or change it. Raises IntegrityError when the values contradict each other, VersionWaits."""
        live = self._lock_live()
        draft = self.in_the_making() or self._next_version(live, by=by, at=at)
        if draft.status != Status.DRAFT:
            raise VersionWaits
        for name, value in values.items():
            setattr(draft, name, value)
        draft.save()
        self._record("draft", draft, by=by, at=at)
        return draft

    @transaction.atomic
    def publish_draft(
        self,
        seen: Mapping[str, Any],
        *,
        by: Staff,
        at: dt.datetime,
        preview: dict[str, Any],
        effective_on: dt.date | None = None,
    ) -> P:
        """Send the draft on its way: to a second person when many would move, else to its day, else into force.

        `seen` are the values whose effect the person was shown, `preview` that effect; `effective_on` a day to come.
        Raises DraftChanged when the draft differs, NoDraft when there is none.
        """
        live = self._lock_live()
        draft = self._held(Status.DRAFT)
        if self.decided(draft) != {name: seen[name] for name in self.decides}:
            raise DraftChanged
        draft.requested_by, draft.requested_at, draft.effective_on = by, at, effective_on
        draft.preview, draft.returned_reason = preview, ""
        if preview.get("moved", 0) >= live.approval_movers:
            return self._moved_on(draft, Status.PENDING, "request", by=by, at=at)
        return self._enter(draft, live, by=by, at=at)

    @transaction.atomic
    def approve(self, *, by: Staff, at: dt.datetime) -> P:
        """Let the waiting version through. Raises NoDraft, SecondPersonNeeded."""
        live = self._lock_live()
        waiting = self._held(Status.PENDING)
        if waiting.requested_by_id == by.pk:
            raise SecondPersonNeeded
        waiting.approved_by, waiting.approved_at = by, at
        self._record("approve", waiting, by=by, at=at)
        return self._enter(waiting, live, by=by, at=at)

    @transaction.atomic
    def take_back(self, *, by: Staff, at: dt.datetime, reason: str = "") -> P:
        """Make a waiting or scheduled version a draft again, with the reason. Raises NoDraft."""
        self._lock_live()
        waiting = self._held(Status.PENDING, Status.SCHEDULED)
        waiting.returned_reason, waiting.approved_by, waiting.approved_at = reason, None, None
        return self._moved_on(waiting, Status.DRAFT, "take_back", by=by, at=at)

    @transaction.atomic
    def discard_draft(self, *, by: Staff, at: dt.datetime) -> None:
        """Throw the draft away. Raises NoDraft when there is none."""
        draft = self._held(Status.DRAFT)
        audit.record(f"{self.name}.discard", actor=by, at=at, subject=draft, version=draft.version)
        draft.delete()

    @transaction.atomic
    def roll_back(self, version: int, *, by: Staff, at: dt.datetime, preview: dict[str, Any]) -> P:
        """Put an earlier version's values into force at once, as a new version; a draft in the making stays a draft.

        Raises the model's DoesNotExist for a version that has never been live, VersionWaits.
        """
        live = self._lock_live()
        if self.versions().filter(status__in=(Status.PENDING, Status.SCHEDULED)).exists():
            raise VersionWaits
        source = self.versions().get(version=version, status=Status.RETIRED)
        restored = self._next_version(live, by=by, at=at)
        for name in (*self.decides, *self.carried, "note"):
            setattr(restored, name, getattr(source, name))
        restored.copy_of, restored.preview, restored.requested_by, restored.requested_at = source, preview, by, at
        return self._go_live(restored, live, by=by, at=at)

    @transaction.atomic
    def activate_due(self, *, on: dt.date, at: dt.datetime) -> P | None:
        """Put the scheduled version into force when its day has come; the night asks before it fixes its plan."""
        due = self.versions().filter(status=Status.SCHEDULED, effective_on__lte=on).first()
        if due is None:
            return None
        live = self._lock_live()
        return self._go_live(self._held(Status.SCHEDULED), live, by=due.approved_by or due.requested_by, at=at)

    def decided(self, policy: Any) -> dict[str, Any]:
        """Return the values that decide about customers."""
        return {name: getattr(policy, name) for name in self.decides}

    def _lock_live(self) -> P:
        """Return the version in force, locked: whoever moves a version on waits for the one before."""
        return self.versions().select_for_update().get(status=Status.LIVE)

    def _held(self, *states: str) -> P:
        found = self.versions().select_for_update().filter(status__in=states).first()
        if found is None:
            raise NoDraft
        return found

    def _enter(self, policy: P, live: P, *, by: Staff, at: dt.datetime) -> P:
        """Schedule the version when its day is to come, else put it into force."""
        if policy.effective_on is not None and policy.effective_on > timezone.localdate(at):
            return self._moved_on(policy, Status.SCHEDULED, "schedule", by=by, at=at)
        return self._go_live(policy, live, by=by, at=at)

    def _go_live(self, policy: P, live: P, *, by: Staff | None, at: dt.datetime) -> P:
        live.status, live.retired_at = Status.RETIRED, at
        live.save(update_fields=["status", "retired_at"])
        policy.published_by, policy.published_at = by, at
        return self._moved_on(policy, Status.LIVE, "publish", by=by, at=at)

    def _moved_on(self, policy: P, status: str, action: str, *, by: Staff | None, at: dt.datetime) -> P:
        policy.status = status
        policy.save()
        self._record(action, policy, by=by, at=at)
        return policy

    def _record(self, action: str, policy: P, *, by: Staff | None, at: dt.datetime) -> None:
        limits = self.decided(policy)
        audit.record(
            f"{self.name}.{action}",
            actor=by,
            at=at,
            subject=policy,
            version=policy.version,
            **self.within,
            limits=limits,
        )

    def _next_version(self, live: P, *, by: Staff, at: dt.datetime) -> P:
        newest = self.versions().order_by("-version").values_list("version", flat=True)[0]
        carried = {name: getattr(live, name) for name in ("approval_movers", *self.carried)}
        return self.model(**self.within, **carried, version=newest + 1, created_by=by, created_at=at)
