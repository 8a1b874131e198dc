"""A published ladder does to every customer exactly what its preview said."""

from __future__ import annotations

import functools
import random
from dataclasses import asdict, replace

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.frame import Frame, joined
from customers.models import Run, Staff, Standing
from cvm import nightly
from cvm.lib import bulk
from cvm.lib.months import month_of
from cvm.night import context, deciding, partition, standing
from segmentation import actions, whatif
from segmentation import ladder_frame as ladder_frames
from segmentation.actions import Ladder
from segmentation.codes import code_effect, codes_under
from segmentation.ladder_frame import ladder_frame
from tests.night.branches import AS_OF, make_branch, spend

pytestmark = pytest.mark.usefixtures("no_tables_left")

DRAFTS, TOGETHER = 1_000, 50
JUDGED = ("band", "previous_band", "layer", "code", "code_reason")
READ = [("marks", "int4"), ("customer_id", "int4"), *((name, "int2") for name in JUDGED)]


@pytest.fixture
def night(settings, tmp_path):
    settings.LADDER_DIR = tmp_path / "ladder"
    make_branch()
    return spend(nightly.start_night(as_of=AS_OF))


def a_ladder(seed: int, averages=range(10_00, 300_00)) -> Ladder:
    """Return a valid ladder, the same for a seed; the weights of the code move with the limits."""
    dice = random.Random(seed)
    limits = sorted(dice.sample(averages, 4))
    weights = {name: dice.randint(0, 5) for name in actions.WEIGHTS}
    return Ladder(
        *limits, grace_months=seed % 6 + 1, note=f"seed {seed}", **weights,
        code_a_tenure_months=dice.choice((0, 6, 12, 36)), arrears_months=dice.randint(1, 12),
        new_below_months=dice.randint(0, 12), potential_signals=dice.randint(1, 12), rise_percent=dice.randint(1, 30),
        saturation_percent=dice.randint(10, 100), old_handset_months=dice.randint(1, 60),
    )  # fmt: skip


def said_by(run: Run) -> list[tuple[int, int, int]]:
    """Return customer, band and code of everybody on the network."""
    rows = Standing.objects.filter(run=run, band__gt=0).order_by("customer_id")
    return list(rows.values_list("customer_id", "band", "code"))


def previewed_by(run: Run, ladder: Ladder) -> list[tuple[int, int, int]]:
    frame = ladder_frame(run.pk)
    columns = (frame["id"], whatif.bands_under(frame, ladder.thresholds), codes_under(frame, ladder.thresholds))
    return [row for row in zip(*(column.tolist() for column in columns), strict=True) if row[1]]


def test_preview_equals_the_next_night_to_the_customer(night):
    admin = Staff.objects.create_user("admin", role=Staff.Role.ADMIN)
    ladder = a_ladder(1)
    assert set(asdict(ladder)) == {"note", *actions.LIMITS, *actions.BESIDE}
    assert_frame_is_ready(night, ladder)
    live = Ladder.of(actions.live_policy())
    effect = whatif.effect(run=night, ladder=ladder)
    assert previewed_by(night, live) == said_by(night)  # a day keeps the standings of its last run only
    preview = previewed_by(night, ladder)
    actions.save_draft(ladder, by=admin, at=timezone.now())
    record = effect.as_record() | code_effect(run=night, ladder=ladder).as_record()
    actions.publish_draft(ladder, by=admin, at=timezone.now(), preview=record)

    after = spend(nightly.start_night(as_of=AS_OF))

    assert preview == said_by(after)
    assert effect.moved > 0
    comparison = whatif.preview_against_result(run=after)
    assert comparison.is_computed
    assert comparison.is_equal
    assert len(comparison.codes) == 3


def assert_frame_is_ready(run, ladder):
    """The night has left the frame: the first preview reads nobody from the tables, and finds what these would say."""
    with CaptureQueriesContext(connection) as queries:
        whatif.effect(run=run, ladder=ladder)
        code_effect(run=run, ladder=ladder)
    asked = " ".join(one["sql"] for one in queries)
    assert not [table for table in ("customers_customer ", "customers_standing", "historyblock") if table in asked]
    ready, read = ladder_frame(run.pk), ladder_frames._built(run)
    assert ready.columns.keys() == read.columns.keys()
    pairs = [(ready[name], read[name]) for name in read.columns]
    pairs += [(ready.history[fact], read.history[fact]) for fact in read.history]
    assert all(one.dtype == other.dtype and np.array_equal(one, other) for one, other in pairs)
    assert len(read) > 0


