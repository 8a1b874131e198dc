"""The effect of a draft ladder: exact to the customer and to the fen."""

from __future__ import annotations

import numpy as np
import pytest

from customers.features import features
from customers.frames import load_frame
from cvm.lib.months import month_of
from segmentation import whatif
from segmentation.actions import Ladder, live_policy
from segmentation.models import Band, TierPolicy
from segmentation.movers import movers
from segmentation.tiers import bands

pytestmark = pytest.mark.django_db

LIVE = Ladder(low_from_fen=50_00, potential_from_fen=80_00, mid_from_fen=120_00, high_from_fen=200_00)


def ladder(**changes) -> Ladder:
    return Ladder(**{**LIVE.__dict__, **changes})


@pytest.fixture
def customers(branch, bill):
    people = [branch.customer(None) for _ in range(5)]
    bill(dict(zip(people, [250_00, 150_00, 120_00, 119_99, 30_00], strict=True)))
    return people


def counts(effect: whatif.Effect) -> dict[int, tuple[int, int]]:
    return {row.band: (row.customers_before, row.customers_after) for row in effect.bands}


def test_effect_of_the_live_ladder_moves_nobody(branch, customers):
    effect = whatif.effect(run=branch.run, ladder=LIVE)

    assert effect.moved == 0
    assert effect.moves == []
    assert counts(effect) == {5: (1, 1), 4: (2, 2), 3: (1, 1), 2: (0, 0), 1: (1, 1)}
    assert effect.customers == 5


def test_effect_counts_the_customer_exactly_on_the_line(branch, customers):
    effect = whatif.effect(run=branch.run, ladder=ladder(mid_from_fen=119_99))

    assert counts(effect)[Band.MID] == (2, 3)
    assert [(move.before, move.after, move.customers) for move in effect.moves] == [(Band.POTENTIAL, Band.MID, 1)]
    assert effect.moves[0].revenue_fen == 3 * 119_99


def test_effect_keeps_customers_and_revenue_whole(branch, customers):
    effect = whatif.effect(run=branch.run, ladder=ladder(mid_from_fen=100_00, high_from_fen=140_00))

    assert sum(row.customers_after for row in effect.bands) == effect.customers
    assert sum(row.revenue_after_fen for row in effect.bands) == effect.revenue_fen == 3 * 669_99
    assert effect.valuable.customers_after == 4


def test_effect_lists_movers_by_bill_and_county(branch, customers):
    draft = ladder(mid_from_fen=130_00, high_from_fen=260_00)
    effect = whatif.effect(run=branch.run, ladder=draft)

    assert list(movers(run=branch.run, ladder=draft, what="moved").ids) == [customers[0].pk, customers[2].pk]
    assert [(county.up, county.down) for county in effect.counties] == [(0, 2)]


def test_effect_leaves_out_who_is_off_the_network(branch, bill):
    gone, here = branch.customer(None, state=8), branch.customer(None)
    bill({gone: 300_00, here: 300_00})

    assert whatif.effect(run=branch.run, ladder=LIVE).customers == 1


def test_comparison_waits_for_a_night_with_the_version(branch, customers):
    TierPolicy.objects.filter(status="live").update(preview=whatif.effect(run=branch.run, ladder=LIVE).as_record())

    assert whatif.preview_against_result(run=branch.run) == whatif.Comparison(False, [])

    branch.run.policies = {"tier": live_policy().version}
    assert not whatif.preview_against_result(run=branch.run).is_equal


def test_effect_counts_who_is_near_and_what_the_work_is(branch, customers):
    effect = whatif.effect(run=branch.run, ladder=ladder(mid_from_fen=125_00))

    assert effect.near == 2
    assert (effect.work_before.customers, effect.work_after.customers) == (3, 2)
    assert (effect.work_after.calls_a_day, effect.work_after.heads, effect.work_after.cost_fen) == (1, 1, 12_00)


def test_effect_of_a_run_without_customers_is_empty(branch):
    effect = whatif.effect(run=branch.run, ladder=LIVE)

    assert (effect.customers, effect.moved) == (0, 0)
    assert len(movers(run=branch.run, ladder=LIVE, what="moved")) == 0


def test_effect_of_any_draft_is_what_the_rule_says(branch, bill):
    """A hundred drafts: every count, sum and move of the effect equals the rule's bands customer by customer."""
    random = np.random.default_rng(4)
    people = [branch.customer(None) for _ in range(60)]
    bill(dict(zip(people, (random.integers(0, 300, 60) * 100 + random.integers(0, 2, 60) * 50).tolist(), strict=True)))
    run = branch.run
    frame = features(load_frame(bucket=0, as_of=run.as_of, month=month_of(run.month), months=9))
    for _ in range(100):
        limits = np.sort(random.choice(np.arange(1_00, 290_00, 50), 4, replace=False)).tolist()
        draft = Ladder(*limits, grace_months=int(random.integers(1, 7)))
        before, after = (bands(frame, policy)["band"] for policy in whatif.policies_of(draft))
        found = whatif.effect(run=branch.run, ladder=draft)

        assert counts(found) == {band: ((before == band).sum(), (after == band).sum()) for band in range(1, 6)}
        assert found.moved == (before != after).sum()
        assert [row.revenue_after_fen for row in found.bands] == [
            frame["cum3_fen"][after == band].sum() for band in (5, 4, 3, 2, 1)
        ]
