"""The life of a back-test: asked for, cancelled; and what it is for: terms adopted, a kind switched on."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction

from customers import audit
from customers.history import bucket_of
from customers.models import Run, Staff
from cvm.backtests.plan import Reach, fix_plan, ground_of, kind_reach, values_of
from lifecycle.models import BackTest, BackTestBucket, MomentKind
from lifecycle.policies import moment_rows
from lifecycle.thresholds import checked

FRESH_DAYS = 7  # a back-test older than this says too little about today
Status = BackTest.Status


class NoNight(Exception):
    """There is no published night whose customers could be tried."""


class NotRunning(Exception):
    """The back-test has ended already."""


class NotFresh(Exception):
    """Terms are adopted on a fresh back-test of exactly these terms only; `why` is one of the codes below."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


NOT_DONE, TOO_OLD, KIND_CHANGED, NOTHING_NEW = "not_done", "too_old", "kind_changed", "nothing_new"


def ask(kind: MomentKind, *, draft: Mapping[str, Any], by: Staff, at: dt.datetime) -> tuple[BackTest, bool]:
    """Ask for a back-test; return it, and whether it is new. The same question in the same night is one job.

    `draft` holds all thresholds, cool_down_days, repeats and counties. Raises NoNight, CannotBeTried.
    """
    run = Run.objects.published()
    if run is None:
        raise NoNight
    plan = fix_plan(kind, draft=draft, run=run)
    key = hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()
    earlier = BackTest.objects.filter(key=key, status__in=(Status.RUNNING, Status.DONE))
    found = earlier.first()
    if found is not None:
        return found, False
    try:
        return _open(kind, plan=plan, key=key, run=run, by=by, at=at), True
    except IntegrityError as error:
        found = earlier.first()  # somebody else asked the same at the same moment
        if found is None:
            raise error
        return found, False


@transaction.atomic
def cancel(back_test: BackTest, *, by: Staff, at: dt.datetime) -> None:
    """Stop a running back-test; what its buckets had found is dropped. Raises NotRunning."""
    running = BackTest.objects.filter(pk=back_test.pk, status=Status.RUNNING)
    if running.update(status=Status.CANCELLED, finished_at=at, ended_by=by) != 1:
        raise NotRunning
    BackTestBucket.objects.filter(back_test=back_test, is_done=True).update(partial=b"")
    audit.record("back_test.cancel", actor=by, at=at, subject=back_test)


@transaction.atomic
def adopt(back_test: BackTest, *, by: Staff, at: dt.datetime, reason: str = "") -> MomentKind:
    """Put the terms that were tried into force and switch the kind on, from the next night. Raises NotFresh."""
    kind = MomentKind.objects.select_for_update().get(pk=back_test.kind_id)
    row = row_of(kind)
    why = obstacle(back_test, row=row, at=at)
    if why:
        raise NotFresh(why)
    before = {"is_enabled": kind.is_enabled, **values_of(row)}
    draft = draft_of(back_test, row)
    kind.thresholds = checked(kind.code, draft["thresholds"])
    kind.cool_down_days, kind.repeats, kind.is_enabled = draft["cool_down_days"], draft["repeats"], True
    kind.version, kind.updated_at, kind.updated_by = kind.version + 1, at, by
    kind.save()
    kind.counties.set(draft["counties"])
    after = {"is_enabled": True, **draft}
    audit.record(
        "moment_kind.adopt",
        actor=by,
        at=at,
        subject=kind,
        reason=reason,
        back_test=back_test.pk,
        version=kind.version,
        before=before,
        after=after,
    )
    return kind


def obstacle(back_test: BackTest, *, row: Mapping[str, Any], at: dt.datetime) -> str:
    """Return why the terms of a back-test may not be adopted now, nothing when they may; `row` is the kind's of now."""
    if back_test.status != Status.DONE:
        return NOT_DONE
    if row["is_enabled"] and values_of(row) == draft_of(back_test, row):
        return NOTHING_NEW
    tried = next(kind for kind in back_test.plan["kinds"] if kind["pk"] == row["pk"])
    if {**tried, "is_enabled": None} != {**row, "is_enabled": None}:
        return KIND_CHANGED
    return TOO_OLD if at - (back_test.finished_at or at) > dt.timedelta(days=FRESH_DAYS) else ""


def must_be_tried(row: Mapping[str, Any], *, values: Mapping[str, Any], is_enabled: bool) -> bool:
    """Return whether a change of a kind comes into force by a back-test: it may find more or others than now.

    `row` is the kind as it stands, `values` its terms as wanted (plan.values_of). Texts, channels and owners find
    nobody else; fewer counties, and a kind switched off, find nobody new.
    """
    if not is_enabled or not row["is_enabled"]:
        return is_enabled
    same = {**values_of(row), "counties": None} == {**values, "counties": None}
    return not (same and _is_within(values["counties"], row["counties"]))


def draft_of(back_test: BackTest, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return all terms that were tried; what a back-test of old did not ask about is as it stands."""
    return {**values_of(row), **back_test.draft}


def _is_within(counties: Iterable[int], others: Iterable[int]) -> bool:
    """Return whether the first counties lie within the others; none named means all of them."""
    return not set(others) or (bool(set(counties)) and set(counties) <= set(others))


def reach_now(kind: MomentKind) -> Reach | None:
    """Return from which day a kind can be tried as of the published night; None before the first night."""
    run = Run.objects.published()
    return kind_reach(row_of(kind), ground_of(run)) if run else None


def row_of(kind: MomentKind) -> dict[str, Any]:
    """Return the terms of a kind as they are now (lifecycle.policies.moment_rows)."""
    return next(row for row in moment_rows() if row["pk"] == kind.pk)


@transaction.atomic
def _open(kind: MomentKind, *, plan: dict[str, Any], key: str, run: Run, by: Staff, at: dt.datetime) -> BackTest:
    opened = BackTest.objects.create(
        kind=kind,
        run=run,
        key=key,
        draft=plan["draft"],
        live=plan["live"],
        first_day=plan["first"],
        last_day=plan["last"],
        plan=plan,
        buckets=bucket_of(run.plan["last_customer"]) + 1,
        requested_by=by,
        requested_at=at,
        moved_at=at,
    )
    BackTestBucket.objects.bulk_create(
        BackTestBucket(back_test=opened, bucket=number) for number in range(opened.buckets)
    )
    audit.record("back_test.ask", actor=by, at=at, subject=opened, kind=kind.code, draft=plan["draft"])
    return opened
