"""A published ladder does to every customer exactly what its preview said."""

from __future__ import annotations

import random

import pytest
from django.utils import timezone

from customers.models import Run, Staff, Standing
from cvm import nightly
from segmentation import actions, whatif
from segmentation.actions import Ladder
from tests.night.branches import AS_OF, make_branch, spend

pytestmark = pytest.mark.usefixtures("no_tables_left")


def a_ladder(seed: int) -> Ladder:
    limits = sorted(random.Random(seed).sample(range(10_00, 300_00), 4))
    return Ladder(*limits, grace_months=seed, note=f"seed {seed}")


def said_by(run: Run) -> list[tuple[int, int, int]]:
    return list(Standing.objects.filter(run=run).order_by("customer_id").values_list("customer_id", "band", "code"))


def rows_of(frame) -> list[tuple[int, int, int]]:
    return list(zip(*(frame[name].tolist() for name in ("id", "band", "code")), strict=True))


@pytest.mark.parametrize("seed", [1, 2])
def test_preview_equals_the_next_night_to_the_customer(seed):
    make_branch()
    admin = Staff.objects.create_user("admin", role=Staff.Role.ADMIN)
    before = spend(nightly.start_night(as_of=AS_OF))
    ladder = a_ladder(seed)
    judged = list(whatif.verdicts(run=before, ladder=ladder))
    effect = whatif.effect(run=before, ladder=ladder)
    said_before = said_by(before)  # a day keeps the standings of its last run only
    actions.save_draft(ladder, by=admin, at=timezone.now())
    actions.publish_draft(ladder, by=admin, at=timezone.now(), preview=effect.as_record())

    after = spend(nightly.start_night(as_of=AS_OF))

    assert [row for old, _new in judged for row in rows_of(old)] == said_before
    assert [row for _old, new in judged for row in rows_of(new)] == said_by(after)
    assert effect.moved > 0
    comparison = whatif.preview_against_result(run=after)
    assert comparison.is_computed
    assert comparison.is_equal
