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
    return Ladder(*limits, note=f"seed {seed}")


def said_by(run: Run) -> list[tuple[int, int, int]]:
    return list(Standing.objects.filter(run=run).order_by("customer_id").values_list("customer_id", "band", "code"))


@pytest.mark.parametrize("seed", [1, 2])
def test_preview_equals_the_next_night_to_the_customer(seed):
    make_branch()
    admin = Staff.objects.create_user("admin", role=Staff.Role.ADMIN)
    before = spend(nightly.start_night(as_of=AS_OF))
    ladder = a_ladder(seed)
    verdicts = whatif.verdicts_of(run=before, ladder=ladder)
    effect = whatif.effect(run=before, ladder=ladder)
    said_before = said_by(before)  # a day keeps the standings of its last run only
    actions.save_draft(ladder, by=admin, at=timezone.now())
    actions.publish_draft(ladder, by=admin, at=timezone.now(), preview=effect.as_record())

    after = spend(nightly.start_night(as_of=AS_OF))

    columns = (verdicts.customer, verdicts.band_before, verdicts.code_before)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == said_before
    columns = (verdicts.customer, verdicts.band_after, verdicts.code_after)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == said_by(after)
    assert effect.moved > 0
    comparison = whatif.preview_against_result(run=after)
    assert comparison.is_computed
    assert comparison.is_equal