def test_a_thousand_drafts_stand_as_they_were_previewed(night, monkeypatch):
    """Each draft goes the way of the night: loaded, judged, checked, copied into a run's table, read back.

    What no ladder moves (churn, warnings, tasks) keeps the published night's values. Half of the drafts lay their
    lines where customers stand. The draft's number stands in `marks`, so that many are copied at once.
    """
    everybody, written = loaded(night), stored(night)
    monkeypatch.setattr(whatif, "live_policy", functools.cache(actions.live_policy))
    sums = ladder_frame(night.pk)["cum3_fen"]
    stands = sorted(set((sums[sums > 3_00] // 3).tolist()))
    partition.create(night.pk + 1)
    moved = set()
    for first in range(0, DRAFTS, TOGETHER):
        ladders = {
            seed: a_ladder(seed, stands) if seed % 2 else a_ladder(seed) for seed in range(first, first + TOGETHER)
        }
        resulted = results_of(ladders, night, everybody, written)
        moved |= {previewed(ladder, night, resulted[seed], counts=seed % 10 == 0) for seed, ladder in ladders.items()}
    assert len(moved) > DRAFTS // 10


def loaded(run):
    """Return the customers of a night as its buckets load them."""
    return joined([context.load(run, number)[0] for number in range(run.buckets)])


def stored(run):
    """Return what a night wrote of its customers."""
    names = ", ".join(name for name, _wire in standing.WIRE)
    with connection.cursor() as cursor:
        query = f"select {names} from {partition.table_of(run.pk)} order by customer_id"
        rows = bulk.read(cursor, query, {}, standing.WIRE)
    return Frame(run.as_of, month_of(run.month), rows | {"id": rows["customer_id"]}, {})


def results_of(ladders, run, everybody, written):
    """Return by draft what the night's own functions write of every customer under it."""
    terms, scratch = deciding.terms_of(run.plan), run.pk + 1
    told = []
    for seed, ladder in ladders.items():
        judged = deciding.valued(everybody, replace(terms, tier=ladder.thresholds))
        frame = written.with_columns(**{name: judged[name] for name in JUDGED}, marks=np.full(len(judged), seed))
        told.append(standing.columns_of(frame, run_id=scratch))
    standing.write({name: np.concatenate([one[name] for one in told]) for name in told[0]}, run_id=scratch)
    table, names = partition.table_of(scratch), ", ".join(name for name, _wire in READ)
    with connection.cursor() as cursor:
        found = bulk.read(cursor, f"select {names} from {table} order by marks, customer_id", {}, READ)
        cursor.execute(f"truncate {table}")
    return {seed: {name: column[found["marks"] == seed] for name, column in found.items()} for seed in ladders}


def previewed(ladder, run, resulted, *, counts):
    """Assert that the preview says the same of every customer; return how many it moves."""
    frame = ladder_frame(run.pk)
    before, after = (whatif.bands_under(frame, policy) for policy in whatif.policies_of(ladder))
    rows = np.searchsorted(resulted["customer_id"], frame["id"])
    expected = np.zeros(len(resulted["customer_id"]), np.int16)
    expected[rows] = after
    assert resulted["band"].tolist() == expected.tolist(), asdict(ladder)
    codes = np.where(after > 0, resulted["code"][rows], 0)
    assert codes_under(frame, ladder.thresholds).tolist() == codes.tolist(), asdict(ladder)
    moved = int((before != after).sum())
    if counts:
        effect = whatif.effect(run=run, ladder=ladder)
        assert effect.moved == moved
        stored = np.bincount(resulted["band"], minlength=6)
        assert {row.band: row.customers_after for row in effect.bands} == {band: stored[band] for band in range(1, 6)}
    return moved
