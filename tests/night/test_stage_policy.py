"""Published stage thresholds do to every customer exactly what their preview said."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.frame import joined
from customers.frames import HISTORY_MONTHS
from customers.models import Run, Staff, Standing
from cvm import nightly
from lifecycle import stage_frame, whatif
from lifecycle.signs import THREE_ZEROS, StageThresholds
from lifecycle.stage_actions import STAGES
from lifecycle.stage_frame import kept_frame
from tests.night.branches import AS_OF, make_branch, spend

pytestmark = pytest.mark.usefixtures("no_tables_left")
DRAFT = StageThresholds(
    decline_percent=-8, recover_percent=-2, rise_percent=6, settle_percent=1, confirm_months=1,
    acquisition_months=5, growth_months=20, silent_kind=THREE_ZEROS, silent_months=1, few_active_days=14,
)  # fmt: skip
SAID = ("customer_id", "stage", "stage_detail")


def said_by(run: Run) -> list[tuple[int, ...]]:
    return list(Standing.objects.filter(run=run).order_by("customer_id").values_list(*SAID))


def assert_frame_is_ready(run):
    """The night has left the frame: the first preview reads nobody from the tables, and finds what these would say."""
    with CaptureQueriesContext(connection) as queries:
        whatif.effect(run=run, draft=DRAFT)
    asked = " ".join(one["sql"] for one in queries)
    assert not [table for table in ("customers_customer ", "customers_standing", "historyblock") if table in asked]
    ready = kept_frame(run.pk, HISTORY_MONTHS)
    read = joined([stage_frame._read(run, bucket, HISTORY_MONTHS) for bucket in range(run.buckets)])
    assert (ready.columns.keys(), ready.history.keys()) == (read.columns.keys(), read.history.keys())
    pairs = [(ready[name], read[name]) for name in read.columns]
    pairs += [(ready.history[fact], read.history[fact]) for fact in read.history]
    assert all(one.dtype == other.dtype and np.array_equal(one, other) for one, other in pairs)
    assert len(read) > 0


def rows_of(frame) -> list[tuple[int, ...]]:
    return list(zip(*(frame[name].tolist() for name in ("id", "stage", "stage_detail")), strict=True))


def test_preview_equals_the_next_night_to_the_customer(settings, tmp_path):
    settings.LADDER_DIR = tmp_path / "ladder"
    make_branch()
    admin = Staff.objects.create_user("admin", role=Staff.Role.ADMIN)
    before = spend(nightly.start_night(as_of=AS_OF))
    assert_frame_is_ready(before)
    judged = list(whatif.verdicts(run=before, draft=DRAFT))
    effect = whatif.effect(run=before, draft=DRAFT)
    said_before = said_by(before)
    STAGES.save_draft(asdict(DRAFT), by=admin, at=timezone.now())
    STAGES.publish_draft(
        asdict(DRAFT), by=admin, at=timezone.now() - dt.timedelta(days=1), preview={**effect.as_record(), "moved": 0},
        effective_on=AS_OF if timezone.localdate() < AS_OF else None,
    )  # fmt: skip

    after = spend(nightly.start_night(as_of=AS_OF))

    assert [row for old, _new in judged for row in rows_of(old)] == said_before
    assert [row for _old, new in judged for row in rows_of(new)] == said_by(after)
    assert effect.moved > 0
    comparison = whatif.preview_against_result(run=after)
    assert comparison.is_computed
    assert comparison.is_equal
